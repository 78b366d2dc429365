// Where the partitions of a link go on: what both clusters say, and what follows from it.

#include "base/log.h"
#include "base/mutation.h"
#include "model/tagged_producer_id.h"
#include "protocol/kafka_error.h"
#include "replication/carried_origins.h"
#include "replication/copy_start.h"
#include "replication/link.h"
#include "replication/log_reader.h"
#include "replication/map_alignment.h"
#include "replication/offsets_choice.h"
#include "replication/stream_problems.h"
#include "replication/stream_search.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::replication {

using runtime::Task;
using runtime::TimePoint;

namespace {

/// As one that was suspended does when it wakes up, with what it had under way.
Error another_has_written(const std::string& target) {
    return {make_error_code(protocol::KafkaError::duplicate_sequence_number),
            fmt::format("another worker has written to {} on {}", OffsetsStore::kTopic, target)};
}

}  // namespace

Task<void> Link::position_loop() {
    auto& loop = environment_.runtime.loop;
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        const TimePoint set_down = tell_what_is_set_down();
        if (may_position()) {
            position_due(loop.now());
        }
        const TimePoint due = may_position() ? next_position() : runtime::kNever;
        co_await position_wanted_.wait(std::min(set_down, due), stop);
    }
}

/// What the target allows decides whether offsets are kept, and its group coordinator, whether
/// others are there.
bool Link::may_position() const {
    const bool knows_target = spec_.offsets != OffsetsMode::automatic || are_markers_probed_;
    return knows_target && fleet_ && fleet_->is_decided();
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
    const auto* topic = source_.metadata().find_topic(id.topic);
    const bool is_other = topic != nullptr && topic->id != partition.source_topic_id() &&
                          !mutated(Mutation::recreated_unnoticed);
    if (is_other) {
        return Error(make_error_code(protocol::KafkaError::unknown_topic_id),
                     fmt::format("{} is another topic on {} now", id.topic, spec_.source));
    }
    const auto source = source_.metadata().leader_of(id);
    if (!source) {
        return Error(make_error_code(protocol::KafkaError::leader_not_available),
                     fmt::format("{} has no leader on {}", id.to_string(), spec_.source));
    }
    if (const auto problem = target_problems_.find(id.topic); problem != target_problems_.end()) {
        return Error(problem->second);
    }
    const TopicPartition& there = partition.target_id();
    const auto target = target_.metadata().leader_of(there);
    if (!target) {
        return Error(make_error_code(protocol::KafkaError::leader_not_available),
                     fmt::format("{} has no leader on {}", there.to_string(), spec_.target));
    }
    return PartitionReplicator::Leaders{
        *source, *target, target_.metadata().find_topic(there.topic)->id, {}};
}

Task<void> Link::position_group(std::vector<PartitionReplicator*> group,
                                PartitionReplicator::Leaders leaders) {
    const std::stop_token stop = tasks_.stop_token();
    std::vector<TopicPartition> ids;
    std::vector<TopicPartition> target_ids;
    for (const PartitionReplicator* partition : group) {
        ids.push_back(partition->id());
        target_ids.push_back(partition->target_id());
    }
    const auto postpone_all = [&group](const Error& error) {
        for (PartitionReplicator* partition : group) {
            partition->postpone(error);
        }
    };
    const auto way = co_await producer_.open(leaders.target.leader, stop);
    if (way.has_error()) {
        postpone_all(way.error());
        co_return;
    }
    // The target first: another worker may be copying meanwhile, and what it adds between the two
    // looks must not make the target seem to be ahead of the source.
    std::map<TopicPartition, std::optional<uint64_t>> turns;
    for (const TopicPartition& id : ids) {
        turns[id] = fleet_->turn_of(id);
    }
    const LogEnds at_target = co_await read_ends(target_, leaders.target.leader, target_ids, stop);
    const LogEnds at_source = co_await read_ends(source_, leaders.source.leader, ids, stop);
    const auto named = co_await look_at_names(leaders.source.leader, ids);
    if (named.has_error()) {
        postpone_all(named.error());
        co_return;
    }
    co_await learn_cleanups(group);
    for (PartitionReplicator* partition : group) {
        auto logs = logs_from(at_source, at_target, {partition->id(), partition->target_id()});
        if (logs.has_error()) {
            partition->postpone(logs.error());
        } else {
            logs->turn = turns[partition->id()];
            tasks_.spawn("position", position_one(*partition, *logs, *way));
        }
    }
}

/// Which topics have these names now, where records are fetched by name (before Kafka 3.1): the
/// logs that were looked at, and what is fetched, might be those of topics that were created since.
Task<Result<void>> Link::look_at_names(BrokerId leader, std::vector<TopicPartition> ids) {
    constexpr int16_t kFirstFetchVersionWithTopicIds = 13;
    const std::stop_token stop = tasks_.stop_token();
    auto connected = co_await source_.broker(leader, client::Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<protocol::FetchRequest>());
    if (version >= kFirstFetchVersionWithTopicIds) {
        co_return Result<void>();
    }
    std::set<std::string> names;
    for (const TopicPartition& id : ids) {
        names.insert(id.topic);
    }
    const std::vector<std::string> topics(names.begin(), names.end());
    auto refreshed = co_await source_.refresh_metadata(&topics, stop);
    co_return refreshed;
}

Task<void> Link::position_one(PartitionReplicator& partition, PartitionLogs logs,
                              client::BatchProducer::Way way) {
    const auto problem = environment_.routes == nullptr
                             ? std::string()
                             : environment_.routes->problem_of(spec_.name, partition.id().topic);
    if (!problem.empty()) {
        partition.block(problem);
        co_return;
    }
    auto begun = co_await begin(partition, logs, way);
    applied_.reset();  // its leaders may have moved meanwhile
    if (begun.has_error()) {
        partition.postpone(begun.error());
    }
}

Task<Result<void>> Link::begin(PartitionReplicator& partition, PartitionLogs logs,
                               client::BatchProducer::Way way) {
    const std::stop_token stop = tasks_.stop_token();
    LS_CO_TRY(leaders, leaders_of(partition));  // as they are now: a group may have waited for long
    if (leaders.target.leader != way.broker) {
        co_return Error(make_error_code(protocol::KafkaError::not_leader_or_follower),
                        fmt::format("{} has another leader on {} now, broker {}",
                                    partition.target_id().to_string(), spec_.target,
                                    leaders.target.leader.value()));
    }
    leaders.way = way;
    bool ends_there = false;
    if (logs.target_end.value() > 0) {
        const client::LogPlace end{leaders.target.leader, partition.target_id(), logs.target_end};
        auto tail = co_await read_target_tail(target_, end, partition.stream_id(), stop);
        LS_CO_TRY(found, std::move(tail));
        logs.target_tail = found.tail;
        ends_there = found.ends_there;
    }
    if (logs.target_end.value() > 0 && !ends_there && !mutated(Mutation::tail_of_other_time)) {
        // The tail was told later than the log's ends, maybe by another leader: all must be of one
        // time.
        const client::LogPlace log{leaders.target.leader, partition.target_id(), {}};
        LS_CO_CHECK(co_await check_ends(log, logs));
    }
    // After the log: the map is always ahead of what it says.
    const StreamKey key = key_of(partition);
    if (spec_.offsets != OffsetsMode::preserve && store_.is_there()) {
        LS_CO_CHECK(co_await store_.catch_up(key, stop));
    }
    if (is_start_open(logs, store_.has_any_of(key))) {
        LS_CO_CHECK(co_await apply_start(partition.id(), logs, leaders.source.leader));
    }
    const auto former = mutated(Mutation::former_topic_unnoticed)
                            ? std::nullopt
                            : store_.former_of(key, {leaders.target_topic_id, logs.target_end});
    bool is_others_copy = holds_others_copy(store_, logs, partition.stream_id());
    if (is_others_copy && spec_.offsets != OffsetsMode::preserve && store_.is_there()) {
        LS_CO_CHECK(co_await store_.catch_up_all(stop));
        is_others_copy = holds_others_copy(store_, logs, partition.stream_id());
    }
    const OffsetsFacts facts{spec_.offsets,          store_.has_any_of(key), marker_problem_,
                             spec_.max_filler_bytes, spec_.on_recreated,     former,
                             is_others_copy};
    const OffsetsChoice choice = choose_offsets(facts, logs, partition.resume_rules());
    if (tasks_.stop_requested()) {
        co_return Error(Errc::stopped, "stopped");
    }
    LS_CO_CHECK(co_await learn_cleanup(partition));
    co_await learn_batch_size(partition);
    const bool needs_turn =
        choice.kind == OffsetsChoice::Kind::translate ||
        (partition.may_be_compacted() && !mutated(Mutation::compaction_without_turn));
    partition.set_needs_turn(needs_turn);
    if (needs_turn && choice.kind != OffsetsChoice::Kind::neither) {
        LS_CO_CHECK(may_write_markers(partition.id(), logs.turn));
    }
    if (choice.kind == OffsetsChoice::Kind::neither) {
        partition.block(choice.why);
    } else if (choice.kind == OffsetsChoice::Kind::preserve) {
        LS_CO_CHECK(co_await begin_preserved(partition, logs, leaders));
    } else {
        partition.set_translated(choice.why);
        auto begun = co_await begin_translated(partition, logs, leaders);
        co_return begun;
    }
    co_return Result<void>();
}

/// Whether the target's log begins and ends where it did.
Task<Result<void>> Link::check_ends(client::LogPlace target, PartitionLogs logs) {
    const std::vector<TopicPartition> ids{target.partition};
    const LogEnds again = co_await read_ends(target_, target.leader, ids, tasks_.stop_token());
    const auto range = again.ranges.find(target.partition);
    if (range == again.ranges.end() || range->second.end != logs.target_end ||
        range->second.start != logs.target_start) {
        co_return Error(Errc::timeout, target.partition.to_string() + " has just been written to");
    }
    co_return Result<void>();
}

/// Of the markers that the target has: another worker's clock may be ahead of ours, or it has begun
/// more often than once a second.
Task<Result<void>> Link::learn_coordinator_epoch(PartitionReplicator& partition,
                                                 BrokerId target_leader) {
    auto described = co_await client::describe_producers(
        target_, target_leader, partition.target_id(), tasks_.stop_token());
    LS_CO_TRY(producers, std::move(described));
    for (const client::ProducerState& producer : producers) {
        if (origin_of(producer.id)) {
            coordinator_epoch_ = std::max(coordinator_epoch_, producer.coordinator_epoch);
        }
    }
    partition.unfence();
    co_return Result<void>();
}

Task<Result<void>> Link::begin_preserved(PartitionReplicator& partition, PartitionLogs logs,
                                         PartitionReplicator::Leaders leaders) {
    const auto same_offset = [this, leaders, id = partition.id(),
                              there = partition.target_id()](int64_t at) {
        return CopiedRecord{{leaders.source.leader, id, Offset(at)},
                            {leaders.target.leader, there, Offset(at)},
                            spec_.append_time};
    };
    const bool may_look = logs.target_tail && logs.target_end <= logs.source_end;
    const Offset first = std::max(logs.source_start, logs.target_start);
    const CopiedRecords copied{may_look ? first.value() : logs.target_end.value(),
                               logs.target_end.value() - 1, same_offset};
    auto looked = co_await find_truncation(partition, copied);
    LS_CO_TRY(truncation, std::move(looked));
    if (partition.is_fenced()) {
        LS_CO_CHECK(co_await learn_coordinator_epoch(partition, leaders.target.leader));
    }
    if (partition.needs_turn()) {
        // What another one has sent in its turn may have come only now, and no sequence would tell.
        const client::LogPlace log{leaders.target.leader, partition.target_id(), {}};
        LS_CO_CHECK(co_await check_ends(log, logs));
    }
    if (!truncation.empty()) {
        partition.block(truncation);
    } else if (!tasks_.stop_requested()) {
        partition.begin(logs, leaders);
    }
    co_return Result<void>();
}

/// Of a copy that has nothing yet: where it begins is its source's start.
Task<Result<void>> Link::apply_start(const TopicPartition& id, PartitionLogs& logs,
                                     BrokerId source_leader) {
    StartQuery query{source_leader, {id}, spec_.start};
    const RecordsOfTime found =
        co_await find_records_of_time(source_, std::move(query), tasks_.stop_token());
    co_return begin_late(spec_.start, id, found, logs);
}

/// What the source shows differently than it was copied, as after an unclean election; "" where
/// nothing tells so. The leader's epochs say it exactly, where the epoch of the last record is
/// known; else that record itself is held against the source's.
Task<Result<std::string>> Link::find_truncation(const PartitionReplicator& partition,
                                                CopiedRecords copied) {
    const std::stop_token stop = tasks_.stop_token();
    if (copied.last < copied.first || mutated(Mutation::truncation_unnoticed)) {
        co_return "";
    }
    const CopiedRecord last = copied.at(copied.last);
    const Offset next = last.source.offset + 1;
    std::optional<Offset> lost_from;
    if (const auto epoch = partition.copied_epochs().before(next)) {
        auto asked = co_await client::end_of_epoch(source_, last.source, *epoch, stop);
        if (asked.has_error() && !asked.error().is(Errc::unsupported)) {
            co_return std::move(asked).error();
        }
        // A leader that has lost records by itself may go on in the same epoch.
        const auto end = asked.has_error() ? std::nullopt : *asked;
        lost_from = end && *end < next ? end : std::nullopt;
    }
    if (!lost_from) {
        auto compared = co_await may_be_same(source_, target_, last, stop);
        LS_CO_TRY(is_same, std::move(compared));
        if (is_same) {
            co_return "";
        }
        auto searched = co_await first_difference(source_, target_, copied, stop);
        LS_CO_TRY(differs, std::move(searched));
        lost_from = copied.at(differs).source.offset;
    }
    co_return fmt::format(
        "the source has lost offsets [{}, {}) that were copied, and has other records there now: "
        "what the target has of them is all that is left of the old ones",
        lost_from->value(), next.value());
}

Task<Result<void>> Link::begin_translated(PartitionReplicator& partition, PartitionLogs logs,
                                          PartitionReplicator::Leaders leaders) {
    if (!store_.is_there()) {
        discovery_.want_offsets_topic();
        want_metadata();
        const auto problem = target_problems_.find(OffsetsStore::kTopic);
        co_return problem != target_problems_.end()
            ? Error(problem->second)
            : Error(make_error_code(protocol::KafkaError::leader_not_available),
                    fmt::format("topic {} is being created on {}", OffsetsStore::kTopic,
                                spec_.target));
    }
    LS_CO_TRY(carried, carried_by(spec_, cluster_ids_));
    const StreamKey own = key_of(partition);
    const OffsetsStore::TargetLog target_log{leaders.target_topic_id, logs.target_end};
    const auto form = store_.own_form(own, target_log);
    if ((spec_.origins || form == StreamForm::one_origin) && all_maps_read_at_ != store_.losses()) {
        LS_CO_CHECK(co_await store_.catch_up_all(tasks_.stop_token()));
        all_maps_read_at_ = store_.losses();
    }
    const auto changed = changed_form_problem(store_, own, target_log, spec_);
    if (!changed.empty()) {
        partition.block(changed);
        co_return Result<void>();
    }
    std::vector<TranslatedRecords> streams;
    for (size_t index = 0; index < carried.clusters.size(); ++index) {
        StreamKey key = key_of(partition);
        key.origin_cluster_id = carried.clusters[index];
        store_.set_target_topic(key, leaders.target_topic_id);
        StreamMap& map = store_.map_of(key);
        streams.push_back({std::move(key), &map});
        const StreamPlaces places{streams.back(), carried.origins, index, logs, leaders};
        auto learnt = co_await learn_stream(partition, places);
        LS_CO_TRY(problem, std::move(learnt));
        if (!problem.empty()) {
            partition.block(problem);
            co_return Result<void>();
        }
    }
    if (!tasks_.stop_requested()) {
        partition.begin_translated(logs, leaders, carried.origins, std::move(streams));
    }
    co_return Result<void>();
}

/// Sets the stream's map right, as the target's log has it. "", or why the partition must not be
/// copied.
Task<Result<std::string>> Link::learn_stream(PartitionReplicator& partition, StreamPlaces places) {
    StreamMap& map = *places.stream.map;
    PartitionLogs& logs = places.logs;
    StreamSearch search;
    search.log_start = {places.leaders.target.leader, partition.target_id(), logs.target_start};
    search.log_end = logs.target_end;
    search.id = stream_id(places.stream.key);
    search.tail = logs.target_tail;
    const auto found = co_await find_stream(target_, search, map, tasks_.stop_token());
    store_.on_target_cut(places.stream.key);
    LS_CO_CHECK(found);
    if (partition.is_compacted()) {
        LS_CO_CHECK(co_await check_nothing_above(target_, search, map, tasks_.stop_token()));
    }
    const bool has_records = map.next.value() > 0 && !map.is_just_taken_over();
    if (has_records && !map.source.offset_of(map.next - 1)) {
        auto told = co_await rebuild(partition, places);
        LS_CO_TRY(problem, std::move(told));
        if (!problem.empty()) {
            co_return fmt::format(
                "the map of its offsets is lost: topic {} on {} has no part of it, and it cannot "
                "be told from both logs again: {}",
                OffsetsStore::kTopic, spec_.target, problem);
        }
    }
    auto sought = co_await find_returned_mirror(partition.id(), map, logs.target_end);
    LS_CO_TRY(returned, std::move(sought));
    if (!returned.empty()) {
        co_return returned;
    }
    const bool is_new = map.next.value() == 0 && map.source.is_empty();
    const OffsetsStore::TargetLog target_log{places.leaders.target_topic_id, logs.target_end};
    auto doubled = changed_route_problem(store_, places.stream.key, target_log, spec_);
    if (is_new && !doubled.empty()) {
        co_return doubled;
    }
    LS_CO_CHECK(co_await note_form(places.stream, is_new));
    if (is_new && spec_.start.kind != StartRule::Kind::earliest) {
        LS_CO_CHECK(co_await apply_start(partition.id(), logs, places.leaders.source.leader));
        // Stored before anything is copied: the next worker must not begin later than this one.
        std::vector<OffsetRun> begin{{map.next, logs.source_start}};
        LS_CO_CHECK(co_await store_.store_source_runs(places.stream.key, search.id,
                                                      std::move(begin), tasks_.stop_token()));
    }
    const auto by_map = [this, id = partition.id(), there = partition.target_id(),
                         leaders = places.leaders, &map](int64_t number) {
        const Ordinal record(number);
        return CopiedRecord{
            {leaders.source.leader, id, map.source.offset_of(record).value_or(Offset(0))},
            {leaders.target.leader, there, map.target.offset_of(record).value_or(Offset(0))},
            spec_.append_time};
    };
    const Offset source_end = map.source.offset_of(map.next - 1).value_or(Offset(0)) + 1;
    const Ordinal first = std::max(map.source.first_at(logs.source_start).value_or(map.next),
                                   map.target.first_at(logs.target_start).value_or(map.next));
    const bool may_look = map.next.value() > 0 && source_end <= logs.source_end;
    const CopiedRecords copied{may_look ? first.value() : map.next.value(), map.next.value() - 1,
                               by_map};
    auto looked = co_await find_truncation(partition, copied);
    LS_CO_TRY(truncation, std::move(looked));
    if (copied.last < copied.first) {
        co_return truncation;
    }
    auto checked = co_await check_map(partition, places, std::move(truncation));
    co_return checked;
}

/// Stored before anything more is copied in that form; with the first records where there are none.
Task<Result<void>> Link::note_form(TranslatedRecords stream, bool is_new) {
    StreamMap& map = *stream.map;
    const StreamForm stored = map.form;
    const bool is_own = stream.key.origin_cluster_id.empty();
    const auto form = is_own ? form_of(is_new ? std::nullopt : std::optional(stored), spec_)
                             : StreamForm::one_origin;
    if (form == stored) {
        co_return Result<void>();
    }
    map.form = form;
    if (map.source.is_empty()) {
        co_return Result<void>();
    }
    auto noted = co_await store_.store_source_runs(stream.key, stream_id(stream.key), {},
                                                   tasks_.stop_token());
    if (noted.has_error()) {
        map.form = stored;
    }
    co_return noted;
}

StreamKey Link::key_of(const PartitionReplicator& partition) const {
    return stream_key(
        {source_.metadata().cluster_id(), partition.source_topic_id(), partition.id()},
        spec_.names);
}

void Link::save_runs(const StreamKey& stream, std::vector<OffsetRun> runs,
                     OffsetsStore::Saved saved) {
    store_.add_source_runs(stream, stream_id(stream), std::move(runs), std::move(saved));
}

/// The target's own retention moves its logs' starts: groups are not sent before them, and maps
/// say nothing of what neither log has.
Task<void> Link::read_target_starts() {
    std::map<BrokerId, std::vector<TopicPartition>> by_leader;
    std::map<TopicPartition, TopicPartition> at_source;
    for (const auto& [id, partition] : partitions_) {
        const auto leader = target_.metadata().leader_of(partition->target_id());
        if (leader && partition->is_streaming()) {
            by_leader[leader->leader].push_back(partition->target_id());
            at_source[partition->target_id()] = id;
        }
    }
    for (const auto& [leader, ids] : by_leader) {
        const LogEnds ends = co_await read_ends(target_, leader, ids, tasks_.stop_token());
        for (const auto& [id, range] : ends.ranges) {
            const auto found = partitions_.find(at_source[id]);
            if (found == partitions_.end()) {
                continue;
            }
            PartitionReplicator& partition = *found->second;
            if (!partition.is_streaming()) {
                continue;  // no more
            }
            partition.on_target_log_start(range.start);
            const PartitionStatus& status = partition.status();
            for (const TranslatedRecords& stream : partition.streams()) {
                store_.forget_before(stream.key, stream_id(stream.key),
                                     {*status.source_log_start, range.start});
            }
        }
    }
}

void Link::save_target_runs() {
    for (const auto& [id, partition] : partitions_) {
        if (!partition->status().is_translated || partition->is_elsewhere()) {
            continue;
        }
        if (!store_.is_there()) {
            discovery_.want_offsets_topic();  // somebody has deleted it
            want_metadata();
        } else {
            for (const TranslatedRecords& stream : partition->streams()) {
                store_.save_target_runs(stream.key, stream_id(stream.key));
                save_passed(*partition, stream);
                if (store_.is_outdated(stream.key)) {
                    partition->look_again(another_has_written(spec_.target));
                    break;  // its streams are others now
                }
            }
        }
    }
}

void Link::save_passed(const PartitionReplicator& partition, const TranslatedRecords& stream) {
    if (const auto passed = partition.passed_to(stream)) {
        store_.save_passed(stream.key, stream_id(stream.key), *passed);
    }
}

}  // namespace lockstep::replication
