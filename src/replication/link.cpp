#include "replication/link.h"

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/log_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::replication {

using runtime::Task;
using runtime::TimePoint;

namespace {

/// Metadata is asked for at most this often, however many partitions want it.
constexpr auto kMetadataPause = std::chrono::milliseconds(100);
constexpr auto kFollowPause = std::chrono::seconds(5);
constexpr auto kProblemPause = std::chrono::seconds(1);

/// A broker that has just restarted may leave a topic out once.
constexpr int kMissesUntilDeleted = 2;

client::ConnectionOptions options_with(BufferPool& buffers) {
    client::ConnectionOptions options;
    options.buffers = &buffers;
    return options;
}

}  // namespace

Link::Link(const LinkEnvironment& environment, LinkSetup setup)
    : environment_(environment),
      spec_(std::move(setup.spec)),
      discovery_interval_(setup.discovery_interval),
      source_(environment.runtime, std::move(setup.source), options_with(environment.buffers)),
      target_(environment.runtime, std::move(setup.target), options_with(environment.buffers)),
      discovery_(source_, target_, spec_, std::move(setup.filter)),
      producer_(target_),
      position_wanted_(environment.runtime.loop),
      metadata_wanted_(environment.runtime.loop),
      tasks_(environment.runtime.loop) {
    if (setup.group_filter) {
        groups_ =
            std::make_unique<GroupSync>(source_, target_, std::move(*setup.group_filter),
                                        [this](const TopicPartition& id) { return ranges_of(id); });
    }
}

Link::~Link() = default;

void Link::start() {
    tasks_.spawn("discover", discover_loop());
    tasks_.spawn("position", position_loop());
    tasks_.spawn("follow", follow_loop());
    if (groups_) {
        tasks_.spawn("groups", groups_->run(tasks_.stop_token()));
    }
}

Task<void> Link::stop(TimePoint deadline) {
    tasks_.request_stop();
    co_await source_.close();  // nothing more is fetched
    co_await producer_.drain(deadline);
    producer_.request_stop();
    if (marker_turn_) {
        co_await marker_turn_->wait_left(deadline);
    }
    co_await target_.close();
    co_await tasks_.join();
    co_await producer_.join();
}

LinkStatus Link::status() const {
    LinkStatus status;
    status.name = spec_.name;
    status.source = spec_.source;
    status.target = spec_.target;
    status.source_cluster_id = source_.metadata().cluster_id();
    status.target_cluster_id = target_.metadata().cluster_id();
    status.marker_problem = marker_problem_;
    status.problem = problem_;
    status.discovered = is_discovered_;
    for (const auto& [id, partition] : partitions_) {
        status.partitions.push_back(partition->status());
    }
    if (groups_) {
        status.groups = groups_->groups();
    }
    status.errors = errors_;
    status.in_flight_bytes = environment_.budget.used_bytes();
    status.fetch_latency = fetch_latency_;
    status.produce_latency = producer_.latency();
    return status;
}

/// Offsets are the same on both clusters, as long as the partition is copied.
std::optional<PartitionRanges> Link::ranges_of(const TopicPartition& id) const {
    const auto found = partitions_.find(id);
    return found == partitions_.end() ? std::nullopt : found->second->ranges();
}

SourceReader& Link::reader_of(BrokerId source_broker) {
    auto& reader = readers_[source_broker];
    if (!reader) {
        reader = std::make_unique<SourceReader>(source_, source_broker, environment_.budget,
                                                fetch_latency_);
        tasks_.spawn("read", reader->run(tasks_.stop_token()));
    }
    return *reader;
}

void Link::want_metadata() {
    is_metadata_wanted_ = true;
    metadata_wanted_.notify_all();
}

Task<void> Link::discover_loop() {
    auto& loop = environment_.runtime.loop;
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        const TimePoint begun = loop.now();
        is_metadata_wanted_ = false;
        auto looked = co_await discovery_.look(stop);
        if (stop.stop_requested()) {
            break;
        }
        if (looked.has_error()) {
            ++errors_;
            set_problem(looked.error().message());
            co_await runtime::sleep_for(loop, kProblemPause, stop);
            continue;
        }
        set_problem("");
        apply(std::move(*looked));
        co_await runtime::sleep_until(loop, begun + kMetadataPause, stop);
        const TimePoint next = begun + discovery_interval_;
        while (!is_metadata_wanted_ && !stop.stop_requested() && loop.now() < next) {
            co_await metadata_wanted_.wait(next, stop);
        }
    }
}

void Link::set_problem(std::string problem) {
    if (problem == problem_) {
        return;
    }
    if (problem.empty()) {
        log::info("link {}: both clusters answer again", spec_.name);
    } else {
        log::warn("link {}: {}", spec_.name, problem);
    }
    problem_ = std::move(problem);
}

void Link::apply(DiscoveredTopics discovered) {
    if (!is_discovered_) {
        is_discovered_ = true;
        log::info("link {}: {} ({}) to {} ({}), {} topics", spec_.name, spec_.source,
                  source_.metadata().cluster_id(), spec_.target, target_.metadata().cluster_id(),
                  discovered.topics.size());
        tasks_.spawn("probe", probe_markers());
    }
    for (const auto& [topic, problem] : discovered.target_problems) {
        const auto known = target_problems_.find(topic);
        if (known == target_problems_.end() || known->second.message() != problem.message()) {
            log::warn("link {}: {}", spec_.name, problem.message());
        }
    }
    target_problems_ = std::move(discovered.target_problems);
    std::set<std::string> present;
    for (const client::TopicMetadata& topic : discovered.topics) {
        present.insert(topic.name);
        apply_topic(topic);
    }
    notice_missing(present);
    want_position();
}

void Link::apply_topic(const client::TopicMetadata& topic) {
    missed_[topic.name] = 0;
    const OriginTag origin = origin_tag(source_.metadata().cluster_id());
    for (size_t index = 0; index < topic.partitions.size(); ++index) {
        const TopicPartition id{topic.name, PartitionIndex(static_cast<int32_t>(index))};
        auto& partition = partitions_[id];
        if (!partition) {
            partition = std::make_unique<PartitionReplicator>(
                *this, producer_, Stream{id, topic.id, tagged_producer_id(origin, topic.id, id)});
        } else if (partition->source_topic_id() != topic.id) {
            partition->orphan(fmt::format(
                "topic {} was deleted at the source and created again: "
                "the one with id {} was copied, now it has id {}",
                topic.name, partition->source_topic_id().to_string(), topic.id.to_string()));
        } else if (partition->is_orphan()) {
            partition->adopt();
        }
    }
}

void Link::notice_missing(const std::set<std::string>& present) {
    for (auto& [topic, misses] : missed_) {
        if (!present.contains(topic)) {
            ++misses;
        }
    }
    for (auto& [id, partition] : partitions_) {
        if (missed_[id.topic] >= kMissesUntilDeleted && !partition->is_orphan()) {
            partition->orphan(
                fmt::format("topic {} (id {}) was deleted at the source; the copy is "
                            "kept",
                            id.topic, partition->source_topic_id().to_string()));
        }
    }
}

Task<void> Link::position_loop() {
    auto& loop = environment_.runtime.loop;
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        position_due(loop.now());
        co_await position_wanted_.wait(next_position(), stop);
    }
}

TimePoint Link::next_position() const {
    TimePoint next = runtime::kNever;
    for (const auto& [id, partition] : partitions_) {
        next = std::min(next, partition->position_due());
    }
    return next;
}

/// Starts to look at the logs of what is due, a group for each pair of leaders: one slow broker
/// holds up nobody else's.
void Link::position_due(TimePoint now) {
    using Group = std::pair<std::vector<PartitionReplicator*>, PartitionReplicator::Leaders>;
    std::map<std::pair<BrokerId, BrokerId>, Group> groups;
    for (auto& [id, partition] : partitions_) {
        if (partition->position_due() > now) {
            continue;
        }
        auto leaders = leaders_of(*partition);
        if (leaders.has_error()) {
            partition->postpone(leaders.error());
            continue;
        }
        partition->position();
        auto& group = groups[{leaders->source.leader, leaders->target.leader}];
        group.first.push_back(partition.get());
        group.second = *leaders;
    }
    for (auto& [leaders, group] : groups) {
        tasks_.spawn("position", position_group(std::move(group.first), group.second));
    }
}

Result<PartitionReplicator::Leaders> Link::leaders_of(const PartitionReplicator& partition) const {
    const TopicPartition& id = partition.id();
    const auto source = source_.metadata().leader_of(id);
    if (!source) {
        return Error(make_error_code(protocol::KafkaError::leader_not_available),
                     fmt::format("{} has no leader on {}", id.to_string(), spec_.source));
    }
    if (const auto problem = target_problems_.find(id.topic); problem != target_problems_.end()) {
        return Error(problem->second);
    }
    const auto target = target_.metadata().leader_of(id);
    if (!target) {
        return Error(make_error_code(protocol::KafkaError::leader_not_available),
                     fmt::format("{} has no leader on {}", id.to_string(), spec_.target));
    }
    return PartitionReplicator::Leaders{*source, *target,
                                        target_.metadata().find_topic(id.topic)->id};
}

Task<void> Link::position_group(std::vector<PartitionReplicator*> group,
                                PartitionReplicator::Leaders leaders) {
    const std::stop_token stop = tasks_.stop_token();
    std::vector<TopicPartition> ids;
    for (const PartitionReplicator* partition : group) {
        ids.push_back(partition->id());
    }
    // The target first: another worker may be copying meanwhile, and what it adds between the two
    // looks must not make the target seem to be ahead of the source.
    const LogEnds at_target = co_await read_ends(target_, leaders.target.leader, ids, stop);
    const LogEnds at_source = co_await read_ends(source_, leaders.source.leader, ids, stop);
    for (PartitionReplicator* partition : group) {
        auto logs = logs_from(at_source, at_target, partition->id());
        if (logs.has_error()) {
            partition->postpone(logs.error());
        } else {
            tasks_.spawn("position", position_one(*partition, *logs));
        }
    }
}

Task<void> Link::position_one(PartitionReplicator& partition, PartitionLogs logs) {
    auto leaders = leaders_of(partition);  // as they are now: a group may have waited for long
    if (leaders.has_error()) {
        partition.postpone(leaders.error());
        co_return;
    }
    if (logs.target_end.value() > 0) {
        const client::LogPlace end{leaders->target.leader, partition.id(), logs.target_end};
        auto tail =
            co_await read_target_tail(target_, end, partition.stream_id(), tasks_.stop_token());
        if (tail.has_error()) {
            partition.postpone(tail.error());
            co_return;
        }
        logs.target_tail = *tail;
    }
    if (!tasks_.stop_requested()) {
        partition.begin(logs, *leaders);
    }
}

/// A broker would write the newest marker a second time for a second worker: only one worker of the
/// link has the turn, given by the target's own group coordinator.
Result<void> Link::may_write_markers() {
    if (!marker_turn_) {
        marker_turn_ = std::make_unique<client::GroupLease>(
            target_, fmt::format("__lockstep.{}.{}", source_.metadata().cluster_id(), spec_.name));
        marker_turn_->on_held([this] {
            for (auto& [id, partition] : partitions_) {
                partition->retry_now();
            }
        });
        marker_turn_->want();
        tasks_.spawn("marker turn", marker_turn_->run(tasks_.stop_token()));
    }
    if (marker_turn_->is_held()) {
        return {};
    }
    return Error(Errc::timeout,
                 fmt::format("another Lockstep fills the gaps of this link, or it is not known yet "
                             "who does (group {} on {})",
                             marker_turn_->group(), spec_.target));
}

void Link::prepare(PartitionReplicator& partition, LogStartTask task) {
    log::info("link {}: {}: raising the target's log from {} to the source's start at {}",
              spec_.name, task.partition.to_string(), task.from.value(), task.to.value());
    tasks_.spawn("prepare", raise(partition, std::move(task)));
}

Task<void> Link::raise(PartitionReplicator& partition, LogStartTask task) {
    auto told = [&partition](Offset end) { partition.on_prepared_to(end); };
    const auto raised =
        co_await raise_log_start(target_, std::move(task), std::move(told), tasks_.stop_token());
    if (!tasks_.stop_requested()) {
        partition.on_prepared(raised);
    }
}

Task<void> Link::follow_loop() {
    auto& loop = environment_.runtime.loop;
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kFollowPause, stop);
        for (auto& [id, partition] : partitions_) {
            co_await follow_log_start(*partition);
            co_await name_open_transaction(*partition);
        }
    }
}

/// What retention, or someone, deletes at the source is deleted on the target too: both logs start
/// at the same offset, where the target's own retention has not got there before.
Task<void> Link::follow_log_start(PartitionReplicator& partition) {
    const auto leader = target_.metadata().leader_of(partition.id());
    const auto start = partition.log_start_to_follow();
    if (!start || !leader || tasks_.stop_requested()) {
        co_return;
    }
    const client::LogPlace place{leader->leader, partition.id(), *start};
    const auto deleted = co_await client::delete_records(target_, place, tasks_.stop_token());
    partition.on_log_start_followed(*start);
    if (deleted.has_error() && !tasks_.stop_requested()) {
        log::warn("link {}: {}", spec_.name, deleted.error().message());
    }
}

/// Says who keeps a transaction open that has held a partition back for a while.
Task<void> Link::name_open_transaction(PartitionReplicator& partition) {
    const auto leader = source_.metadata().leader_of(partition.id());
    if (!partition.wants_producer() || !leader || tasks_.stop_requested()) {
        co_return;
    }
    const OpenTransaction open = *partition.status().open_transaction;
    const TopicPartition id = partition.id();
    const auto described =
        co_await client::describe_producers(source_, leader->leader, id, tasks_.stop_token());
    if (described.has_error()) {
        co_return;  // not allowed, or just not now: the offset and the age are known all the same
    }
    for (const client::ProducerState& producer : *described) {
        if (producer.transaction_start == open.first_offset) {
            partition.on_producer_known(producer.id);
            log::info(
                "link {}: {}: producer {} keeps a transaction open since offset {}; what is "
                "behind it is copied when it ends",
                spec_.name, id.to_string(), producer.id.value(), open.first_offset.value());
        }
    }
}

/// Says early what would otherwise only be found at the first gap.
Task<void> Link::probe_markers() {
    const auto probed = co_await client::probe_txn_markers(target_, tasks_.stop_token());
    if (probed.has_error() && !tasks_.stop_requested()) {
        marker_problem_ = probed.error().message();
        log::warn(
            "link {}: {} takes no transaction markers from Lockstep ({}): partitions with "
            "transactions or compaction will be blocked at their first gap; the right "
            "CLUSTER_ACTION (from Kafka 3.8 on also ALTER) on that cluster is needed",
            spec_.name, spec_.target, marker_problem_);
    }
}

}  // namespace lockstep::replication
