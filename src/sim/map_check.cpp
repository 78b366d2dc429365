#include "sim/map_check.h"

#include "protocol/records.h"
#include "replication/offsets_store.h"
#include "sim/checkers.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace lockstep::sim {

using protocol::RecordBatchView;
using protocol::RecordReader;
using replication::ChunkKey;
using replication::MapSide;
using replication::OffsetsStore;
using replication::Ordinal;
using replication::RunList;
using replication::StoredChunk;
using replication::StreamMap;

namespace {

void take(StreamMap& map, const ChunkKey& at, const StoredChunk& chunk) {
    if (!chunk.target_topic_id.is_zero()) {
        const Uuid former = std::exchange(map.target_topic_id, chunk.target_topic_id);
        if (!former.is_zero() && former != chunk.target_topic_id) {
            map = {};  // of a topic that was deleted
            map.target_topic_id = chunk.target_topic_id;
        }
    }
    RunList& side = at.side == MapSide::source ? map.source : map.target;
    side.put_chunk(at.chunk, chunk.runs);
    map.next = std::max(map.next, chunk.next);
    if (at.side == MapSide::target) {
        map.placed = chunk.next;
    }
}

void read(StoredMaps& maps, const RecordBatchView& batch) {
    auto reader = RecordReader::open(batch);
    while (reader.has_value()) {
        const auto next = reader->next();
        if (next.has_error() || !next->has_value()) {
            return;
        }
        const protocol::Record& record = **next;
        const auto key = ChunkKey::parse(as_text(record.key.value_or(ByteView{})));
        if (key.has_error() || !record.value) {
            continue;  // what is forgotten is before the starts of both logs
        }
        if (const auto chunk = StoredChunk::decode(*record.value); chunk.has_value()) {
            take(maps[key->stream], *key, *chunk);
        }
    }
}

/// The number of a record in its stream: the sequences of a run do not come round to 0 again.
Ordinal number_of(const RecordBatchView& batch, int32_t delta) {
    return Ordinal(int64_t{batch.base_sequence().value()} + delta);
}

std::string place(std::optional<Offset> offset) {
    return offset ? fmt::format("{}", offset->value()) : "nowhere";
}

std::unordered_map<std::string_view, int64_t> true_places(const TruePartition& truth) {
    std::unordered_map<std::string_view, int64_t> places;
    for (const auto& [offset, record] : truth.records) {
        places[record.value] = offset;
    }
    for (const GoneRecord& gone : truth.gone) {
        places[gone.record.value] = gone.offset;
    }
    return places;
}

}  // namespace

StoredMaps stored_maps(const sandbox::Cluster& target) {
    StoredMaps maps;
    for (int32_t index = 0; index < OffsetsStore::kPartitions; ++index) {
        const auto partition = target.find_partition(OffsetsStore::kTopic, index);
        if (!partition) {
            continue;
        }
        partition->log.segments().for_each(partition->log.start_offset(),
                                           [&maps](const auto&, const RecordBatchView& batch) {
                                               if (!batch.is_control()) {
                                                   read(maps, batch);
                                               }
                                               return true;
                                           });
    }
    return maps;
}

MapCheck::MapCheck(const StoredMaps& maps, const TopicPartition& partition) {
    for (const auto& [key, map] : maps) {
        if (key.partition == partition) {
            streams_[replication::stream_id(key)] = {ChunkKey{key, MapSide::source, 0}.to_string(),
                                                     &map};
        }
    }
}

std::vector<std::string> MapCheck::problems(const sandbox::PartitionLog& copy,
                                            const TruePartition& truth) const {
    std::vector<std::string> problems;
    const auto places = true_places(truth);
    copy.segments().for_each(copy.start_offset(), [&](const auto&, const RecordBatchView& batch) {
        const auto stream = streams_.find(batch.producer_id());
        if (batch.is_control() || stream == streams_.end()) {
            return true;
        }
        const auto& [name, map] = stream->second;
        auto reader = RecordReader::open(batch);
        while (reader.has_value()) {
            const auto next = reader->next();
            if (next.has_error() || !next->has_value()) {
                break;
            }
            const SeenRecord seen = seen_record(*reader, **next);
            const Ordinal number = number_of(batch, (*next)->offset_delta);
            const auto written = places.find(seen.value);
            const auto source = map->source.offset_of(number);
            const auto target = number < map->placed ? map->target.offset_of(number) : std::nullopt;
            // Nobody cares any more for the last ones of a topic that was deleted.
            const bool is_asked_for = target || !truth.was_recreated;
            const auto say = [&](std::string_view side, std::optional<Offset> there) {
                problems.push_back(
                    fmt::format("map exact: record {} of {} (\"{}\" at {}) is at "
                                "{} {} by the map",
                                number.value(), name, seen.value, seen.offset, place(there), side));
            };
            if (written != places.end() && source != Offset(written->second)) {
                say("at the source", source);
            }
            if (is_asked_for && target != Offset(seen.offset)) {
                say("on the target", target);
            }
        }
        return true;
    });
    return problems;
}

}  // namespace lockstep::sim
