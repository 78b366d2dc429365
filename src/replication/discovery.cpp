#include "replication/discovery.h"

#include "base/log.h"
#include "base/mutation.h"
#include "replication/name_problems.h"
#include "replication/offsets_store.h"
#include "replication/unmatched_entries.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using client::TopicMetadata;
using runtime::Task;

namespace {

/// KRaft controllers make at most 10,000 records of one request, one for each partition, topic and
/// config (QuorumController.MAX_RECORDS_PER_USER_OP).
constexpr int64_t kPartitionsAtOnce = 500;

std::vector<std::string> names_of(const std::vector<TopicMetadata>& topics) {
    std::vector<std::string> names;
    for (const TopicMetadata& topic : topics) {
        names.push_back(topic.name);
    }
    return names;
}

}  // namespace

Discovery::Discovery(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                     TopicFilter filter)
    : source_(source), target_(target), spec_(std::move(spec)), filter_(std::move(filter)) {}

Task<Result<std::vector<TopicMetadata>>> Discovery::look_only(std::stop_token stop) {
    auto source_refreshed = co_await source_.refresh_metadata(nullptr, stop);
    if (source_refreshed.has_error()) {
        co_return std::move(source_refreshed).error().within("source");
    }
    source_version_ = source_.metadata().version();
    std::vector<TopicMetadata> matched;
    for (const auto& [name, topic] : source_.metadata().topics()) {
        const bool is_own = name.starts_with("__lockstep_");
        if (!topic.is_internal && !is_own && filter_.matches(name)) {
            matched.push_back(topic);
        }
    }
    auto target_refreshed = co_await refresh_target(matched, stop);
    if (target_refreshed.has_error()) {
        co_return std::move(target_refreshed).error().within("target");
    }
    const std::string& source_id = source_.metadata().cluster_id();
    if (!source_id.empty() && source_id == target_.metadata().cluster_id()) {
        co_return Error(Errc::invalid_argument,
                        fmt::format("{} and {} are the same cluster (id {}): a link needs two",
                                    spec_.source, spec_.target, source_id));
    }
    co_return matched;
}

std::vector<UnmatchedEntry> Discovery::unmatched() const {
    std::vector<std::string> names;
    for (const auto& [name, topic] : source_.metadata().topics()) {
        names.push_back(name);
    }
    return unmatched_entries(spec_, names);
}

Task<Result<DiscoveredTopics>> Discovery::look(std::stop_token stop) {
    auto looked = co_await look_only(stop);
    LS_CO_TRY(matched, std::move(looked));
    DiscoveredTopics discovered;
    discovered.topics = std::move(matched);
    discovered.source_version = source_version_;
    discovered.name_problems = look_at_names(discovered.topics);
    std::vector<TopicMetadata> to_copy = discovered.topics;
    std::erase_if(to_copy, [&](const TopicMetadata& topic) {
        return discovered.name_problems.contains(topic.name);
    });
    auto created = co_await create_missing(to_copy, discovered.target_problems, stop);
    if (created.has_error()) {
        co_return std::move(created).error().within("target");
    }
    const bool lacks_offsets_topic =
        is_offsets_topic_wanted_ && target_.metadata().find_topic(OffsetsStore::kTopic) == nullptr;
    if (lacks_offsets_topic) {
        LS_CO_CHECK(co_await create_offsets_topic(discovered.target_problems, stop));
    }
    discovered.growth = co_await raise_partitions(to_copy, discovered.target_problems, stop);
    if (discovered.growth.changes > 0 || lacks_offsets_topic) {
        LS_CO_CHECK(co_await refresh_target(discovered.topics, stop));
    }
    co_return discovered;
}

std::map<std::string, std::string> Discovery::look_at_names(
    const std::vector<TopicMetadata>& topics) const {
    auto problems = name_problems(spec_.names, names_of(topics));
    for (const TopicMetadata& topic : topics) {
        if (routes_ != nullptr && routes_->has_renaming_fault(spec_.name, topic.name)) {
            problems.try_emplace(topic.name, routes_->problem_of(spec_.name, topic.name));
        }
    }
    return problems;
}

Task<Result<void>> Discovery::refresh_target(const std::vector<TopicMetadata>& topics,
                                             std::stop_token stop) {
    std::vector<std::string> names;
    for (const TopicMetadata& topic : topics) {
        names.push_back(spec_.names.on_target(topic.name));
    }
    if (spec_.offsets != OffsetsMode::preserve) {
        names.emplace_back(OffsetsStore::kTopic);
    }
    auto refreshed = co_await target_.refresh_metadata(&names, stop);
    co_return refreshed;
}

Task<Result<void>> Discovery::learn_target(std::stop_token stop) {
    if (!target_broker_configs_.empty() || target_.metadata().brokers().empty()) {
        co_return Result<void>();
    }
    const BrokerId any = target_.metadata().brokers().begin()->first;
    auto described = co_await client::describe_broker(target_, any, stop);
    if (described.has_error()) {
        log::warn(
            "link {}: the target's defaults are not known ({}); topics are created without "
            "regard to them",
            spec_.name, described.error().message());
        target_broker_configs_["?"] = "";
        co_return Result<void>();
    }
    target_broker_configs_ = std::move(*described);
    co_return Result<void>();
}

Task<Result<void>> Discovery::create_missing(const std::vector<TopicMetadata>& topics,
                                             std::map<std::string, Error>& problems,
                                             std::stop_token stop) {
    std::vector<TopicMetadata> missing;
    std::ranges::copy_if(topics, std::back_inserter(missing), [&](const TopicMetadata& topic) {
        return target_.metadata().find_topic(spec_.names.on_target(topic.name)) == nullptr;
    });
    if (missing.empty()) {
        co_return Result<void>();
    }
    LS_CO_CHECK(co_await learn_target(stop));
    auto described = co_await client::describe_topics(source_, names_of(missing), stop);
    LS_CO_TRY(configs, std::move(described));

    TargetCluster target;
    target.brokers = static_cast<int16_t>(target_.metadata().brokers().size());
    target.broker_configs = target_broker_configs_;
    target.rules = spec_.topic_config;
    std::vector<client::NewTopic> wanted;
    for (const TopicMetadata& topic : missing) {
        const SourceTopic source = as_on_target(topic, configs[topic.name]);
        TopicSetup setup = topic_setup(source, target, spec_.replication_factor.value_or(0));
        for (const std::string& note : setup.notes) {
            if (noted_.insert(topic.name + note).second) {
                log::warn("link {}: topic {} on {}: {}", spec_.name, source.name, spec_.target,
                          note);
            }
        }
        wanted.push_back(std::move(setup.topic));
    }
    std::map<std::string, Error> failed;  // by the name on the target
    auto created = co_await create(std::move(wanted), failed, stop);
    for (const TopicMetadata& topic : missing) {
        const auto found = failed.find(spec_.names.on_target(topic.name));
        if (found != failed.end()) {
            problems[topic.name] = found->second;
        }
    }
    if (created.has_value()) {
        created = co_await refresh_target(topics, stop);
    }
    co_return created;
}

/// By several requests where they are many. `problems` are told by the names on the target.
Task<Result<void>> Discovery::create(std::vector<client::NewTopic> topics,
                                     std::map<std::string, Error>& problems, std::stop_token stop) {
    auto next = topics.begin();
    while (next != topics.end()) {
        std::vector<client::NewTopic> some;
        for (int64_t partitions = 0; next != topics.end() && partitions < kPartitionsAtOnce;
             ++next) {
            partitions += next->partitions;
            some.push_back(std::move(*next));
        }
        auto created = co_await client::create_topics(target_, std::move(some), stop);
        LS_CO_TRY(outcomes, std::move(created));
        for (auto& [name, error] : outcomes) {
            if (error.code) {
                problems[name] = error;
            } else {
                log::info("link {}: created topic {} on {}", spec_.name, name, spec_.target);
            }
        }
    }
    co_return Result<void>();
}

/// As the topic is to be made on the target: there it has the name that it is created with.
SourceTopic Discovery::as_on_target(const TopicMetadata& topic,
                                    std::vector<client::ConfigEntry> configs) const {
    return {spec_.names.on_target(topic.name), static_cast<int32_t>(topic.partitions.size()),
            topic.replication_factor, std::move(configs)};
}

Task<Result<void>> Discovery::create_offsets_topic(std::map<std::string, Error>& problems,
                                                   std::stop_token stop) {
    constexpr int16_t kUsualReplicas = 3;
    const auto brokers = static_cast<int16_t>(target_.metadata().brokers().size());
    std::vector<client::NewTopic> wanted{
        OffsetsStore::topic(std::min(brokers, spec_.replication_factor.value_or(kUsualReplicas)))};
    auto created = co_await client::create_topics(target_, std::move(wanted), stop);
    LS_CO_TRY(outcomes, std::move(created));
    for (auto& [name, error] : outcomes) {
        if (error.code) {
            problems[name] = error;
        } else {
            log::info("link {}: created topic {} on {}, for the maps of offsets", spec_.name, name,
                      spec_.target);
        }
    }
    co_return Result<void>();
}

Task<FollowStatus> Discovery::raise_partitions(const std::vector<TopicMetadata>& topics,
                                               std::map<std::string, Error>& problems,
                                               std::stop_token stop) {
    FollowStatus growth;
    for (const TopicMetadata& topic : topics) {
        const std::string name = spec_.names.on_target(topic.name);
        const TopicMetadata* there = target_.metadata().find_topic(name);
        if (there == nullptr) {
            continue;
        }
        if (there->partitions.size() >= topic.partitions.size() ||
            mutated(Mutation::new_partitions_ignored)) {
            ++growth.in_step;
            continue;
        }
        const auto count = static_cast<int32_t>(topic.partitions.size());
        const size_t found = there->partitions.size();
        auto raised = co_await client::create_partitions(target_, name, count, stop);
        if (raised.has_error()) {
            problems[topic.name] = raised.error();
            growth.drift.push_back({name, "partitions", std::to_string(count),
                                    std::to_string(found), raised.error().message()});
        } else {
            ++growth.in_step;
            ++growth.changes;
            log::info("link {}: raised topic {} on {} to {} partitions", spec_.name, name,
                      spec_.target, count);
        }
    }
    growth.state = growth.drift.empty() ? FollowState::in_step : FollowState::drifted;
    co_return growth;
}

}  // namespace lockstep::replication
