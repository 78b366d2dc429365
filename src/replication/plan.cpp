#include "replication/plan.h"

#include "base/assert.h"
#include "client/groups.h"
#include "client/log_sizes.h"
#include "replication/copy_start.h"
#include "replication/discovery.h"
#include "replication/followed_store.h"
#include "replication/log_start.h"
#include "replication/marker_probe.h"
#include "replication/name_problems.h"
#include "replication/offsets_choice.h"
#include "replication/offsets_store.h"
#include "replication/origin_ids.h"
#include "replication/plan_around.h"
#include "replication/plan_logs.h"
#include "replication/stream_problems.h"
#include "replication/topic_setup.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::replication {

using client::Cluster;
using client::TopicMetadata;
using runtime::Task;

namespace {

/// One call of plan_link(): everything that is known about the clusters.
class Planning {
public:
    Planning(Cluster& source, Cluster& target, const std::vector<ClusterSpec>& clusters,
             const LinkSpec& spec)
        : source_(source),
          target_(target),
          clusters_(clusters),
          spec_(spec),
          producer_(target),
          store_(target, producer_) {}

    Task<Result<void>> fill(LinkPlan& plan, std::stop_token stop) {
        auto filter = TopicFilter::make(spec_.topics, spec_.exclude);
        LS_ASSERT(filter.has_value());
        Discovery discovery(source_, target_, spec_, std::move(*filter));
        auto looked = co_await discovery.look_only(stop);
        plan.source_cluster_id = source_.metadata().cluster_id();
        plan.target_cluster_id = target_.metadata().cluster_id();
        if (looked.has_error()) {
            co_await learn_who_answers(plan, stop);
        }
        LS_CO_TRY(topics, std::move(looked));
        plan.unmatched = discovery.unmatched();
        LS_CO_CHECK(co_await learn_carried(stop));
        const auto to_source = co_await round_trip_ms(source_, stop);
        const auto to_target = co_await round_trip_ms(target_, stop);
        plan.source_round_trip_ms = to_source;
        plan.target_round_trip_ms = to_target;
        LS_CO_CHECK(co_await learn_target(plan, stop));
        LS_CO_CHECK(co_await learn_topics(topics, stop));
        co_await learn_starts(stop);
        co_await learn_sizes(plan, stop);
        co_await learn_groups(plan, stop);
        std::vector<std::string> names;
        for (const TopicMetadata& topic : topics) {
            names.push_back(topic.name);
        }
        name_problems_ = name_problems(spec_.names, names);
        for (const TopicMetadata& topic : topics) {
            plan.topics.push_back(plan_topic(topic));
        }
        plan.own_topics = own_topics(plan);
        const PlannedLink link{source_, target_, spec_};
        co_await plan_around(plan, link, stop);
        co_return Result<void>();
    }

private:
    /// One of the clusters does not, most likely: the other one is asked all the same.
    Task<void> learn_who_answers(LinkPlan& plan, std::stop_token stop) {
        if (source_.metadata().brokers().empty()) {
            const auto to_target = co_await round_trip_ms(target_, stop);
            plan.target_round_trip_ms = to_target;
        } else {
            const auto to_source = co_await round_trip_ms(source_, stop);
            plan.source_round_trip_ms = to_source;
        }
    }

    Task<Result<void>> learn_carried(std::stop_token stop) {
        ClusterIds ids = configured_ids(clusters_);
        LS_CO_CHECK(ids.learn(source_.name(), source_.metadata().cluster_id()));
        LS_CO_CHECK(ids.learn(target_.name(), target_.metadata().cluster_id()));
        const RelayedOrigins relayed = relayed_by(spec_, clusters_);
        LS_CO_CHECK(co_await learn_origins(source_.runtime(), relayed, ids, stop));
        LS_CO_TRY(carried, carried_by(spec_, ids));
        carried_ = std::move(carried);
        co_return Result<void>();
    }

    static Task<std::optional<double>> round_trip_ms(Cluster& cluster, std::stop_token stop) {
        const auto begun = cluster.runtime().loop.now();
        const std::vector<std::string> no_topics;
        const auto asked = co_await cluster.refresh_metadata(&no_topics, stop);
        const std::chrono::duration<double, std::milli> passed =
            cluster.runtime().loop.now() - begun;
        co_return asked.has_error() ? std::nullopt : std::optional(passed.count());
    }

    Task<Result<void>> learn_target(LinkPlan& plan, std::stop_token stop) {
        if (spec_.offsets != OffsetsMode::translate) {
            auto probed = co_await probe_markers(target_, stop);
            if (probed.has_error()) {
                co_return std::move(probed).error().within("target");
            }
            marker_problem_ = std::move(*probed);
            plan.marker_problem = marker_problem_;
        }
        const BrokerId any = target_.metadata().brokers().begin()->first;
        auto broker = co_await client::describe_broker(target_, any, stop);
        if (broker.has_value()) {
            target_broker_configs_ = std::move(*broker);
        }
        co_return Result<void>();
    }

    std::vector<std::string> own_topics(const LinkPlan& plan) const {
        std::vector<std::string> names;
        if (spec_.topic_config.follow != FollowRule::off || spec_.acls.is_followed ||
            spec_.quotas != FollowRule::off || spec_.users ||
            spec_.on_deleted.kind != DeletedRule::Kind::ignore) {
            names.emplace_back(FollowedStore::kTopic);
        }
        const bool is_translated = std::ranges::any_of(plan.topics, [](const PlannedTopic& topic) {
            return std::ranges::any_of(topic.partitions, &PlannedPartition::is_translated);
        });
        if (is_translated) {
            names.emplace_back(OffsetsStore::kTopic);
        }
        return names;
    }

    Task<Result<void>> learn_topics(const std::vector<TopicMetadata>& topics,
                                    std::stop_token stop) {
        std::vector<std::string> names;
        WantedLogs wanted;
        for (const TopicMetadata& topic : topics) {
            names.push_back(topic.name);
            for (size_t index = 0; index < topic.partitions.size(); ++index) {
                const TopicPartition id{topic.name, PartitionIndex(static_cast<int32_t>(index))};
                const StreamKey key = key_of(id, topic.id);
                wanted.emplace(id, WantedLog{key.partition, preserved_stream_id(key)});
            }
        }
        if (!names.empty()) {
            auto described = co_await client::describe_topics(source_, std::move(names), stop);
            LS_CO_TRY(configs, std::move(described));
            source_configs_ = std::move(configs);
        }
        auto found = co_await read_logs(source_, target_, std::move(wanted), stop);
        logs_ = std::move(found);
        if (spec_.offsets != OffsetsMode::preserve && store_.is_there()) {
            LS_CO_CHECK(co_await store_.catch_up_all(stop));
        }
        co_return Result<void>();
    }

    std::map<BrokerId, std::vector<TopicPartition>> ids_by_leader() const {
        std::map<BrokerId, std::vector<TopicPartition>> by_leader;
        for (const auto& [id, logs] : logs_) {
            if (const auto leader = source_.metadata().leader_of(id)) {
                by_leader[leader->leader].push_back(id);
            }
        }
        return by_leader;
    }

    Task<void> learn_starts(std::stop_token stop) {
        auto by_leader = ids_by_leader();
        for (auto& [leader, ids] : by_leader) {
            StartQuery query{leader, std::move(ids), spec_.start};
            RecordsOfTime found = co_await find_records_of_time(source_, std::move(query), stop);
            starts_.merge(found);
        }
    }

    Task<void> learn_sizes(LinkPlan& plan, std::stop_token stop) {
        auto by_leader = ids_by_leader();
        for (auto& [leader, ids] : by_leader) {
            auto asked = co_await client::log_sizes(source_, leader, std::move(ids), stop);
            if (asked.has_error()) {
                plan.size_problem = asked.error().message();
                co_return;
            }
            sizes_.merge(*asked);
        }
    }

    Task<void> learn_groups(LinkPlan& plan, std::stop_token stop) {
        if (spec_.groups.empty()) {
            co_return;
        }
        auto filter = TopicFilter::make(spec_.groups, spec_.exclude_groups);
        LS_ASSERT(filter.has_value());
        auto listed = co_await client::list_groups(source_, stop);
        if (listed.has_error()) {
            plan.group_problem = listed.error().message();
            co_return;
        }
        for (const auto& [name, group] : *listed) {
            if (filter->matches(name)) {
                plan.groups.push_back(name);
            }
        }
    }

    PlannedTopic plan_topic(const TopicMetadata& topic) {
        PlannedTopic planned;
        planned.name = topic.name;
        const std::string name = spec_.names.on_target(topic.name);
        planned.renamed_to = name == topic.name ? "" : name;
        const TopicMetadata* there = target_.metadata().find_topic(name);
        if (there == nullptr) {
            planned.action = PlannedTopic::Action::create;
            const SourceTopic source{name, static_cast<int32_t>(topic.partitions.size()),
                                     topic.replication_factor, source_configs_[topic.name]};
            const TargetCluster target{static_cast<int16_t>(target_.metadata().brokers().size()),
                                       target_broker_configs_, spec_.topic_config};
            TopicSetup setup = topic_setup(source, target, spec_.replication_factor.value_or(0));
            planned.replication_factor = setup.topic.replication_factor;
            planned.configs = std::move(setup.topic.configs);
            planned.notes = std::move(setup.notes);
        } else if (there->partitions.size() < topic.partitions.size()) {
            planned.action = PlannedTopic::Action::grow;
        }
        for (size_t index = 0; index < topic.partitions.size(); ++index) {
            const TopicPartition id{topic.name, PartitionIndex(static_cast<int32_t>(index))};
            planned.partitions.push_back(plan_partition(id, topic.id));
        }
        const auto problem = name_problems_.find(topic.name);
        for (PlannedPartition& partition : planned.partitions) {
            if (problem != name_problems_.end()) {
                partition = {partition.partition};
                partition.blocked = problem->second;
            }
        }
        return planned;
    }

    /// The same decisions as the link's.
    PlannedPartition plan_partition(const TopicPartition& id, const Uuid& source_topic_id) {
        PlannedPartition planned;
        planned.partition = id.partition.value();
        const Result<PartitionLogs>& found = logs_.at(id);
        if (found.has_error()) {
            planned.blocked = found.error().message();
            return planned;
        }
        PartitionLogs logs = *found;
        const StreamKey key = key_of(id, source_topic_id);
        if (is_start_open(logs, store_.has_any_of(key))) {
            const auto begun = begin_late(spec_.start, id, starts_, logs);
            if (begun.has_error()) {
                planned.blocked = begun.error().message();
                return planned;
            }
        }
        const ResumeRules rules{preserved_stream_id(key),
                                spec_.on_overrun == OverrunRule::continue_past};
        const auto* at_target = target_.metadata().find_topic(key.partition.topic);
        const OffsetsStore::TargetLog target_log{at_target == nullptr ? Uuid() : at_target->id,
                                                 logs.target_end};
        const auto former = store_.former_of(key, target_log);
        const OffsetsFacts facts{spec_.offsets,
                                 store_.has_any_of(key),
                                 marker_problem_,
                                 spec_.max_filler_bytes,
                                 spec_.on_recreated,
                                 former,
                                 holds_others_copy(store_, logs, rules.stream)};
        const OffsetsChoice choice = choose_offsets(facts, logs, rules);
        if (choice.kind == OffsetsChoice::Kind::neither) {
            planned.blocked = choice.why;
        } else if (choice.kind == OffsetsChoice::Kind::preserve) {
            const ResumePoint resume = resume_point(logs, rules);
            planned.blocked = resume.reason;
            plan_from(logs, resume.next ? resume.next : resume.raise_to, planned);
        } else {
            planned.is_translated = true;
            planned.translated_why = choice.why;
            planned.blocked = changed_form_problem(store_, key, target_log, spec_);
            if (planned.blocked.empty()) {
                plan_translated(key, {id, logs}, target_log, planned);
            }
        }
        planned.bytes_to_copy = bytes_of(id, *found, planned.records_to_copy);
        return planned;
    }

    /// Of a partition, by its name at the source.
    struct NamedLogs {
        const TopicPartition& id;
        const PartitionLogs& logs;
    };

    StreamKey key_of(const TopicPartition& id, const Uuid& source_topic_id) const {
        return stream_key({source_.metadata().cluster_id(), source_topic_id, id}, spec_.names);
    }

    /// From where the stream goes on that is furthest behind.
    void plan_translated(StreamKey key, const NamedLogs& at,
                         const OffsetsStore::TargetLog& target_log, PlannedPartition& planned) {
        const bool continue_past = spec_.on_overrun == OverrunRule::continue_past;
        std::optional<Offset> next;
        for (const std::string& origin : carried_.clusters) {
            key.origin_cluster_id = origin;
            const StreamMap& map = store_.map_of(key);
            const bool is_new = map.next.value() == 0 && map.source.is_empty();
            planned.blocked = is_new ? changed_route_problem(store_, key, target_log, spec_) : "";
            if (!planned.blocked.empty()) {
                return;
            }
            PartitionLogs logs = at.logs;
            const auto begun =
                is_new ? begin_late(spec_.start, at.id, starts_, logs) : Result<void>();
            if (begun.has_error()) {
                planned.blocked = begun.error().message();
                return;
            }
            const TranslatedResume resume = resume_translated(logs, map, {continue_past});
            if (!resume.place) {
                planned.blocked = resume.reason;
                return;
            }
            next = next ? std::min(*next, resume.place->source) : resume.place->source;
        }
        plan_from(at.logs, next, planned);
    }

    static void plan_from(const PartitionLogs& logs, std::optional<Offset> next,
                          PlannedPartition& planned) {
        if (next) {
            planned.next_offset = next->value();
            planned.records_to_copy = logs.source_end - *next;
        }
    }

    /// As if all records were alike.
    int64_t bytes_of(const TopicPartition& id, const PartitionLogs& logs, int64_t records) const {
        const auto size = sizes_.find(id);
        const int64_t all = logs.source_end - logs.source_start;
        if (size == sizes_.end() || all <= 0) {
            return 0;
        }
        return static_cast<int64_t>(static_cast<double>(size->second) *
                                    static_cast<double>(records) / static_cast<double>(all));
    }

    Cluster& source_;
    Cluster& target_;
    const std::vector<ClusterSpec>& clusters_;
    const LinkSpec& spec_;
    client::BatchProducer producer_;  // sends nothing
    OffsetsStore store_;
    Carried carried_;
    FoundLogs logs_;
    RecordsOfTime starts_;
    std::map<std::string, std::string> name_problems_;
    std::map<TopicPartition, int64_t> sizes_;
    std::string marker_problem_;
    std::map<std::string, std::string> target_broker_configs_;
    std::map<std::string, std::vector<client::ConfigEntry>> source_configs_;
};

}  // namespace

void forget_matched_elsewhere(std::vector<LinkPlan>& plans, const std::vector<LinkSpec>& links) {
    std::vector<std::set<std::string>> unmatched(plans.size());
    for (size_t i = 0; i < plans.size(); ++i) {
        for (const UnmatchedEntry& each : plans[i].unmatched) {
            unmatched[i].insert(each.entry);
        }
    }
    const auto is_matched_by = [&](size_t link, const UnmatchedEntry& entry) {
        return plans[link].problem.empty() && !unmatched[link].contains(entry.entry);
    };
    for (size_t i = 0; i < plans.size(); ++i) {
        for (size_t j = 0; j < plans.size(); ++j) {
            if (!links[i].replication.empty() && links[i].replication == links[j].replication) {
                std::erase_if(plans[i].unmatched,
                              [&](const UnmatchedEntry& each) { return is_matched_by(j, each); });
            }
        }
    }
}

Task<LinkPlan> plan_link(runtime::Runtime& runtime, std::vector<ClusterSpec> clusters,
                         LinkSpec spec, std::stop_token stop) {
    LinkPlan plan;
    plan.name = spec.name;
    plan.source = spec.source;
    plan.target = spec.target;
    plan.priority = spec.priority;
    plan.offsets = spec.offsets;
    client::ConnectionOptions options;
    options.connect_timeout = std::chrono::seconds(5);
    Cluster from(runtime, cluster_named(clusters, spec.source), options);
    Cluster to(runtime, cluster_named(clusters, spec.target), options);
    Planning planning(from, to, clusters, spec);
    auto filled = co_await planning.fill(plan, stop);
    if (filled.has_error()) {
        plan.problem = filled.error().message();
    }
    co_await from.close();
    co_await to.close();
    co_return plan;
}

}  // namespace lockstep::replication
