#pragma once

// PURE: which record of a stream is at which offset, on both clusters, where the target's offsets
// are not the source's.
//
//     source offsets    100 101 102  .  .  105 106        a run: (record 0, 100), (record 3, 105)
//     stream's records    0   1   2         3   4
//     target offsets     40  41  42        43  50         a run: (record 0, 40), (record 4, 50)
//
// A stream's records are numbered from 0 in the order in which they are copied. Each side is a list
// of runs; a run goes on until the next begins, so that neighbours cost nothing.

#include "model/ids.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lockstep::replication {

/// The number of a record in its stream.
using Ordinal = StrongPosition<struct OrdinalTag, int64_t>;

/// From record `first` on, records are at `offset` and those behind it.
struct OffsetRun {
    Ordinal first;
    Offset offset;

    bool operator==(const OffsetRun&) const = default;
};

/// One side: 16 bytes a run.
class RunList {
public:
    /// Runs are kept in chunks of so many when they are stored.
    static constexpr size_t kChunk = 64;

    bool is_empty() const { return runs_.empty(); }
    const std::vector<OffsetRun>& runs() const { return runs_; }

    /// Record `first` is at `offset`. Nothing is added where that is so already; what was said of
    /// records from `first` on is forgotten where it is not.
    void add(OffsetRun run);

    /// Where the record is; for one that is not there yet, where it would be. Nothing while the
    /// list is empty, and for records before the first.
    std::optional<Offset> offset_of(Ordinal record) const;

    /// The first record at or behind `offset`; the last run is taken to go on for ever. Nothing
    /// while the list is empty.
    std::optional<Ordinal> first_at(Offset offset) const;

    /// Forgets what is said of records behind `record` by runs of their own.
    void cut_behind(Ordinal record);

    /// Forgets whole chunks of runs that end at or before `offset`.
    void forget_before(Offset offset);

    /// How many runs were there before the first that is kept.
    size_t forgotten() const { return forgotten_; }

    /// Chunk number `index`, as of all runs that ever were; may be empty.
    std::span<const OffsetRun> chunk(size_t index) const;
    size_t chunks_end() const { return (forgotten_ + runs_.size() + kChunk - 1) / kChunk; }

    /// Puts a stored chunk in its place: forgets what is behind it.
    void put_chunk(size_t index, std::span<const OffsetRun> runs);

private:
    std::vector<OffsetRun> runs_;
    size_t forgotten_ = 0;
};

/// Whose records a stream takes from its source.
enum class StreamForm : int8_t {
    unknown = 0,         // an older Lockstep stored the map
    one_origin = 1,      // those that were born at one cluster; no others have been met so far
    one_of_several = 2,  // the same; those of other origins were passed over
    all = 3,             // all that the source has; only its own have come so far
    all_of_several = 4,  // the same; those of other origins have come, too
};

struct StreamMap {
    RunList source;
    RunList target;
    Ordinal next{0};    // the next record's number: those before are on the target
    Ordinal placed{0};  // those before are where `target` says; from there to `next`, nobody knows
    uint64_t changes = 0;  // how often something was read of it that others had stored
    StreamForm form = StreamForm::unknown;
    Uuid target_topic_id;          // which has the records; all zeros where nobody has said so
    bool has_targets_own = false;  // the source has records that were born on the target
    /// What the source has before its first record is another mirror's to copy (take_over.h). Where
    /// that was taken over once more, the first that is known has a higher number than 0.
    bool is_behind_mirror = false;
    Offset looked_to{0};  // of the target: that mirror had not come back before (returned_mirror.h)

    /// Whether nothing was copied since the other mirror was taken over.
    bool is_just_taken_over() const {
        return is_behind_mirror && !source.is_empty() && source.runs().front().first >= next;
    }
};

}  // namespace lockstep::replication
