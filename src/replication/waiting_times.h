#pragma once

// PURE: of when the oldest record is that was fetched, or looked at, and is not copied yet.

#include "model/ids.h"

#include <cstdint>
#include <deque>
#include <optional>

namespace lockstep::replication {

/// Of one partition; times are the records' own, in milliseconds since 1970 (below 0: it has none),
/// to a tenth of a second. At most 1,024 are kept: of more that wait, those behind are taken to be
/// as old as the last one that is kept.
class WaitingTimes {
public:
    /// The source has a batch at [begin, end), whose first record is of `time_ms`; in their order.
    void add(Offset begin, Offset end, int64_t time_ms);

    /// Whether the source had shown records behind those, too, as they were fetched. While these
    /// are on their way, they are taken to be as old as those before them.
    void set_has_more(bool has_more) { has_more_ = has_more; }

    /// Nothing is known any more.
    void clear();

    /// Of when the first record at or behind `next` is, nothing where that is not known. What is
    /// before it is forgotten: `next` does not go back.
    std::optional<int64_t> oldest_at(Offset next);

private:
    struct Batch {
        Offset begin;
        int64_t time_ms = 0;
    };

    std::deque<Batch> batches_;
    Offset end_;
    bool has_more_ = false;
};

}  // namespace lockstep::replication
