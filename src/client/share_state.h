#pragma once

// PURE: what the members of a share group have done, and where it stands by that.

#include "model/ids.h"

#include <vector>

namespace lockstep::client {

/// What was done with the records from `first` to `last`.
struct DeliveredRange {
    Offset first;
    Offset last;
    bool is_finished = false;  // acknowledged, rejected or given up: never delivered again

    bool operator==(const DeliveredRange&) const = default;
};

/// In order, ascending.
using DeliveredRanges = std::vector<DeliveredRange>;

/// The first offset from `start` on that is not finished: the record there, if there is one, is to
/// be delivered, still or again.
Offset first_unfinished(Offset start, const DeliveredRanges& ranges);

/// Behind the last offset from `start` on that is finished; `start` where none is.
Offset end_of_finished(Offset start, const DeliveredRanges& ranges);

}  // namespace lockstep::client
