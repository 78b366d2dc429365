#pragma once

// Of OffsetsStore alone.

#include "replication/map_alignment.h"
#include "replication/offsets_store.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace lockstep::replication {

/// Sequences wrap, so that only the distance tells.
inline bool is_behind(Sequence later, Sequence earlier) {
    const int64_t distance = (int64_t{later.value()} - earlier.value()) & 0x7fffffff;
    return distance > 0 && distance < int64_t{1} << 30;
}

inline Sequence behind(Sequence sequence, int64_t distance) {
    return sequence_at(int64_t{sequence.value()} + distance);
}

/// What is known of a stream's chunks.
struct OffsetsStore::Stream {
    explicit Stream(StreamKey key_) : key(std::move(key_)) {}

    StreamKey key;
    StreamMap map;
    bool is_stored = false;
    bool is_lost = false;  // the topic was deleted: all has to be stored again
    bool is_writing = false;
    bool is_outdated = false;  // another worker has written what has not been read
    bool is_used = false;      // somebody here goes by the map
    bool is_stale = false;     // the topic need not have all of it any more: it is to be read anew
    bool is_fresh = false;     // all of it is being read
    struct Former {
        StreamMap map;
        bool is_stored = false;
    };
    std::optional<Former> former;  // what was known before all is read
    std::vector<Chunk> written;    // by the write that is under way
    std::vector<size_t> read_own;  // which of these were read before the answer came
    /// What waits for the write that is under way: the next one goes on from its outcome.
    std::function<void(const Result<void>&)> waiting;
    size_t target_runs_stored = 0;  // of all there ever were
    Ordinal next_stored{0};

    /// All that the topic has of it is about to be read.
    void read_anew() {
        if (!former) {
            former = {map, is_stored};
        }
        begin_anew();
        is_fresh = true;
    }

    /// It was read: what was known goes on from there, or it is not what counts any more.
    void take_what_was_known() {
        is_fresh = false;
        Former known = std::move(*std::exchange(former, std::nullopt));
        if (!is_stored) {
            set_map(std::move(known.map));
            is_stored = known.is_stored;
            is_lost = !map.source.is_empty();
            return;
        }
        const auto missing = missing_runs(map.source, known.map.source.runs());
        if (missing && !missing->empty()) {
            for (const OffsetRun& run : *missing) {
                map.source.add(run);
            }
            is_lost = true;
        }
    }

    /// Nothing is known of it.
    void begin_anew() {
        set_map(StreamMap());
        ++map.changes;
        is_stored = is_lost = is_stale = false;
    }

    /// Nothing of the target's side has been stored of that one.
    void set_map(StreamMap other) {
        other.changes = map.changes;
        map = std::move(other);
        target_runs_stored = 0;
        next_stored = Ordinal(0);
    }

    /// The records are in that topic of the target; all zeros where that is not said.
    void be_in(const Uuid& topic_id) {
        if (topic_id.is_zero()) {
            return;
        }
        if (!map.target_topic_id.is_zero() && map.target_topic_id != topic_id) {
            set_map(StreamMap());
        }
        map.target_topic_id = topic_id;
    }

    /// Whether the log may have its records; of none there is nothing to be had.
    bool is_in(const TargetLog& log) const {
        if (map.source.is_empty() && map.next.value() == 0) {
            return false;
        }
        const bool has_ids = !map.target_topic_id.is_zero() && !log.topic_id.is_zero();
        const bool is_same =
            has_ids ? map.target_topic_id == log.topic_id
                    : map.target.is_empty() || map.target.runs().front().offset < log.end;
        return is_same && log.end.value() > 0;
    }

    /// Whether it is what is being written here: what was learnt since then is not in it.
    bool is_own(const ChunkKey& at, const StoredChunk& chunk) {
        for (size_t i = 0; i < written.size(); ++i) {
            if (written[i].first == at && written[i].second == chunk) {
                read_own.push_back(i);
                return true;
            }
        }
        return false;
    }

    /// A write without an answer, or refused for another worker's that says the same.
    void take_what_was_read() {
        for (const size_t index : std::exchange(read_own, {})) {
            ++map.changes;
            put(written[index].first, *written[index].second);
        }
    }

    StoredChunk chunk_of(MapSide side, std::span<const OffsetRun> runs) const {
        return {side == MapSide::source ? map.next : map.placed,
                {runs.begin(), runs.end()},
                map.form,
                map.target_topic_id,
                map.has_targets_own,
                map.is_behind_mirror};
    }

    void put(const ChunkKey& at, const StoredChunk& chunk) {
        be_in(chunk.target_topic_id);
        map.form = chunk.form;
        map.has_targets_own = map.has_targets_own || chunk.has_targets_own;
        map.is_behind_mirror = chunk.is_behind_mirror;
        RunList& side = at.side == MapSide::source ? map.source : map.target;
        side.put_chunk(at.chunk, chunk.runs);
        map.next = std::max(map.next, chunk.next);
        if (at.side == MapSide::target) {
            map.placed = chunk.next;  // what came later is not in these runs
            target_runs_stored = at.chunk * RunList::kChunk + chunk.runs.size();
            next_stored = chunk.next;
        }
    }
};

}  // namespace lockstep::replication
