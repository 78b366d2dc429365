#pragma once

// PURE: the records of `__lockstep_offsets`, in which the maps of streams are kept (stream_map.h).
//
//     key    "<source cluster id>:<topic id>:<topic>:<partition>:<side>:<chunk>", a text; where the
//            records were born elsewhere, "<source cluster id>/<origin's id>:<topic id>:..."; where
//            the topic has another name on the target, "...:<topic>><the target's>:<partition>:..."
//     value  version 3, the stream's form, flags (bit 0: the source has records that were born on
//            the target, bit 1: it begins behind another mirror) and the target topic's id,
//            the number of the stream's next record, then the chunk's runs;
//            version 2 lacks the flags, version 1 form and id, too
//
// A chunk that grows is written again under its key. In the log's order, a chunk takes the place of
// what was there at and behind it.

#include "base/bytes.h"
#include "base/result.h"
#include "model/tagged_producer_id.h"
#include "model/topic_names.h"
#include "replication/stream_map.h"

#include <compare>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Which source partition, and which of its records, in which of the target's; in one target
/// cluster each has one map.
struct StreamKey {
    std::string source_cluster_id;
    Uuid topic_id;                       // all zeros where the source has no topic ids
    TopicPartition partition;            // on the target
    std::string renamed_from = {};       // the topic's name at the source; "" where it is the same
    std::string origin_cluster_id = {};  // of records that were born elsewhere; else ""

    const std::string& origin() const {
        return origin_cluster_id.empty() ? source_cluster_id : origin_cluster_id;
    }

    auto operator<=>(const StreamKey&) const = default;
};

/// A partition of a source, with the records that were born there.
struct SourcePartition {
    std::string cluster_id;
    Uuid topic_id;
    TopicPartition id;
};

StreamKey stream_key(const SourcePartition& source, const TopicNames& names);

/// Under which producer id the stream's records are on the target, where offsets are not kept.
ProducerId stream_id(const StreamKey& stream);

/// The same, where they are.
ProducerId preserved_stream_id(const StreamKey& stream);

enum class MapSide : char { source = 's', target = 't' };

struct ChunkKey {
    StreamKey stream;
    MapSide side = MapSide::source;
    size_t chunk = 0;

    bool operator==(const ChunkKey&) const = default;
    std::string to_string() const;
    /// Errors: `malformed`.
    static Result<ChunkKey> parse(std::string_view text);
};

struct StoredChunk {
    Ordinal next;
    std::vector<OffsetRun> runs;
    StreamForm form = StreamForm::unknown;
    Uuid target_topic_id = {};
    bool has_targets_own = false;
    bool is_behind_mirror = false;

    bool operator==(const StoredChunk&) const = default;

    Bytes encode() const;
    /// Errors: `malformed`, `unsupported` for what a newer Lockstep wrote.
    static Result<StoredChunk> decode(ByteView value);
};

}  // namespace lockstep::replication
