// How OffsetsStore reads its topic, also where that is not as it was.

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "protocol/records.h"
#include "replication/log_reader.h"
#include "replication/offsets_partition.h"
#include "replication/offsets_store.h"
#include "replication/offsets_stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::replication {

using protocol::RecordBatchView;
using runtime::Task;

Task<Result<void>> OffsetsStore::catch_up(StreamKey stream, std::stop_token stop) {
    auto done = co_await catch_up_partition(partition_of(stream), stream, stop);
    if (const auto known = streams_.find(stream); done.has_value() && known != streams_.end()) {
        known->second->is_outdated = false;
    }
    co_return done;
}

Task<Result<void>> OffsetsStore::catch_up_all(std::stop_token stop) {
    for (int32_t index = 0; index < kPartitions; ++index) {
        LS_CO_CHECK(co_await catch_up_partition(partition_at(index), std::nullopt, stop));
    }
    co_return Result<void>();
}

Task<Result<void>> OffsetsStore::catch_up_partition(Partition& partition,
                                                    std::optional<StreamKey> anew,
                                                    std::stop_token stop) {
    const auto any_of_them = [&](bool Stream::*is_so) {
        return anew && std::ranges::any_of(streams_of(*anew), [is_so](const Stream* stream) {
                   return stream->is_stale && stream->*is_so;
               });
    };
    while (true) {
        while (partition.is_reading || any_of_them(&Stream::is_writing)) {
            co_await partition.changed.wait(runtime::kNever, stop);
            if (stop.stop_requested()) {
                co_return Error(Errc::stopped, "stopped");
            }
        }
        std::vector<Stream*> fresh;
        if (any_of_them(&Stream::is_stale)) {
            fresh = streams_of(*anew);
            for (Stream* stream : fresh) {
                stream->begin_anew();
                stream->is_fresh = true;
            }
            partition.read_anew();
        }
        partition.is_reading = true;
        auto done = co_await read_on(partition, stop);
        partition.is_reading = false;
        partition.changed.notify_all();
        for (Stream* stream : fresh) {
            stream->is_fresh = false;
        }
        if (done.has_error()) {
            for (Stream* stream : fresh) {
                stream->is_stale = true;  // it was not read to the end
            }
        }
        if (done.has_error() || !any_of_them(&Stream::is_stale)) {
            co_return done;
        }
    }
}

/// What is known here is all that is left of what was in it.
void OffsetsStore::notice_other_topic() {
    const auto* topic = target_.metadata().find_topic(kTopic);
    if (topic == nullptr || topic->id == topic_id_) {
        return;
    }
    if (!topic_id_.is_zero()) {
        log::warn("topic {} on {} is another one than before: storing the maps again", kTopic,
                  target_.name());
        last_.clear();
        for (const auto& partition : partitions_) {
            if (partition) {
                partition->begin_anew();
            }
        }
        for (const auto& [key, stream] : streams_) {
            stream->is_lost = true;
            stream->target_runs_stored = 0;
        }
    }
    topic_id_ = topic->id;
}

/// What its log had need not be in it any more. Who goes by a map that was in it begins anew, as
/// after a start: what the map has lost is told from the logs then.
void OffsetsStore::lose_end(Partition& partition) {
    log::warn("{} on {} is not as it was: reading the maps in it again", partition.id.to_string(),
              target_.name());
    partition.read_anew();
    for (const ProducerId id : std::exchange(partition.ids, {})) {
        last_.erase(id);
    }
    for (const auto& [key, stream] : streams_) {
        if (&partition_of(key) != &partition) {
            continue;
        }
        if (stream->is_used) {
            stream->is_stale = stream->is_outdated = true;
            stream->is_fresh = false;
        } else {
            stream->begin_anew();
        }
    }
}

/// Under a new leader: whether its log has what was there (KIP-101).
Task<Result<void>> OffsetsStore::check_end(Partition& partition, client::PartitionLeader leader,
                                           std::stop_token stop) {
    if (leader.epoch != partition.leader_epoch && partition.end_epoch != kNoLeaderEpoch) {
        const client::LogPlace place{leader.leader, partition.id, partition.end};
        const int begun = partition.begun;
        const Offset end = partition.end;
        auto asked = co_await client::end_of_epoch(target_, place, partition.end_epoch, stop);
        LS_CO_TRY(there, std::move(asked));
        if (begun == partition.begun && there && *there < end) {
            lose_end(partition);
        }
    }
    partition.leader_epoch = leader.epoch;
    co_return Result<void>();
}

Task<Result<void>> OffsetsStore::check_ends(std::stop_token stop) {
    for (const auto& partition : partitions_) {
        const auto leader = partition ? target_.metadata().leader_of(partition->id) : std::nullopt;
        if (leader) {
            LS_CO_CHECK(co_await check_end(*partition, *leader, stop));
        }
    }
    co_return Result<void>();
}

/// Where the log has nothing at `next`.
Task<Result<void>> OffsetsStore::find_place(Partition& partition, BrokerId leader,
                                            std::stop_token stop) {
    const std::vector<TopicPartition> ids{partition.id};
    const int begun = partition.begun;
    const LogEnds ends = co_await read_ends(target_, leader, ids, stop);
    const auto range = ends.ranges.find(partition.id);
    if (begun != partition.begun) {
        co_return Result<void>();
    }
    if (range == ends.ranges.end() || partition.next == range->second.start) {
        co_return Error(make_error_code(protocol::KafkaError::offset_out_of_range),
                        fmt::format("{} on {}", partition.id.to_string(), target_.name()));
    }
    if (partition.next > range->second.start) {
        lose_end(partition);
    }
    partition.next = range->second.start;
    co_return Result<void>();
}

Task<Result<void>> OffsetsStore::read_on(Partition& partition, std::stop_token stop) {
    notice_other_topic();
    while (true) {
        const auto leader = target_.metadata().leader_of(partition.id);
        if (!leader) {
            co_return Error(
                make_error_code(protocol::KafkaError::leader_not_available),
                fmt::format("{} has no leader on {}", partition.id.to_string(), target_.name()));
        }
        LS_CO_CHECK(co_await check_end(partition, *leader, stop));
        const int begun = partition.begun;
        const client::LogPlace place{leader->leader, partition.id, partition.next};
        const client::LogFetch how;
        auto fetched = co_await client::fetch_log(target_, place, how, stop);
        if (begun != partition.begun) {
            continue;
        }
        if (fetched.has_error() &&
            fetched.error().code == protocol::KafkaError::offset_out_of_range) {
            LS_CO_CHECK(co_await find_place(partition, leader->leader, stop));
            continue;
        }
        LS_CO_TRY(log, std::move(fetched));
        LS_CO_TRY(has_more, take_in(partition, log.records));
        if (!has_more) {
            co_return Result<void>();
        }
    }
}

/// Whether there was anything behind what is known.
Result<bool> OffsetsStore::take_in(Partition& partition, ByteView records) {
    bool has_more = false;
    while (true) {
        LS_TRY(batch, protocol::next_batch(records));
        if (!batch) {
            return has_more;
        }
        if (batch->next_offset() > partition.next) {
            has_more = true;
            partition.next = batch->next_offset();
            partition.note_end(partition.next, batch->partition_leader_epoch());
            partition.ids.insert(batch->producer_id());
            LS_CHECK(take_in(*batch));
        }
    }
}

/// What was written here is known already.
Result<void> OffsetsStore::take_in(const RecordBatchView& batch) {
    if (batch.is_control()) {
        return {};
    }
    const auto known = last_.find(batch.producer_id());
    const auto is_known = [&](Sequence sequence) {
        return known != last_.end() && !is_behind(sequence, known->second);
    };
    const Sequence last = behind(batch.base_sequence(), batch.last_offset_delta());
    LS_TRY(reader, protocol::RecordReader::open(batch));
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            break;
        }
        if (!record->key) {
            continue;
        }
        LS_TRY(key, ChunkKey::parse(as_text(*record->key)));
        Stream& stream = stream_of(key.stream);
        const bool was_seen = is_known(behind(batch.base_sequence(), record->offset_delta));
        if (stream.is_stale || (was_seen && !stream.is_fresh)) {
            continue;
        }
        stream.is_stored = true;
        if (record->value) {
            LS_TRY(chunk, StoredChunk::decode(*record->value));
            if (!stream.is_own(key, chunk)) {
                ++stream.map.changes;
                stream.put(key, chunk);
            }
        }
    }
    if (!is_known(last)) {
        last_[batch.producer_id()] = last;
    }
    return {};
}

}  // namespace lockstep::replication
