#include "replication/acl_follower.h"

#include "base/assert.h"
#include "base/log.h"
#include "client/acls.h"
#include "protocol/kafka_error.h"

#include <fmt/core.h>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

/// Brokers take any number; this keeps a request small.
constexpr size_t kMostAtOnce = 500;

TopicFilter filter_of(const std::vector<std::string>& names,
                      const std::vector<std::string>& exclude) {
    auto filter = TopicFilter::make(names, exclude);
    LS_ASSERT(filter.has_value());
    return std::move(*filter);
}

PrincipalMap principals_of(const AclRules& rules) {
    auto map = PrincipalMap::make(rules);
    LS_ASSERT(map.has_value());
    return std::move(*map);
}

std::vector<std::vector<Acl>> portions_of(const std::vector<Acl>& acls) {
    std::vector<std::vector<Acl>> portions;
    for (size_t from = 0; from < acls.size(); from += kMostAtOnce) {
        const size_t to = std::min(acls.size(), from + kMostAtOnce);
        portions.emplace_back(acls.begin() + static_cast<ptrdiff_t>(from),
                              acls.begin() + static_cast<ptrdiff_t>(to));
    }
    return portions;
}

}  // namespace

AclFollower::AclFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                         FollowedStore& store)
    : source_(source),
      target_(target),
      spec_(std::move(spec)),
      store_(store),
      topics_(filter_of(spec_.topics, spec_.exclude)),
      principals_(principals_of(spec_.acls)) {
    if (!spec_.groups.empty()) {
        groups_ = filter_of(spec_.groups, spec_.exclude_groups);
    }
}

Task<Result<AclFollower::Look>> AclFollower::look(std::stop_token stop) {
    Look look;
    auto on_target = co_await client::describe_acls(target_, stop);
    auto at_source = co_await client::describe_acls(source_, stop);
    for (const auto* described : {&on_target, &at_source}) {
        if (described->has_error() && described->error().code == KafkaError::security_disabled) {
            look.unavailable = fmt::format("{} has no authorizer, so there are no ACLs",
                                           described == &on_target ? spec_.target : spec_.source);
            co_return look;
        }
        if (described->has_error()) {
            co_return described->error();
        }
    }
    const AclScope scope{topics_, groups_ ? &*groups_ : nullptr, principals_, spec_.acls,
                         spec_.names};
    WantedAcls wanted = wanted_acls(*at_source, scope);
    const std::set<Acl> found(on_target->begin(), on_target->end());
    const RememberedAcls remembered = remembered_acls(store_.entries(), owner());
    look.difference = acl_difference(wanted.now, found, remembered.created);
    look.on_failover = std::move(wanted.on_failover);
    co_return look;
}

Task<Result<void>> AclFollower::follow(Look look, std::stop_token stop) {
    last_ = std::move(look);
    refused_.clear();
    if (!last_.unavailable.empty()) {
        co_return Result<void>();
    }
    const AclOwner link = owner();
    FollowedStore::Changes before;
    for (const Acl& acl : remembered_acls(store_.entries(), link).on_failover) {
        if (!last_.on_failover.contains(acl)) {
            before[acl_key(link, acl)] = std::nullopt;
        }
    }
    for (const Acl& acl : last_.difference.to_create) {
        before[acl_key(link, acl)] = kCreatedAcl;
    }
    for (const Acl& acl : last_.difference.to_forget) {
        before[acl_key(link, acl)] = std::nullopt;
    }
    auto remembered = co_await store_.put(std::move(before), stop);
    if (remembered.has_error()) {
        co_return std::move(remembered).error().within("remember the ACLs that are followed");
    }
    LS_CO_CHECK(co_await create(last_.difference.to_create, stop));
    LS_CO_CHECK(co_await erase(last_.difference.to_delete, stop));
    FollowedStore::Changes staged;
    for (const Acl& acl : last_.on_failover) {
        staged[acl_key(link, acl)] = kStagedAcl;
    }
    LS_CO_CHECK(co_await store_.put(std::move(staged), stop));
    co_return Result<void>();
}

Task<Result<void>> AclFollower::create(std::vector<Acl> acls, std::stop_token stop) {
    FollowedStore::Changes refused;
    for (const std::vector<Acl>& portion : portions_of(acls)) {
        auto created = co_await client::create_acls(target_, portion, stop);
        LS_CO_TRY(outcomes, std::move(created));
        for (size_t index = 0; index < portion.size(); ++index) {
            const Acl& acl = portion[index];
            if (outcomes[index].code) {
                note_refused(acl, true, outcomes[index]);
                refused[acl_key(owner(), acl)] = std::nullopt;
            } else {
                ++changes_;
                ++last_.difference.in_step;
                log::info("link {}: created on {}: {} on {}", spec_.name, spec_.target, acl.rule(),
                          acl.subject());
            }
        }
    }
    auto forgotten = co_await store_.put(std::move(refused), stop);
    co_return forgotten;
}

Task<Result<void>> AclFollower::erase(std::vector<Acl> acls, std::stop_token stop) {
    FollowedStore::Changes gone;
    for (const std::vector<Acl>& portion : portions_of(acls)) {
        auto deleted = co_await client::delete_acls(target_, portion, stop);
        LS_CO_TRY(outcomes, std::move(deleted));
        for (size_t index = 0; index < portion.size(); ++index) {
            const Acl& acl = portion[index];
            if (outcomes[index].code) {
                note_refused(acl, false, outcomes[index]);
            } else {
                ++changes_;
                gone[acl_key(owner(), acl)] = std::nullopt;
                log::info("link {}: deleted on {}: {} on {}", spec_.name, spec_.target, acl.rule(),
                          acl.subject());
            }
        }
    }
    auto forgotten = co_await store_.put(std::move(gone), stop);
    co_return forgotten;
}

void AclFollower::note_refused(const Acl& acl, bool is_wanted, const Error& error) {
    const std::string there = "there";
    refused_.push_back({acl.subject(), acl.rule(), is_wanted ? std::optional(there) : std::nullopt,
                        is_wanted ? std::nullopt : std::optional(there), error.message()});
    if (noted_.insert(acl.subject() + acl.rule() + error.message()).second) {
        log::warn("link {}: {} on {}: {}", spec_.name, acl.rule(), acl.subject(), error.message());
    }
}

void AclFollower::add_to(FollowStatus& status) const {
    status.in_step = last_.difference.in_step;
    status.changes = changes_;
    status.drift = refused_;
    for (const Acl& acl : last_.on_failover) {
        status.on_failover.push_back(acl.rule() + " on " + acl.subject());
    }
    if (!last_.unavailable.empty()) {
        status.state = FollowState::unavailable;
        status.problem = last_.unavailable;
    }
}

}  // namespace lockstep::replication
