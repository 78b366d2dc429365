#include "replication/offsets_store.h"

#include "base/log.h"
#include "base/mutation.h"
#include "protocol/kafka_error.h"
#include "protocol/record_batch_builder.h"
#include "replication/offsets_partition.h"
#include "replication/offsets_stream.h"
#include "replication/outgoing_stream.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::replication {

using runtime::Task;

OffsetsStore::OffsetsStore(client::Cluster& target, client::BatchProducer& producer)
    : target_(target), producer_(producer) {}

OffsetsStore::~OffsetsStore() = default;

client::NewTopic OffsetsStore::topic(int16_t replication_factor) {
    client::NewTopic topic;
    topic.name = kTopic;
    topic.partitions = kPartitions;
    topic.replication_factor = replication_factor;
    topic.configs = {{"cleanup.policy", "compact"},
                     {"compression.type", "producer"},
                     {"message.timestamp.type", "CreateTime"}};
    return topic;
}

bool OffsetsStore::has(const StreamKey& stream) const {
    const auto found = streams_.find(stream);
    return found != streams_.end() && found->second->is_stored;
}

void OffsetsStore::set_target_topic(const StreamKey& key, const Uuid& topic_id) {
    stream_of(key).be_in(topic_id);
}

StreamMap& OffsetsStore::map_of(const StreamKey& key) {
    Stream& stream = stream_of(key);
    stream.is_used = true;
    return stream.map;
}

OffsetsStore::Stream& OffsetsStore::stream_of(const StreamKey& key) {
    auto& stream = streams_[key];
    if (!stream) {
        stream = std::make_unique<Stream>(key);
    }
    return *stream;
}

OffsetsStore::Partition& OffsetsStore::partition_of(const StreamKey& key) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char byte : fmt::format("{}:{}:{}", key.source_cluster_id, key.partition.topic,
                                       key.partition.partition.value())) {
        hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3;
    }
    return partition_at(static_cast<int32_t>((hash >> 32) % kPartitions));
}

OffsetsStore::Partition& OffsetsStore::partition_at(int32_t index) {
    auto& partition = partitions_.at(static_cast<size_t>(index));
    if (!partition) {
        partition = std::make_unique<Partition>(target_, producer_, index);
    }
    return *partition;
}

bool OffsetsStore::is_outdated(const StreamKey& stream) const {
    const auto known = streams_.find(stream);
    return known != streams_.end() && known->second->is_outdated;
}

void OffsetsStore::add_source_runs(const StreamKey& key, ProducerId id, std::vector<OffsetRun> runs,
                                   Saved saved) {
    Stream& stream = stream_of(key);
    if (stream.is_stale) {
        saved(Error(Errc::timeout, fmt::format("topic {} on {} is not as it was: its maps are to "
                                               "be read again",
                                               kTopic, target_.name())));
        return;
    }
    if (stream.is_writing && !mutated(Mutation::map_writes_overlap)) {
        // Two at once could be taken in part: the second one although another worker has written
        // instead of the first.
        stream.waiting = [this, key, id, runs, saved](const Result<void>& outcome) {
            if (outcome.has_error()) {
                saved(outcome);
            } else {
                add_source_runs(key, id, runs, saved);
            }
        };
        return;
    }
    const RunList& known = stream.map.source;
    const size_t last = known.is_empty() ? 0 : known.chunks_end() - 1;
    const size_t first = stream.is_lost ? known.forgotten() / RunList::kChunk : last;
    RunList grown;
    for (size_t index = first; index <= last; ++index) {
        grown.put_chunk(index, known.chunk(index));
    }
    for (const OffsetRun& run : runs) {
        grown.add(run);
    }
    std::vector<Chunk> chunks;
    for (size_t index = first; index < grown.chunks_end(); ++index) {
        const auto part = grown.chunk(index);
        chunks.push_back(
            {ChunkKey{key, MapSide::source, index}, stream.chunk_of(MapSide::source, part)});
    }
    write(stream, id, chunks, [&stream, runs, saved](const Result<void>& outcome) {
        if (outcome.has_value()) {
            stream.is_lost = false;
            for (const OffsetRun& run : runs) {
                stream.map.source.add(run);
            }
        }
        saved(outcome);
    });
}

Task<Result<void>> OffsetsStore::store_source_runs(StreamKey key, ProducerId id,
                                                   std::vector<OffsetRun> runs,
                                                   std::stop_token stop) {
    std::function<void(Saved)> begin = [this, key, id, runs](Saved saved) {
        add_source_runs(key, id, runs, std::move(saved));
    };
    auto outcome = co_await saved_by(std::move(begin), stop);
    co_return outcome;
}

Task<Result<void>> OffsetsStore::store_begin(StreamKey key, ProducerId id, Begin place,
                                             std::stop_token stop) {
    Stream& stream = stream_of(key);
    LS_ASSERT(!stream.is_writing);
    std::function<void(Saved)> begin = [this, &stream, id, place](Saved saved) {
        stream.map.next = place.first;
        stream.map.placed = place.first;
        std::vector<Chunk> chunks;
        for (const auto& [side, first] :
             {std::pair{MapSide::source, place.source}, std::pair{MapSide::target, place.target}}) {
            const OffsetRun run{place.first, first};
            chunks.push_back({ChunkKey{stream.key, side, 0}, stream.chunk_of(side, {&run, 1})});
        }
        write(stream, id, chunks,
              [&stream, chunks, place, saved = std::move(saved)](const Result<void>& outcome) {
                  if (outcome.has_value()) {
                      stream.put(chunks[0].first, *chunks[0].second);
                      stream.put(chunks[1].first, *chunks[1].second);
                      stream.target_runs_stored = 1;
                      stream.next_stored = place.first;
                      stream.is_lost = false;
                  }
                  saved(outcome);
              });
    };
    auto outcome = co_await saved_by(std::move(begin), stop);
    co_return outcome;
}

/// For who waits until it is stored.
Task<Result<void>> OffsetsStore::saved_by(std::function<void(Saved)> begin, std::stop_token stop) {
    struct Outcome {
        explicit Outcome(runtime::EventLoop& loop) : told(loop) {}
        std::optional<Result<void>> saved;
        runtime::Signal told;
    };
    const auto outcome = std::make_shared<Outcome>(target_.runtime().loop);
    begin([outcome](const Result<void>& saved) {
        outcome->saved = saved;
        outcome->told.notify_all();
    });
    while (!outcome->saved && !stop.stop_requested()) {
        co_await outcome->told.wait(runtime::kNever, stop);
    }
    co_return outcome->saved.value_or(Error(Errc::stopped, "stopped"));
}

void OffsetsStore::save_target_runs(const StreamKey& key, ProducerId id) {
    notice_other_topic();
    Stream& stream = stream_of(key);
    if (stream.is_stale) {
        return;
    }
    if (stream.is_lost && !stream.is_writing && !stream.map.source.is_empty()) {
        add_source_runs(key, id, {}, [](const Result<void>&) {});
        return;  // the other side the next time
    }
    const RunList& runs = stream.map.target;
    const size_t count = runs.forgotten() + runs.runs().size();
    if (stream.is_writing || runs.is_empty() ||
        (count == stream.target_runs_stored && stream.map.placed == stream.next_stored)) {
        return;
    }
    const size_t first = stream.target_runs_stored == 0
                             ? runs.forgotten() / RunList::kChunk
                             : (stream.target_runs_stored - 1) / RunList::kChunk;
    std::vector<Chunk> chunks;
    for (size_t index = first; index < runs.chunks_end(); ++index) {
        const auto part = runs.chunk(index);
        chunks.push_back(
            {ChunkKey{key, MapSide::target, index}, stream.chunk_of(MapSide::target, part)});
    }
    const Ordinal next = stream.map.placed;
    write(stream, id, chunks, [&stream, count, next](const Result<void>& outcome) {
        if (outcome.has_value()) {
            stream.target_runs_stored = count;
            stream.next_stored = next;
        } else {
            log::debug("the map of {} is not stored: {}", stream.key.partition.to_string(),
                       outcome.error().message());
        }
    });
}

void OffsetsStore::on_target_cut(const StreamKey& key) {
    Stream& stream = stream_of(key);
    const RunList& runs = stream.map.target;
    stream.target_runs_stored =
        std::min(stream.target_runs_stored, runs.forgotten() + runs.runs().size());
}

void OffsetsStore::save_passed(const StreamKey& key, ProducerId id, Offset passed) {
    const Stream& stream = stream_of(key);
    if (!stream.is_writing && !stream.is_lost && !stream.is_stale) {
        add_source_runs(key, id, {{stream.map.next, passed}}, [](const Result<void>&) {});
    }
}

void OffsetsStore::forget_before(const StreamKey& key, ProducerId id, LogStarts starts) {
    Stream& stream = stream_of(key);
    if (stream.is_writing || stream.is_stale || !stream.is_stored) {
        return;
    }
    std::vector<Chunk> forgotten;
    for (const auto& [side, start] :
         {std::pair{MapSide::source, starts.source}, std::pair{MapSide::target, starts.target}}) {
        RunList& runs = side == MapSide::source ? stream.map.source : stream.map.target;
        const size_t before = runs.forgotten() / RunList::kChunk;
        runs.forget_before(start);
        for (size_t index = before; index < runs.forgotten() / RunList::kChunk; ++index) {
            forgotten.push_back({ChunkKey{key, side, index}, std::nullopt});
        }
    }
    if (!forgotten.empty()) {
        write(stream, id, forgotten, [](const Result<void>&) {});  // else the topic keeps them
    }
}

void OffsetsStore::write(Stream& stream, ProducerId id, const std::vector<Chunk>& chunks,
                         Saved saved) {
    const Sequence before = last_.contains(id) ? last_[id] : sequence_at(-1);
    const int64_t now = target_.runtime().loop.wall_clock_ms();
    protocol::RecordBatchBuilder builder({.producer_id = id,
                                          .producer_epoch = ProducerEpoch(0),
                                          .base_sequence = behind(before, 1)});
    for (const auto& [key, chunk] : chunks) {
        const std::string text = key.to_string();
        const Bytes value = chunk ? chunk->encode() : Bytes();
        builder.add(now, {.key = as_bytes(text),
                          .value = chunk ? std::optional(ByteView(value)) : std::nullopt});
    }
    auto built = builder.build();
    if (built.has_error()) {
        saved(built.error());
        return;
    }
    const Sequence last = behind(before, builder.record_count());
    stream.is_writing = stream.is_used = true;
    stream.written = chunks;
    partition_of(stream.key).ids.insert(id);
    const auto settle = [this, &stream, id, last,
                         saved = std::move(saved)](const Result<void>& outcome) {
        stream.is_writing = false;
        if (outcome.has_error()) {
            stream.take_what_was_read();
            stream.is_outdated =
                stream.is_outdated ||
                outcome.error().code == protocol::KafkaError::duplicate_sequence_number;
            if (outcome.error().code == protocol::KafkaError::out_of_order_sequence_number) {
                lose_end(partition_of(stream.key));  // or others have written, one by one
            }
        }
        stream.written.clear();
        stream.read_own.clear();
        if (outcome.has_value()) {
            stream.is_stored = true;
            if (!last_.contains(id) || is_behind(last, last_[id])) {
                last_[id] = last;  // unless it has been read already
            }
        }
        partition_of(stream.key).changed.notify_all();
        saved(outcome);
        if (const auto waiting = std::exchange(stream.waiting, nullptr)) {
            waiting(outcome);
        }
    };
    partition_of(stream.key).send(outgoing_batch(std::move(*built)), settle);
}

}  // namespace lockstep::replication
