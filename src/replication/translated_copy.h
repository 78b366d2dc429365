#pragma once

// PURE: how a partition whose offsets are not kept is held against its source: by the numbers of
// the stream's records (stream_map.h).

#include "replication/carried_origins.h"
#include "replication/log_cursor.h"
#include "replication/resume_point.h"
#include "replication/stream_map.h"

namespace lockstep::replication {

struct TranslatedCopy {
    const StreamMap* map = nullptr;
    ProducerId stream;       // stream_id(): what others wrote is not seen
    CarriedOrigins origins;  // of which records at the source there are copies
    size_t index = 0;        // of the stream, as `origins` numbers them

    bool is_empty() const { return map->next.value() == 0; }
};

CursorView view_of_source(const TranslatedCopy& copy);
CursorView view_of_target(const TranslatedCopy& copy);

/// A place in both logs.
struct CommonPlace {
    Offset source;
    Offset target;
};

/// Where the record is that is the first at or behind a source offset; nothing where the map does
/// not reach back so far.
std::optional<CommonPlace> common_place(const TranslatedCopy& copy, Offset source);

/// How far both logs can be compared that were read to these ends. All source offsets before
/// `copied_to` have been copied.
CommonPlace common_end(const TranslatedCopy& copy, CommonPlace ends, Offset copied_to);

/// Both logs, with the target's offsets told as the source's.
PartitionLogs in_source_offsets(const TranslatedCopy& copy, PartitionLogs logs, Offset copied_to);

}  // namespace lockstep::replication
