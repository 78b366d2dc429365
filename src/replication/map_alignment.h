#pragma once

// PURE: which records of a source and of its copy are the same, told by what they hold. Both logs
// may have lost records since, at their start and by compaction.

#include "replication/stream_map.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A record, by a hash of all that a client sees of it.
struct HashedRecord {
    int64_t place = 0;  // an offset of the source, or the record's number in the copy
    uint64_t hash = 0;
};

struct MapAlignment {
    std::vector<OffsetRun> runs = {};  // of the source's side
    std::string problem = {};          // why it cannot be told; else ""
    /// Neither log lacks any record that the other one has between the first and the newest copied
    /// one: what only one of them has was deleted at the other one's start, or is not copied yet.
    bool is_whole = false;
};

/// Pairs what is the same, in the order of both. It is only told where there is no other way to
/// pair them: paired from the first on and from the last on, the outcome is the same, and the
/// newest record of the copy has its pair.
MapAlignment align_copy(const std::vector<HashedRecord>& source,
                        const std::vector<HashedRecord>& copy);

/// What a side of a map lacks that has lost its newest runs, where `runs` are what it should have
/// from their first record on. Nothing where it says otherwise of what it has.
std::optional<std::vector<OffsetRun>> missing_runs(const RunList& known,
                                                   const std::vector<OffsetRun>& runs);

}  // namespace lockstep::replication
