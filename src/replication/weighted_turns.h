#pragma once

// PURE: whose turn it is of classes that compete for what there is too little of.

#include "model/priority.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace lockstep::replication {

/// While all classes want more, `high` gets four bytes and `normal` two for each one that `low`
/// gets; what one does not want is shared by the others in the same way. So none waits for ever.
/// (Start-time fair queueing: each class has a clock that runs the faster the less its weight is,
/// and the turn is that of the slowest clock.)
class WeightedTurns {
public:
    /// A class that begins to want something has no claim to what it did not want before.
    void begin(Priority priority) { clock(priority) = std::max(clock(priority), now_); }

    /// Of the classes that `wants` says of that they want something, which must be one at least; of
    /// two that are equal the higher one.
    template <typename Wants>
    Priority next(Wants wants) const {
        Priority found = Priority::low;
        for (const Priority each : {Priority::low, Priority::normal, Priority::high}) {
            if (wants(each) && (!wants(found) || clock(each) <= clock(found))) {
                found = each;
            }
        }
        return found;
    }

    void charge(Priority priority, int64_t bytes) {
        now_ = std::max(now_, clock(priority));
        clock(priority) += bytes * kCost.at(static_cast<size_t>(priority));
    }

private:
    static constexpr std::array<int64_t, kAllPriorities.size()> kCost{1, 2, 4};  // of a byte

    int64_t& clock(Priority priority) { return clocks_.at(static_cast<size_t>(priority)); }
    int64_t clock(Priority priority) const { return clocks_.at(static_cast<size_t>(priority)); }

    std::array<int64_t, kAllPriorities.size()> clocks_{};
    int64_t now_ = 0;  // the clock of the class that had the last turn, when it had it
};

}  // namespace lockstep::replication
