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

Task<Result<void>> OffsetsStore::catch_up(StreamKey key, std::stop_token stop) {
    const auto go_by_them = [&] {
        for (Stream* stream : streams_of(key)) {
            stream->is_used = true;
        }
    };
    go_by_them();
    LS_CO_CHECK(co_await catch_up_partition(partition_of(key), key, stop));
    go_by_them();
    for (Stream* stream : streams_of(key)) {
        stream->is_outdated = false;
    }
    co_return Result<void>();
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
    const Partition::Waiting waiting(partition, anew);
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
        partition.is_reading = true;
        const std::vector<Stream*> fresh = begin_anew(partition);
        auto done = co_await read_on(partition, stop);
        partition.is_reading = false;
        partition.changed.notify_all();
        for (Stream* stream : fresh) {
            if (done.has_error()) {
                stream->is_stale = true;  // it was not read to the end
                stream->is_fresh = false;
            } else if (!stream->is_stale) {
                stream->take_what_was_known();
            }
        }
        if (done.has_error() || !any_of_them(&Stream::is_stale)) {
            co_return done;
        }
    }
}

/// All at once that anybody waits for.
std::vector<OffsetsStore::Stream*> OffsetsStore::begin_anew(Partition& partition) {
    std::vector<Stream*> fresh;
    for (const StreamKey& key : partition.awaited) {
        for (Stream* stream : streams_of(key)) {
            if (stream->is_stale && !stream->is_writing) {
                stream->read_anew();
                fresh.push_back(stream);
            }
        }
    }
    if (!fresh.empty()) {
        partition.read_anew();
    }
    return fresh;
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

/// What its log had need not be in it any more. Who goes by a map that was in it begins anew.
void OffsetsStore::lose_end(Partition& partition) {
    log::warn("{} on {} is not as it was: reading the maps in it again", partition.id.to_string(),
              target_.name());
    ++losses_;
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
        auto asked = co_await client::end_of_epoch(target_, place, partition.end_epoch, stop);
        if (asked.has_error() && !asked.error().is(Errc::unsupported)) {
            co_return std::move(asked).error();
        }
        const auto there = asked.has_error() ? std::nullopt : *asked;
        if (begun == partition.begun && there && *there < place.offset) {
            auto looked = co_await still_has_end(partition, leader.leader, stop);
            LS_CO_TRY(has_end, std::move(looked));
            if (!has_end && begun == partition.begun) {
                lose_end(partition);
            }
        }
    }
    partition.leader_epoch = leader.epoch;
    co_return Result<void>();
}

/// What was written from here may be of a newer epoch than was known then.
Task<Result<bool>> OffsetsStore::still_has_end(Partition& partition, BrokerId leader,
                                               std::stop_token stop) {
    const Offset end = partition.end;
    client::LogPlace place{leader, partition.id, end - 1};
    auto read = co_await client::read_batch_at(target_, std::move(place), stop);
    if (read.has_error()) {
        const bool is_out = read.error().code == protocol::KafkaError::offset_out_of_range;
        co_return is_out ? Result<bool>(false) : Result<bool>(std::move(read).error());
    }
    ByteView bytes = read->view();
    LS_CO_TRY(batch, protocol::next_batch(bytes));
    if (!batch || batch->next_offset() != end) {
        co_return false;
    }
    const auto last = last_.find(batch->producer_id());
    if (last == last_.end() ||
        last->second != behind(batch->base_sequence(), batch->last_offset_delta())) {
        co_return false;
    }
    partition.note_end(end, batch->partition_leader_epoch());
    co_return true;
}

Task<Result<void>> OffsetsStore::check_ends(std::stop_token stop) {
    Result<void> outcome;
    for (const auto& partition : partitions_) {
        const auto leader = partition ? target_.metadata().leader_of(partition->id) : std::nullopt;
        if (leader) {
            auto checked = co_await check_end(*partition, *leader, stop);
            if (checked.has_error()) {
                outcome = std::move(checked);
            }
        }
    }
    co_return outcome;
}

/// Where the log has nothing at `next`.
Task<Result<void>> OffsetsStore::find_place(Partition& partition, BrokerId leader,
                                            std::stop_token stop) {
    const int begun = partition.begun;
    const std::vector<std::string> topics{kTopic};
    LS_CO_CHECK(co_await target_.refresh_metadata(&topics, stop));
    notice_other_topic();
    const std::vector<TopicPartition> ids{partition.id};
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
