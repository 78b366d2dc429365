#include "replication/link.h"

#include "base/log.h"
#include "base/mutation.h"
#include "protocol/kafka_error.h"
#include "replication/error_policy.h"
#include "replication/marker_probe.h"
#include "replication/retry_pace.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::replication {

using runtime::Task;
using runtime::TimePoint;

namespace {

constexpr auto kFollowPause = std::chrono::seconds(5);
constexpr auto kTargetStartsPause = std::chrono::minutes(1);
constexpr auto kProbePause = std::chrono::seconds(1);
constexpr auto kLeaving = std::chrono::seconds(2);

client::ConnectionOptions options_with(BufferPool& buffers, const LinkSpec& spec) {
    client::ConnectionOptions options;
    options.buffers = &buffers;
    if (spec.retry) {
        options.reconnect = reconnect_pace(spec);
    }
    return options;
}

}  // namespace

Link::Link(const LinkEnvironment& environment, LinkSetup setup)
    : environment_(environment),
      spec_(std::move(setup.spec)),
      discovery_interval_(setup.discovery_interval),
      source_(environment.runtime, std::move(setup.source),
              options_with(environment.buffers, spec_)),
      target_(environment.runtime, std::move(setup.target),
              options_with(environment.buffers, spec_)),
      discovery_(source_, target_, spec_, std::move(setup.filter)),
      producer_(target_),
      store_(target_, producer_),
      cluster_ids_(environment.cluster_ids != nullptr ? *environment.cluster_ids : own_ids_),
      audit_(target_),
      around_(source_, target_, spec_, [this] { return settled_topics(); }),
      aligned_(environment.runtime.loop),
      look_backoff_(retry_pace(spec_)),
      position_wanted_(environment.runtime.loop),
      metadata_wanted_(environment.runtime.loop),
      tasks_(environment.runtime.loop),
      fleet_tasks_(environment.runtime.loop) {
    growth_.state = FollowState::starting;
    if (environment_.routes != nullptr) {
        discovery_.prove(*environment_.routes);
    }
    if (setup.group_filter) {
        groups_ = std::make_unique<GroupSync>(
            source_, target_,
            GroupScope{std::move(*setup.group_filter), spec_.names,
                       [this](const TopicPartition& id) { return ranges_of(id); },
                       [this](const TopicPartition& id) { return is_mixed(id); }});
    }
    if (spec_.bandwidth) {
        pace_.rate.emplace(*spec_.bandwidth);
    }
    pace_.rest = spec_.sync_interval;
    if (environment_.verify_rate != nullptr) {
        verifier_ = std::make_unique<ContinuousVerifier>(ProofServices{
            spec_.name, source_, target_, *environment_.verify_rate,
            [this](const CopyId* last, const CopyVisitor& visitor) { visit_copied(last, visitor); },
            [this](const CopyId& copy) { return copied(copy); }, [this] { want_metadata(); },
            spec_.append_time});
    }
}

Link::~Link() = default;

void Link::start(const Pauses& pauses) {
    for (const PauseScope& scope : pauses.scopes()) {
        pauses_.pause(scope);
    }
    tasks_.spawn("discover", discover_loop());
    tasks_.spawn("position", position_loop());
    tasks_.spawn("follow", follow_loop());
    tasks_.spawn("audit", audit_.run(tasks_.stop_token()));
    if (groups_) {
        tasks_.spawn("groups", groups_->run(tasks_.stop_token()));
        tasks_.spawn("share groups", groups_->run_shares(tasks_.stop_token()));
    }
    tasks_.spawn("around", around_.run(tasks_.stop_token()));
    follow_deletions();
    if (verifier_) {
        tasks_.spawn("verify", verifier_->run(tasks_.stop_token()));
    }
}

Task<void> Link::stop(TimePoint deadline) {
    co_await audit_.drain(deadline);
    tasks_.request_stop();
    co_await source_.close();  // nothing more is fetched
    co_await producer_.drain(deadline);
    save_target_runs();
    for (const auto& [id, partition] : partitions_) {
        partition->leave_passed();
    }
    co_await producer_.drain(deadline);
    producer_.request_stop();
    fleet_tasks_.request_stop();  // not before: what is left is sent in our turn
    // Where a write may still come to pass, the others must wait, as for a worker that died.
    if (fleet_ && is_all_answered()) {
        fleet_tasks_.spawn("leave the fleet", fleet_->leave());
        co_await fleet_->wait_left(environment_.runtime.loop.now() + kLeaving);
    }
    co_await target_.close();
    co_await tasks_.join();
    co_await producer_.join();
    co_await fleet_tasks_.join();
}

bool Link::is_all_answered() const {
    const TimePoint now = environment_.runtime.loop.now();
    return producer_.is_settled() && std::ranges::all_of(partitions_, [now](const auto& entry) {
               return entry.second->last_arrival() <= now;
           });
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
    status.unmatched = unmatched_;
    status.discovered = is_discovered_;
    status.priority = spec_.priority;
    status.is_paused = pauses_.now().is_link_paused();
    status.partitions.reserve(partitions_.size());
    for (const auto& [id, partition] : partitions_) {
        PartitionStatus& each = status.partitions.emplace_back(partition->status());
        each.worker = fleet_ ? fleet_->worker_of(id) : "";
    }
    if (verifier_) {
        verifier_->add_to(status.partitions);
    }
    if (fleet_) {
        status.fleet = fleet_->status();
    }
    if (groups_) {
        status.groups = groups_->groups();
    }
    status.around = around_.status();
    status.around.growth = growth_;
    if (deletions_) {
        status.around.deletions = deletions_->status();
    }
    status.errors = errors_;
    status.last_error = last_error_;
    status.in_flight_bytes = environment_.budget.used_bytes();
    status.fetch_latency = fetch_latency_;
    status.produce_latency = producer_.latency();
    return status;
}

/// Topics whose configs nobody else here is about to change (log_start.h does).
std::set<std::string> Link::settled_topics() const {
    std::set<std::string> settled;
    std::set<std::string> unsettled;
    for (const auto& [id, partition] : partitions_) {
        const bool is_settled = !partition->is_orphan() &&
                                partition->status().state != PartitionState::preparing &&
                                target_.metadata().find_topic(partition->target_id().topic);
        (is_settled ? settled : unsettled).insert(id.topic);
    }
    std::erase_if(settled, [&](const std::string& topic) { return unsettled.contains(topic); });
    return settled;
}

std::optional<PartitionRanges> Link::ranges_of(const TopicPartition& id) const {
    const auto found = partitions_.find(id);
    if (found == partitions_.end()) {
        return std::nullopt;
    }
    const PartitionReplicator& partition = *found->second;
    const bool both_ways = is_both_ways(id.topic);
    const bool has_places =
        !partition.is_mixed(both_ways) && !partition.is_all_from_target(both_ways);
    return has_places ? partition.ranges() : std::nullopt;
}

bool Link::is_mixed(const TopicPartition& id) const {
    const auto found = partitions_.find(id);
    return found != partitions_.end() && found->second->is_mixed(is_both_ways(id.topic));
}

bool Link::is_both_ways(const std::string& topic) const {
    return environment_.routes != nullptr && environment_.routes->is_both_ways(spec_.name, topic);
}

/// A topic that is gone at the source, or another one by now, has nothing to be compared with.
void Link::visit_copied(const CopyId* last, const CopyVisitor& visitor) const {
    const std::string* topic = nullptr;
    const client::TopicMetadata* at_target = nullptr;
    auto next = last == nullptr ? partitions_.begin() : partitions_.lower_bound(last->partition);
    for (; next != partitions_.end(); ++next) {
        const auto& [id, partition] = *next;
        if (topic == nullptr || *topic != id.topic) {
            topic = &id.topic;
            at_target = target_.metadata().find_topic(partition->target_id().topic);
        }
        const bool is_last = last != nullptr && last->partition == id;
        for (size_t stream = is_last ? last->stream + 1 : 0;; ++stream) {
            const auto copy = copied(*partition, stream, at_target);
            if (!copy) {
                break;
            }
            if (!visitor(*copy)) {
                return;
            }
        }
    }
}

std::optional<CopiedPartition> Link::copied(const CopyId& copy) const {
    const auto found = partitions_.find(copy.partition);
    return found == partitions_.end()
               ? std::nullopt
               : copied(*found->second, copy.stream,
                        target_.metadata().find_topic(found->second->target_id().topic));
}

std::optional<CopiedPartition> Link::copied(const PartitionReplicator& partition, size_t stream,
                                            const client::TopicMetadata* at_target) const {
    if (partition.is_orphan() || at_target == nullptr) {
        return std::nullopt;
    }
    CopiedPartition copied{partition.target_id(),
                           partition.status(),
                           stream,
                           {partition.source_topic_id(), at_target->id, partition.rewrites()},
                           {},
                           {}};
    if (partition.status().is_translated) {
        if (stream >= partition.streams().size()) {
            return std::nullopt;  // not begun yet, or no more of them
        }
        const TranslatedRecords& records = partition.streams()[stream];
        copied.translated = {records.map, replication::stream_id(records.key), partition.origins(),
                             stream};
        const auto& runs = records.map->source.runs();
        const bool is_behind_mirror = records.map->is_behind_mirror;
        const bool has_first =
            !runs.empty() && (runs.front().first == Ordinal(0) || is_behind_mirror);
        const bool begins_late = spec_.start.kind != StartRule::Kind::earliest || is_behind_mirror;
        if (has_first && begins_late) {
            copied.begins_at = runs.front().offset;
        }
    } else if (stream > 0) {
        return std::nullopt;
    }
    return copied;
}

SourceReader& Link::reader_of(BrokerId source_broker) {
    auto& readers = readers_[source_broker];
    const auto with_room = std::ranges::find_if(readers, [this](const auto& reader) {
        return reader->partitions() < environment_.session_partitions;
    });
    if (with_room != readers.end()) {
        return **with_room;
    }
    readers.push_back(std::make_unique<SourceReader>(
        source_, SourceReader::Place{source_broker, readers.size()},
        SourceReader::Shared{environment_.budget, fetch_latency_, pace_, spec_.priority}));
    tasks_.spawn("read", readers.back()->run(tasks_.stop_token()));
    return *readers.back();
}

/// By the clock: who takes over from a dead worker does so seconds later, and one that gives a
/// partition away has nothing of it under way by then. Within this process it only rises.
int32_t Link::next_coordinator_epoch() {
    constexpr int64_t kYear2026 = 1'767'225'600;  // fits for 68 years
    const int64_t now = environment_.runtime.loop.wall_clock_ms() / 1000 - kYear2026;
    coordinator_epoch_ =
        static_cast<int32_t>(std::max<int64_t>(now, int64_t{coordinator_epoch_} + 1));
    return coordinator_epoch_;
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
    TimePoint starts_due = loop.now() + kTargetStartsPause;
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kFollowPause, stop);
        co_await follow_partitions();
        const auto checked = co_await store_.check_ends(stop);
        if (checked.has_error() && !stop.stop_requested()) {
            log::debug("link {}: {}", spec_.name, checked.error().message());
        }
        save_target_runs();
        co_await read_paused_ends();
        co_await look_at_waiting();
        co_await look_for_mirrors();
        if (loop.now() >= starts_due) {
            co_await read_target_starts();
            starts_due = loop.now() + kTargetStartsPause;
        }
    }
}

Task<void> Link::follow_partitions() {
    std::vector<TopicPartition> due;
    for (const auto& [id, partition] : partitions_) {
        if (partition->log_start_to_follow() || partition->wants_producer()) {
            due.push_back(id);
        }
    }
    for (const TopicPartition& id : due) {
        const auto found = partitions_.find(id);
        if (found == partitions_.end()) {
            continue;  // its copy was deleted meanwhile
        }
        PartitionReplicator& partition = *found->second;
        if (partition.log_start_to_follow()) {
            co_await follow_log_start(partition);
        }
        if (partition.wants_producer()) {
            co_await name_open_transaction(partition);
        }
    }
}

/// What retention, or someone, deletes at the source is deleted on the target too: both logs start
/// at the same offset, where the target's own retention has not got there before.
Task<void> Link::follow_log_start(PartitionReplicator& partition) {
    const auto leader = target_.metadata().leader_of(partition.target_id());
    const auto start = partition.log_start_to_follow();
    if (mutated(Mutation::log_start_not_followed) || !start || !leader || tasks_.stop_requested()) {
        co_return;
    }
    const client::LogPlace place{leader->leader, partition.target_id(), *start};
    const auto deleted = co_await client::delete_records(target_, place, tasks_.stop_token());
    partition.on_target_log_start(*start);
    if (deleted.has_error() && !tasks_.stop_requested()) {
        log::warn("link {}: {}", spec_.name, deleted.error().message());
    }
}

/// What waits without having been fetched (it is paused, blocked or held back) is looked at, to
/// tell how old it is: a batch of each partition, once, as what waits does not change.
Task<void> Link::look_at_waiting() {
    std::vector<TopicPartition> waiting;
    for (const auto& [id, partition] : partitions_) {
        if (partition->wants_waiting_time()) {
            waiting.push_back(id);
        }
    }
    for (const TopicPartition& id : waiting) {
        const auto found = partitions_.find(id);
        const auto leader = source_.metadata().leader_of(id);
        if (found == partitions_.end() || !found->second->wants_waiting_time() || !leader ||
            tasks_.stop_requested()) {
            continue;
        }
        PartitionReplicator& partition = *found->second;
        const Offset next = *partition.status().next_offset;
        client::LogPlace place{leader->leader, id, next};
        auto read = co_await client::read_batch_at(source_, std::move(place), tasks_.stop_token());
        if (read.has_error()) {
            if (read.error().code.category() != protocol::kafka_category()) {
                co_return;  // the cluster is away: the others would wait for it, too
            }
            continue;
        }
        ByteView records = read->view();
        const auto batch = protocol::next_batch(records);
        if (batch.has_value() && *batch) {
            partition.on_waiting(next, **batch);
        }
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
    const std::stop_token stop = tasks_.stop_token();
    auto probed = co_await replication::probe_markers(target_, stop);
    while (probed.has_error() && !stop.stop_requested()) {
        co_await runtime::sleep_for(environment_.runtime.loop, kProbePause, stop);
        auto again = co_await replication::probe_markers(target_, stop);
        probed = std::move(again);
    }
    if (stop.stop_requested()) {
        co_return;
    }
    if (!probed->empty()) {
        marker_problem_ = std::move(*probed);
        log::warn(
            "link {}: {} takes no transaction markers from Lockstep ({}): {}; the right "
            "CLUSTER_ACTION (from Kafka 3.8 on also ALTER) on that cluster is needed",
            spec_.name, spec_.target, marker_problem_,
            spec_.offsets == OffsetsMode::automatic
                ? "offsets are not kept"
                : "partitions with transactions or compaction will be blocked at their first gap");
    }
    are_markers_probed_ = true;
    want_position();
}

}  // namespace lockstep::replication
