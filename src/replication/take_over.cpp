#include "replication/take_over.h"

#include "base/assert.h"
#include "base/log.h"
#include "client/groups.h"
#include "protocol/kafka_error.h"
#include "protocol/record_batch.h"
#include "replication/audit_log.h"
#include "replication/carried_origins.h"
#include "replication/discovery.h"
#include "replication/log_cursor.h"
#include "replication/log_reader.h"
#include "replication/mirror_alignment.h"
#include "replication/offsets_store.h"
#include "replication/record_hash.h"
#include "replication/returned_mirror.h"
#include "replication/stream_search.h"
#include "replication/topic_cleanup.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>

namespace lockstep::replication {

using client::Cluster;
using runtime::Task;

namespace {

constexpr auto kPatience = std::chrono::seconds(90);  // brokers keep the dead for a minute
constexpr auto kAuditPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::seconds(1);
/// Of the target's log, at first; four times as many each time that this is not enough.
constexpr int64_t kFirstWindow = 20'000;
constexpr int64_t kMostRecords = 8'000'000;  // of each log: some 100 bytes each
constexpr int64_t kBeforeNoted = 1000;
constexpr int16_t kUsualReplicas = 3;

/// A part of a log.
struct LogPart {
    client::LogPlace from;
    Offset end;
};

/// Whether it wants more; the batch at hand is always visited whole.
using RecordVisitor = std::function<bool(const SeenRecord& record)>;

Task<Result<void>> visit_records(LogCursor& cursor, RecordVisitor visitor, std::stop_token stop) {
    bool goes_on = true;
    while (goes_on) {
        auto loaded = co_await cursor.load(stop);
        LS_CO_TRY(has_batch, std::move(loaded));
        if (!has_batch) {
            co_return Result<void>();
        }
        while (true) {
            LS_CO_TRY(has_record, cursor.unpack());
            if (!has_record) {
                break;
            }
            goes_on = visitor(cursor.record());
            cursor.skip_record();
        }
    }
    co_return Result<void>();
}

/// One call of take_over().
class TakingOver {
public:
    TakingOver(runtime::Runtime& runtime, TakeOverRequest request, TakenLink& result)
        : loop_(runtime.loop),
          request_(std::move(request)),
          result_(result),
          source_(runtime, cluster_named(request_.clusters, request_.link.source), {}),
          target_(runtime, cluster_named(request_.clusters, request_.link.target), {}),
          producer_(target_),
          store_(target_, producer_) {}

    Task<void> run(std::stop_token stop) {
        auto taken = co_await take_all(stop);
        if (taken.has_error()) {
            result_.problem = taken.error().message();
        }
        co_await write_audit();
        co_await producer_.drain(loop_.now() + kPatience);
        producer_.request_stop();
        co_await source_.close();
        co_await target_.close();
        co_await producer_.join();
    }

private:
    Task<Result<void>> take_all(std::stop_token stop) {
        auto filter = TopicFilter::make(request_.link.topics, request_.link.exclude);
        LS_ASSERT(filter.has_value());
        Discovery discovery(source_, target_, request_.link, std::move(*filter));
        auto looked = co_await discovery.look_only(stop);
        LS_CO_TRY(topics, std::move(looked));
        const auto name_problems = discovery.look_at_names(topics);
        LS_CO_CHECK(co_await wait_for_end(stop));
        LS_CO_CHECK(co_await read_notes(stop));
        LS_CO_CHECK(co_await prepare_store(stop));
        for (const client::TopicMetadata& topic : topics) {
            if (const auto found = name_problems.find(topic.name); found != name_problems.end()) {
                result_.left_out.emplace(topic.name, found->second);
                continue;
            }
            for (size_t i = 0; i < topic.partitions.size(); ++i) {
                const TopicPartition id{topic.name, PartitionIndex(static_cast<int32_t>(i))};
                const TopicPartition there = request_.link.names.on_target(id);
                const auto* copy = target_.metadata().find_topic(there.topic);
                if (copy == nullptr || i >= copy->partitions.size()) {
                    continue;  // it was never mirrored
                }
                TakenPartition partition;
                partition.source = id;
                partition.target = there;
                partition.noted = noted_of(id);
                auto taken = co_await take(partition, topic.id, stop);
                if (taken.has_error()) {
                    partition.problem = taken.error().message();
                }
                request_.told(partition);
                result_.partitions.push_back(std::move(partition));
            }
        }
        co_return Result<void>();
    }

    /// Where it cannot be written, all is taken over all the same.
    Task<void> write_audit() {
        const auto count = std::ranges::count_if(
            result_.partitions, [](const TakenPartition& one) { return one.next.has_value(); });
        if (count == 0 || !request_.audit) {
            co_return;
        }
        AuditLog audit(target_);
        runtime::TaskGroup tasks(loop_);
        tasks.spawn("audit", audit.run(tasks.stop_token()));
        AuditText text = request_.audit(static_cast<size_t>(count));
        audit.add(std::move(text.key), std::move(text.value));
        co_await audit.drain(loop_.now() + kAuditPatience);
        tasks.request_stop();
        co_await tasks.join();
    }

    /// Whoever is killed seems to be there until its session has timed out.
    Task<Result<void>> wait_for_end(std::stop_token stop) {
        const auto deadline = loop_.now() + kPatience;
        while (true) {
            auto listed = co_await client::list_groups(target_, stop);
            LS_CO_TRY(groups, std::move(listed));
            const auto group = groups.find(request_.group);
            if (group == groups.end() || !group->second.is_active()) {
                co_return Result<void>();
            }
            if (loop_.now() >= deadline || stop.stop_requested()) {
                co_return Error(Errc::timeout,
                                fmt::format("the mirror is still running: group {} on {} has "
                                            "members; stop it first",
                                            request_.group, target_.name()));
            }
            co_await runtime::sleep_for(loop_, kPause, stop);
        }
    }

    Task<Result<void>> read_notes(std::stop_token stop) {
        LS_CO_CHECK(co_await target_.refresh_metadata(nullptr, stop));
        const auto* topic = target_.metadata().find_topic(request_.notes);
        const size_t partitions = topic == nullptr ? 0 : topic->partitions.size();
        for (size_t i = 0; i < partitions; ++i) {
            const TopicPartition id{request_.notes, PartitionIndex(static_cast<int32_t>(i))};
            LS_CO_CHECK(co_await read_notes_of(id, stop));
        }
        co_return Result<void>();
    }

    Task<Result<void>> read_notes_of(TopicPartition id, std::stop_token stop) {
        auto found = co_await whole_log(target_, id, stop);
        LS_CO_TRY(part, std::move(found));
        LogCursor cursor(target_, part.from, part.end);
        RecordVisitor take_note = [this](const SeenRecord& seen) {
            const protocol::Record& record = seen.content;
            const auto noted = record.key ? request_.read(*record.key, record.value)
                                          : std::optional<NotedOffset>();
            if (noted) {
                noted_[noted->source] = noted->last;
            }
            return true;
        };
        auto visited = co_await visit_records(cursor, std::move(take_note), stop);
        co_return visited;
    }

    std::optional<Offset> noted_of(const TopicPartition& id) const {
        const auto found = noted_.find(id);
        return found == noted_.end() ? std::nullopt : found->second;
    }

    static Task<Result<LogPart>> whole_log(Cluster& cluster, TopicPartition id,
                                           std::stop_token stop) {
        const auto leader = cluster.metadata().leader_of(id);
        if (!leader) {
            co_return Error(make_error_code(protocol::KafkaError::leader_not_available),
                            fmt::format("{} has no leader on {}", id.to_string(), cluster.name()));
        }
        const std::vector<TopicPartition> ids{id};
        const LogEnds ends = co_await read_ends(cluster, leader->leader, ids, stop);
        const auto range = ends.ranges.find(id);
        if (range == ends.ranges.end()) {
            co_return Error(ends.errors.at(id));
        }
        co_return LogPart{{leader->leader, id, range->second.start}, range->second.end};
    }

    Task<Result<void>> prepare_store(std::stop_token stop) {
        if (!store_.is_there()) {
            const auto brokers = static_cast<int16_t>(target_.metadata().brokers().size());
            const int16_t wanted = request_.link.replication_factor.value_or(kUsualReplicas);
            std::vector<client::NewTopic> topics{OffsetsStore::topic(std::min(brokers, wanted))};
            auto created = co_await client::create_topics(target_, std::move(topics), stop);
            LS_CO_TRY(outcomes, std::move(created));
            if (const Error& problem = outcomes[OffsetsStore::kTopic]; problem.code) {
                co_return Error(problem);
            }
        }
        const auto deadline = loop_.now() + kPatience;
        while (!store_.is_there() || !is_led(OffsetsStore::kTopic)) {
            if (loop_.now() >= deadline || stop.stop_requested()) {
                co_return Error(Errc::timeout, fmt::format("topic {} is not there yet on {}",
                                                           OffsetsStore::kTopic, target_.name()));
            }
            co_await runtime::sleep_for(loop_, kPause, stop);
            LS_CO_CHECK(co_await target_.refresh_metadata(nullptr, stop));
        }
        auto read = co_await store_.catch_up_all(stop);
        co_return read;
    }

    bool is_led(const std::string& topic) const {
        const auto* metadata = target_.metadata().find_topic(topic);
        return std::ranges::all_of(metadata->partitions, [](const client::PartitionLeader& one) {
            return one.leader != kNoBroker;
        });
    }

    Task<Result<void>> take(TakenPartition& partition, Uuid topic_id, std::stop_token stop) {
        const StreamKey key = stream_key(
            {source_.metadata().cluster_id(), topic_id, partition.source}, request_.link.names);
        const auto deadline = loop_.now() + kPatience;
        const std::vector<std::string> names{partition.target.topic};
        while (true) {
            LS_CO_CHECK(co_await target_.refresh_metadata(&names, stop));
            auto at_target = co_await whole_log(target_, partition.target, stop);
            LS_CO_TRY(copy, std::move(at_target));
            auto looked = co_await look_at_taken(key, copy, partition, stop);
            LS_CO_TRY(taken, std::move(looked));
            if (taken.is_done) {
                partition.was_taken = partition.problem.empty();
                co_return Result<void>();
            }
            own_ = stream_id(key);
            auto found = co_await find_end(partition, copy, stop);
            LS_CO_TRY(end, std::move(found));
            auto again = co_await whole_log(target_, partition.target, stop);
            LS_CO_TRY(copy_again, std::move(again));
            if (copy_again.end == copy.end) {
                const Place place{key, taken, copy.end};
                auto stored = co_await settle(place, std::move(end), partition, stop);
                co_return stored;
            }
            // A transaction that was open has been aborted meanwhile, or the mirror still runs.
            if (loop_.now() >= deadline || stop.stop_requested()) {
                co_return Error(Errc::timeout, fmt::format("{} is being written to: the mirror is "
                                                           "still running, stop it first",
                                                           partition.target.to_string()));
            }
        }
    }

    /// What the link itself has of a partition.
    struct Taken {
        bool is_done = false;  // it is its already; a problem, where others have written, too
        Ordinal first{0};      // the number of the next record that it copies
        std::optional<Offset> least;  // all that the source has before that is in the copy
    };

    /// Where the mirror has written behind what was taken over before, that is done once more.
    Task<Result<Taken>> look_at_taken(StreamKey key, LogPart copy, TakenPartition& partition,
                                      std::stop_token stop) {
        Taken taken;
        if (!store_.has_any_of(key)) {
            co_return taken;
        }
        store_.set_target_topic(key, target_.metadata().find_topic(key.partition.topic)->id);
        StreamMap& map = store_.map_of(key);
        const bool has_records = map.next.value() > 0;
        if (has_records) {
            StreamSearch search;
            search.log_start = copy.from;
            search.log_end = copy.end;
            search.id = stream_id(key);
            LS_CO_CHECK(co_await find_stream(target_, search, map, stop));
        }
        const auto place = map.target.offset_of(map.placed);
        if (map.next.value() == 0 || map.is_just_taken_over()) {
            taken.is_done = place == copy.end;
        } else {
            auto looked = co_await find_mirrored_in(copy, map, partition, stop);
            LS_CO_TRY(at, std::move(looked));
            taken.is_done = !at || !map.is_behind_mirror;
            if (at && !map.is_behind_mirror) {
                partition.problem = fmt::format(
                    "Lockstep has copied it from the start, and somebody else does, too, first at "
                    "offset {} of the copy. Delete the copy to have all of it copied anew",
                    at->value());
            }
        }
        if (!taken.is_done && map.next.value() > 0) {
            taken.first = map.next;
            const auto last = map.source.offset_of(map.next - 1);
            taken.least = last ? std::optional(*last + 1) : map.source.offset_of(map.next);
        }
        co_return taken;
    }

    Task<Result<std::optional<Offset>>> find_mirrored_in(LogPart copy, const StreamMap& map,
                                                         const TakenPartition& partition,
                                                         std::stop_token stop) {
        auto at_source = co_await whole_log(source_, partition.source, stop);
        LS_CO_TRY(source, std::move(at_source));
        const auto& runs = map.target.runs();
        const Offset begin = runs.empty() ? copy.from.offset : runs.front().offset;
        MirrorSearch search{source.from, copy.from,
                            gaps_between_own(map, {begin, copy.end}, kMostGaps)};
        auto found = co_await find_mirrored(source_, target_, std::move(search), stop);
        co_return found;
    }

    /// Where a link is to go on.
    struct Place {
        StreamKey key;
        Taken taken;
        Offset target_end;
    };

    Task<Result<void>> settle(Place place, MirrorEnd end, TakenPartition& partition,
                              std::stop_token stop) {
        partition.problem = end.problem;
        if (end.next > place.taken.least) {
            partition.may_lack_from = end.may_lack_from;
        }
        const auto next = std::max(end.next, place.taken.least);
        if (!end.problem.empty() || !next) {
            co_return Result<void>();
        }
        LS_CO_CHECK(co_await store(std::move(place), *next, stop));
        partition.next = next;
        co_return Result<void>();
    }

    /// As if the link had been there and copied no more so far: its next record comes from `next`.
    Task<Result<void>> store(Place place, Offset next, std::stop_token stop) {
        const StreamKey& key = place.key;
        store_.set_target_topic(key, target_.metadata().find_topic(key.partition.topic)->id);
        StreamMap& map = store_.map_of(key);
        if (place.taken.first.value() == 0) {
            map.form = form_of(std::nullopt, request_.link);
        }
        map.is_behind_mirror = true;
        const OffsetsStore::Begin begin{next, place.target_end, place.taken.first};
        auto stored = co_await store_.store_begin(key, stream_id(key), begin, stop);
        co_return stored;
    }

    /// With ever more of the target's log, until a record is found that the mirror has noted.
    Task<Result<MirrorEnd>> find_end(TakenPartition& partition, LogPart copy,
                                     std::stop_token stop) {
        auto at_source = co_await whole_log(source_, partition.source, stop);
        LS_CO_TRY(source, std::move(at_source));
        auto described = co_await is_compacted(source_, partition.source.topic, stop);
        const bool may_lack_any = described.has_value() && *described;
        auto stamped = co_await stamps_time(partition.target.topic, stop);
        LS_CO_TRY(stamps, std::move(stamped));
        ignores_times_ = stamps;
        // Of a topic that was there before under the same name: the mirror would begin anew.
        if (partition.noted && *partition.noted >= source.end) {
            partition.noted.reset();
        }
        const auto noted = partition.noted;
        const Offset source_start = source.from.offset;
        if (noted) {
            const Offset before(std::max<int64_t>(0, noted->value() - kBeforeNoted));
            source.from.offset = std::max(source.from.offset, before);
        }
        int64_t window = noted ? kFirstWindow : kMostRecords;
        while (true) {
            MirrorLogs logs;
            logs.noted = noted;
            logs.has_lost_records = copy.from.offset.value() > 0;
            logs.is_compacted = may_lack_any;
            logs.source_start = source_start;
            logs.source_end = source.end;
            if (noted && source_start == source.end) {
                co_return find_mirror_end(logs);  // whatever the copy has
            }
            LogPart part = copy;
            part.from.offset = std::max(copy.from.offset, Offset(copy.end.value() - window));
            logs.is_whole_target = part.from.offset == copy.from.offset;
            auto mirrored = co_await read_mirrored(part, stop);
            LS_CO_TRY(records, std::move(mirrored));
            logs.target = std::move(records);
            if (logs.target.empty() && !logs.is_whole_target && window < kMostRecords) {
                window *= 4;
                continue;
            }
            const Wanted wanted{logs, may_lack_any};
            auto originals = co_await read_originals(source, wanted, stop);
            LS_CO_TRY(all, std::move(originals));
            logs.source = std::move(all);
            MirrorEnd end = find_mirror_end(logs);
            if (!end.needs_more) {
                co_return end;
            }
            if (window >= kMostRecords) {
                end.problem =
                    fmt::format("none of its last {} records is one that was noted", kMostRecords);
                co_return end;
            }
            window *= 4;
        }
    }

    /// Whether the copy gives records its own times: then these cannot be compared.
    Task<Result<bool>> stamps_time(std::string topic, std::stop_token stop) {
        std::vector<std::string> topics{topic};
        auto described = co_await client::describe_topics(target_, std::move(topics), stop);
        LS_CO_TRY(configs, std::move(described));
        const auto entries = configs.find(topic);
        if (entries == configs.end()) {
            co_return Error(make_error_code(protocol::KafkaError::topic_authorization_failed),
                            "the configs of " + topic + " on " + target_.name());
        }
        co_return std::ranges::any_of(entries->second, [](const client::ConfigEntry& entry) {
            return entry.name == "message.timestamp.type" && entry.value == "LogAppendTime";
        });
    }

    int64_t time_of(int64_t timestamp_ms) const { return ignores_times_ ? 0 : timestamp_ms; }

    /// What a consumer sees there, but for what the link has copied itself.
    Task<Result<std::vector<MirroredRecord>>> read_mirrored(LogPart part, std::stop_token stop) {
        const auto deadline = loop_.now() + kPatience;
        while (true) {
            std::vector<MirroredRecord> records;
            LogCursor cursor(target_, part.from, part.end);
            cursor.see({[own = own_](const protocol::RecordBatchView& batch) {
                            return batch.producer_id() != own;
                        },
                        [](Offset offset) { return offset; }});
            LS_CO_CHECK(
                co_await read_seen(cursor, std::numeric_limits<size_t>::max(), records, stop));
            if (cursor.has_reached_end()) {
                co_return records;
            }
            if (loop_.now() >= deadline || stop.stop_requested()) {
                co_return Error(Errc::timeout,
                                fmt::format("{} has a transaction that is still open, from "
                                            "before offset {}: run this again once it has ended",
                                            part.from.partition.to_string(), part.end.value()));
            }
            co_await runtime::sleep_for(loop_, kPause, stop);
        }
    }

    /// Until there are more than `most`, or no more.
    Task<Result<void>> read_seen(LogCursor& cursor, size_t most,
                                 std::vector<MirroredRecord>& records, std::stop_token stop) const {
        RecordVisitor add = [this, most, &records](const SeenRecord& seen) {
            records.push_back(
                {seen.offset.value(), hash_of(time_of(seen.timestamp_ms), seen.content)});
            return records.size() <= most;
        };
        auto visited = co_await visit_records(cursor, std::move(add), stop);
        co_return visited;
    }

    struct Wanted {
        const MirrorLogs& logs;
        bool may_lack_any;
    };

    /// All that is there, whatever becomes of its transaction: a mirror may not wait for that. As
    /// many as the mirror could have.
    Task<Result<std::vector<OriginalRecord>>> read_originals(LogPart part, Wanted wanted,
                                                             std::stop_token stop) {
        if (request_.is_read_committed) {
            auto committed = co_await read_committed(std::move(part), wanted, stop);
            co_return committed;
        }
        std::vector<OriginalRecord> records;
        const int64_t noted = wanted.logs.noted ? wanted.logs.noted->value() : -1;
        size_t certain = 0;  // behind what was noted, that the mirror cannot have left out
        client::LogPlace place = part.from;
        const BatchVisitor take = [&](const protocol::RecordBatchView& batch) -> Result<bool> {
            if (!batch.is_control() && batch.record_count() > 0) {
                const bool may_lack = wanted.may_lack_any || batch.is_transactional();
                const size_t before = records.size();
                LS_CHECK(add_records(batch, part.from.offset, may_lack, records));
                if (!may_lack && batch.last_offset().value() > noted) {
                    certain += records.size() - before;
                }
            }
            return true;
        };
        bool has_more = true;
        while (has_more && place.offset < part.end && certain <= wanted.logs.target.size() &&
               records.size() <= static_cast<size_t>(kMostRecords) && !stop.stop_requested()) {
            auto visited = co_await visit_batches(source_, place, take, stop);
            LS_CO_TRY(has_moved, std::move(visited));
            has_more = has_moved;
        }
        co_return records;
    }

    /// The same of a mirror that copies only what has been committed.
    Task<Result<std::vector<OriginalRecord>>> read_committed(LogPart part, Wanted wanted,
                                                             std::stop_token stop) {
        std::vector<MirroredRecord> seen;
        LogCursor cursor(source_, part.from, part.end);
        const auto most = static_cast<size_t>(kMostRecords);
        const size_t wanted_most = wanted.logs.target.size() + kBeforeNoted + 1;
        LS_CO_CHECK(co_await read_seen(
            cursor, wanted.may_lack_any ? most : std::min(most, wanted_most), seen, stop));
        std::vector<OriginalRecord> records;
        records.reserve(seen.size());
        for (const MirroredRecord& one : seen) {
            records.push_back({one.offset, one.hash, wanted.may_lack_any});
        }
        co_return records;
    }

    Result<void> add_records(const protocol::RecordBatchView& batch, Offset from,
                             bool may_be_left_out, std::vector<OriginalRecord>& records) const {
        if (!batch.verify_crc()) {
            return Error(Errc::checksum_mismatch, fmt::format("the source's batch at offset {}",
                                                              batch.base_offset().value()));
        }
        LS_TRY(reader, protocol::RecordReader::open(batch));
        while (true) {
            LS_TRY(record, reader.next());
            if (!record) {
                return {};
            }
            if (const Offset offset = reader.offset_of(*record); offset >= from) {
                const int64_t time_ms = time_of(reader.timestamp_of(*record));
                records.push_back({offset.value(), hash_of(time_ms, *record), may_be_left_out});
            }
        }
    }

    runtime::EventLoop& loop_;
    TakeOverRequest request_;
    TakenLink& result_;
    Cluster source_;
    Cluster target_;
    client::BatchProducer producer_;
    OffsetsStore store_;
    std::map<TopicPartition, std::optional<Offset>> noted_;
    bool ignores_times_ = false;  // of the partition that is being looked at
    ProducerId own_;              // the same: of the link's own records
};

}  // namespace

bool TakenLink::is_whole() const {
    return problem.empty() && std::ranges::all_of(partitions, &std::string::empty,
                                                  &TakenPartition::problem);
}

Task<TakenLink> take_over(runtime::Runtime& runtime, TakeOverRequest request,
                          std::stop_token stop) {
    TakenLink result;
    co_await TakingOver(runtime, std::move(request), result).run(stop);
    co_return result;
}

}  // namespace lockstep::replication
