#include "replication/plan.h"

#include "base/assert.h"
#include "model/tagged_producer_id.h"
#include "replication/discovery.h"
#include "replication/log_reader.h"
#include "replication/log_start.h"
#include "replication/topic_setup.h"

#include <fmt/core.h>

namespace lockstep::replication {

using client::Cluster;
using client::TopicMetadata;
using runtime::Task;

namespace {

/// Everything that is known about the clusters when one topic is planned.
struct Planning {
    Cluster& source;
    Cluster& target;
    const LinkSpec& spec;
    std::map<std::string, std::string> target_broker_configs;
    std::map<std::string, std::vector<client::ConfigEntry>> source_configs;
};

struct StreamOf {
    TopicPartition partition;
    ProducerId stream;
};

/// Fills in the target's half of `logs`; leaves it empty where the target lacks the partition.
Task<Result<void>> look_at_target(Planning& planning, StreamOf of, PartitionLogs& logs,
                                  std::stop_token stop) {
    const TopicPartition& id = of.partition;
    const auto leader = planning.target.metadata().leader_of(id);
    if (!leader) {
        co_return Result<void>();
    }
    const std::vector<TopicPartition> ids{id};
    auto ends = co_await read_ends(planning.target, leader->leader, ids, stop);
    if (!ends.errors.empty()) {
        co_return ends.errors.begin()->second;
    }
    logs.target_start = ends.ranges[id].start;
    logs.target_end = ends.ranges[id].end;
    if (logs.target_end.value() > 0) {
        const client::LogPlace end{leader->leader, id, logs.target_end};
        auto tail = co_await read_target_tail(planning.target, end, of.stream, stop);
        if (tail.has_error()) {
            co_return std::move(tail).error();
        }
        logs.target_tail = *tail;
    }
    co_return Result<void>();
}

Task<PlannedPartition> plan_partition(Planning& planning, TopicPartition id, Uuid source_topic_id,
                                      std::stop_token stop) {
    PlannedPartition planned;
    planned.partition = id.partition.value();
    const auto source_leader = planning.source.metadata().leader_of(id);
    if (!source_leader) {
        planned.blocked = "it has no leader on " + planning.spec.source;
        co_return planned;
    }
    // The target first, as the link does it: a link that is running must not make the target seem
    // to be ahead of the source.
    PartitionLogs logs;
    const OriginTag origin = origin_tag(planning.source.metadata().cluster_id());
    const StreamOf of{id, tagged_producer_id(origin, source_topic_id, id)};
    auto looked = co_await look_at_target(planning, of, logs, stop);
    if (looked.has_error()) {
        planned.blocked = looked.error().message();
        co_return planned;
    }
    const std::vector<TopicPartition> ids{id};
    auto at_source = co_await read_ends(planning.source, source_leader->leader, ids, stop);
    if (!at_source.errors.empty()) {
        planned.blocked = at_source.errors.begin()->second.message();
        co_return planned;
    }
    logs.source_start = at_source.ranges[id].start;
    logs.source_end = at_source.ranges[id].end;
    const ResumeRules rules{of.stream, filler_producer_id(of.stream),
                            planning.spec.on_overrun == OverrunRule::continue_past};
    const ResumePoint resume = resume_point(logs, rules);
    planned.blocked = resume.reason;
    if (const auto next = resume.next ? resume.next : resume.raise_to) {
        planned.next_offset = next->value();
        planned.records_to_copy = logs.source_end - *next;
    }
    co_return planned;
}

Task<PlannedTopic> plan_topic(Planning& planning, TopicMetadata topic, std::stop_token stop) {
    PlannedTopic planned;
    planned.name = topic.name;
    const TopicMetadata* there = planning.target.metadata().find_topic(topic.name);
    if (there == nullptr) {
        planned.action = PlannedTopic::Action::create;
        const SourceTopic source{topic.name, static_cast<int32_t>(topic.partitions.size()),
                                 topic.replication_factor, planning.source_configs[topic.name]};
        const TargetCluster target{
            static_cast<int16_t>(planning.target.metadata().brokers().size()),
            planning.target_broker_configs};
        TopicSetup setup =
            topic_setup(source, target, planning.spec.replication_factor.value_or(0));
        planned.replication_factor = setup.topic.replication_factor;
        planned.configs = std::move(setup.topic.configs);
        planned.notes = std::move(setup.notes);
    } else if (there->partitions.size() < topic.partitions.size()) {
        planned.action = PlannedTopic::Action::grow;
    }
    for (size_t index = 0; index < topic.partitions.size(); ++index) {
        const TopicPartition id{topic.name, PartitionIndex(static_cast<int32_t>(index))};
        auto partition = co_await plan_partition(planning, id, topic.id, stop);
        planned.partitions.push_back(std::move(partition));
    }
    co_return planned;
}

Task<Result<void>> fill(LinkPlan& plan, Cluster& source, Cluster& target, const LinkSpec& spec,
                        std::stop_token stop) {
    auto filter = TopicFilter::make(spec.topics, spec.exclude);
    LS_ASSERT(filter.has_value());
    Discovery discovery(source, target, spec, std::move(*filter));
    auto looked = co_await discovery.look_only(stop);
    plan.source_cluster_id = source.metadata().cluster_id();
    plan.target_cluster_id = target.metadata().cluster_id();
    LS_CO_TRY(topics, std::move(looked));

    Planning planning{source, target, spec, {}, {}};
    const BrokerId any = target.metadata().brokers().begin()->first;
    auto broker = co_await client::describe_broker(target, any, stop);
    if (broker.has_value()) {
        planning.target_broker_configs = std::move(*broker);
    }
    std::vector<std::string> names;
    for (const TopicMetadata& topic : topics) {
        names.push_back(topic.name);
    }
    auto described = co_await client::describe_topics(source, std::move(names), stop);
    LS_CO_TRY(configs, std::move(described));
    planning.source_configs = std::move(configs);
    for (const TopicMetadata& topic : topics) {
        auto planned = co_await plan_topic(planning, topic, stop);
        plan.topics.push_back(std::move(planned));
    }
    co_return Result<void>();
}

}  // namespace

Task<LinkPlan> plan_link(runtime::Runtime& runtime, std::vector<ClusterSpec> clusters,
                         LinkSpec spec, std::stop_token stop) {
    LinkPlan plan;
    plan.name = spec.name;
    plan.source = spec.source;
    plan.target = spec.target;
    client::ConnectionOptions options;
    options.connect_timeout = std::chrono::seconds(5);
    Cluster from(runtime, cluster_named(clusters, spec.source), options);
    Cluster to(runtime, cluster_named(clusters, spec.target), options);
    auto filled = co_await fill(plan, from, to, spec, stop);
    if (filled.has_error()) {
        plan.problem = filled.error().message();
    }
    co_await from.close();
    co_await to.close();
    co_return plan;
}

}  // namespace lockstep::replication
