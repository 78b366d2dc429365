#include "replication/metadata_sync.h"

#include "base/log.h"

namespace lockstep::replication {

using runtime::Task;

namespace {

constexpr auto kPause = std::chrono::seconds(3);
/// A broker writes some kilobytes for each topic's configs: with thousands of topics, not all are
/// asked about at once.
constexpr size_t kMostTopics = 50;
constexpr auto kPauseWithin = std::chrono::milliseconds(750);

void finish(FollowStatus& status, bool has_looked, const std::string& problem) {
    if (!problem.empty()) {
        status.problem = problem;
    }
    if (!problem.empty() || (!status.problem.empty() && status.state != FollowState::unavailable)) {
        status.state = FollowState::failing;
    } else if (!has_looked) {
        status.state = FollowState::starting;
    } else if (status.state != FollowState::unavailable) {
        status.state = status.drift.empty() ? FollowState::in_step : FollowState::drifted;
    }
}

}  // namespace

MetadataSync::MetadataSync(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                           TopicsOf topics_of)
    : source_(source),
      target_(target),
      spec_(std::move(spec)),
      topics_of_(std::move(topics_of)),
      store_(target_),
      configs_(source_, target_, spec_, store_),
      acls_(source_, target_, spec_, store_),
      quotas_(source_, target_, spec_, store_),
      users_(source_, target_, spec_, store_) {}

Task<void> MetadataSync::run(std::stop_token stop) {
    auto& loop = source_.runtime().loop;
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kPause, stop);
        const bool are_known =
            !source_.metadata().cluster_id().empty() && !target_.metadata().cluster_id().empty();
        if (are_known && !stop.stop_requested()) {
            co_await look(stop);
        }
    }
}

Task<void> MetadataSync::look(std::stop_token stop) {
    const auto configs = co_await look_at_configs(stop);
    note(of_configs_, configs, stop);
    if (spec_.acls.is_followed) {
        const auto acls = co_await look_at_acls(stop);
        note(of_acls_, acls, stop);
    }
    if (spec_.quotas != FollowRule::off) {
        const auto quotas = co_await look_at_quotas(stop);
        note(of_quotas_, quotas, stop);
    }
    if (spec_.users) {
        const auto users = co_await look_at_users(stop);
        note(of_users_, users, stop);
    }
}

Task<Result<void>> MetadataSync::look_at_configs(std::stop_token stop) {
    const std::set<std::string> topics = topics_of_();
    configs_.keep_only(topics);
    if (topics.empty()) {
        co_return Result<void>();
    }
    LS_CO_CHECK(co_await store_.catch_up(stop));
    auto next = topics.begin();
    while (next != topics.end() && !stop.stop_requested()) {
        std::vector<std::string> some;
        for (; next != topics.end() && some.size() < kMostTopics; ++next) {
            some.push_back(*next);
        }
        auto looked = co_await configs_.look(std::move(some), stop);
        LS_CO_TRY(looks, std::move(looked));
        LS_CO_CHECK(co_await configs_.follow(std::move(looks), stop));
        if (next != topics.end()) {
            co_await runtime::sleep_for(source_.runtime().loop, kPauseWithin, stop);
        }
    }
    co_return Result<void>();
}

Task<Result<void>> MetadataSync::look_at_acls(std::stop_token stop) {
    LS_CO_CHECK(co_await store_.catch_up(stop));
    auto looked = co_await acls_.look(stop);
    LS_CO_TRY(look, std::move(looked));
    LS_CO_CHECK(co_await acls_.follow(std::move(look), stop));
    co_return Result<void>();
}

Task<Result<void>> MetadataSync::look_at_quotas(std::stop_token stop) {
    LS_CO_CHECK(co_await store_.catch_up(stop));
    auto looked = co_await quotas_.look(stop);
    LS_CO_TRY(looks, std::move(looked));
    LS_CO_CHECK(co_await quotas_.follow(std::move(looks), stop));
    co_return Result<void>();
}

Task<Result<void>> MetadataSync::look_at_users(std::stop_token stop) {
    LS_CO_CHECK(co_await store_.catch_up(stop));
    auto looked = co_await users_.look(stop);
    LS_CO_TRY(look, std::move(looked));
    LS_CO_CHECK(co_await users_.follow(std::move(look), stop));
    co_return Result<void>();
}

/// Says what keeps it from looking, when that changes.
void MetadataSync::note(Kind& kind, const Result<void>& looked, const std::stop_token& stop) const {
    if (stop.stop_requested()) {
        return;
    }
    const std::string seen = looked.has_error() ? looked.error().message() : "";
    if (seen != kind.problem && !seen.empty()) {
        log::warn("link {}: {} are not followed: {}", spec_.name, kind.name, seen);
    }
    kind.problem = seen;
    kind.has_looked = kind.has_looked || looked.has_value();
}

AroundStatus MetadataSync::status() const {
    AroundStatus status;
    configs_.add_to(status.configs);
    finish(status.configs, of_configs_.has_looked, of_configs_.problem);
    if (spec_.acls.is_followed) {
        acls_.add_to(status.acls);
        finish(status.acls, of_acls_.has_looked, of_acls_.problem);
    }
    if (spec_.quotas != FollowRule::off) {
        quotas_.add_to(status.quotas);
        finish(status.quotas, of_quotas_.has_looked, of_quotas_.problem);
    }
    if (spec_.users) {
        users_.add_to(status.users);
        finish(status.users, of_users_.has_looked, of_users_.problem);
    }
    return status;
}

}  // namespace lockstep::replication
