#pragma once

// PURE: up to where somebody else's mirror has copied a partition, told from both logs.
//
//     source    r4 r5 r6 r7 r8 r9
//     mirror    r4 r5 r6 r7 | r5 r6          noted as copied: r4; begun anew behind it: r5 r6 again
//                        ^ the last of the source's records that it has: r8 comes next
//
//     source    . . . . . . r10 r11          the rest was deleted
//     mirror    r4 r5 r6 r7                  noted as copied: r7; none of it is there any more
//
// A mirror notes how far it is from time to time. When it ends in between, it has copied more than
// it has noted, and it may have begun anew several times.

#include "model/ids.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A record by a hash of all that a client sees of it.
struct OriginalRecord {
    int64_t offset = 0;
    uint64_t hash = 0;
    bool may_be_left_out = false;  // a mirror may lack it: it was aborted, or compacted away
};

struct MirroredRecord {
    int64_t offset = 0;
    uint64_t hash = 0;
};

struct MirrorLogs {
    std::vector<OriginalRecord> source;  // from some offset at or before `noted` on
    std::vector<MirroredRecord> target;  // the end of its log
    bool is_whole_target = false;        // from the start of its log
    bool has_lost_records = false;       // it has had more, that were deleted
    bool is_compacted = false;           // the source may have lost what the target still has
    Offset source_start;                 // of the source's log
    Offset source_end;
    std::optional<Offset> noted;         // the last one that the mirror has noted as copied
};

struct MirrorEnd {
    std::optional<Offset> next;  // the first at the source that the mirror lacks
    bool needs_more = false;     // or: more of the target's log has to be looked at
    /// From here to `next` the source has deleted what the mirror may or may not have copied.
    std::optional<Offset> may_lack_from;
    std::string problem;         // or: why it cannot be told
};

MirrorEnd find_mirror_end(const MirrorLogs& logs);

}  // namespace lockstep::replication
