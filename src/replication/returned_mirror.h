#pragma once

// Whether the mirror whose copies a link goes on with (take_over.h) has come back: then it writes
// what the link has copied a second time.
//
//     copy     m m m m | o o o o . . o o . .       m: of the mirror, before it was taken over
//                      ^         ---     ---       o: the stream's own records
//                      begin     gaps: markers, somebody's own records, or the mirror's
//
// A record in a gap that the source has, too, is the mirror's: nobody else gives a record the same
// time, key, value and headers.

#include "client/admin.h"
#include "replication/stream_map.h"

#include <optional>
#include <vector>

namespace lockstep::replication {

/// Offsets of the target's log, from `from` to before `to`.
struct OffsetGap {
    Offset from;
    Offset to;

    bool operator==(const OffsetGap&) const = default;
};

/// PURE: what of `part` has no records of the stream, as its map says: the last `most` of these
/// gaps, the latest first. Nothing where the map does not know the target.
std::vector<OffsetGap> gaps_between_own(const StreamMap& map, OffsetGap part, size_t most);

constexpr size_t kMostGaps = 16;  // that are looked into at once

struct MirrorSearch {
    client::LogPlace source;  // offsets do not count
    client::LogPlace target;
    std::vector<OffsetGap> gaps;
};

/// Where the target's log has a record in a gap that Lockstep has not written, and that the source
/// has, too; nothing where none is found. Of each gap's first batches the first record is looked
/// for. Where the target gives records its own time, any record of somebody else's counts.
runtime::Task<Result<std::optional<Offset>>> find_mirrored(client::Cluster& source,
                                                           client::Cluster& target,
                                                           MirrorSearch search,
                                                           std::stop_token stop);

/// For people, and for BlockedAdvice.
std::string returned_mirror_text(Offset at_target);

}  // namespace lockstep::replication
