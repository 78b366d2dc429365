#pragma once

#include "base/buffer.h"
#include "base/mutation.h"
#include "model/priority.h"
#include "replication/weighted_turns.h"
#include "runtime/signal.h"
#include "runtime/task.h"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>

namespace lockstep::replication {

/// How many bytes of record data may be held at once, over all links of a shard. Who fetches takes
/// a lease first and waits where none is free: that is what slows fetching down to the pace of the
/// slower target. Outlives its leases.
class MemoryBudget {
public:
    class Lease;

    MemoryBudget(runtime::EventLoop& loop, int64_t limit_bytes)
        : limit_bytes_(limit_bytes), granted_(loop) {}

    /// Waits for room; who waits is served in the order of coming within a priority, and by weight
    /// between them. A lease may be resized beyond the limit when the answer turns out larger (a
    /// broker returns at least one batch); then the next waits longer. Null where `stop` came
    /// first.
    runtime::Task<std::shared_ptr<Lease>> acquire(int64_t bytes, std::stop_token stop,
                                                  Priority priority = Priority::normal);

    int64_t limit_bytes() const { return limit_bytes_; }
    int64_t used_bytes() const { return used_bytes_; }

private:
    /// Of one who waits; it lives in that coroutine.
    struct Wish {
        int64_t bytes = 0;
        std::shared_ptr<Lease> lease;  // once it is granted
    };

    bool has_room(int64_t bytes) const;
    bool is_wanted(Priority priority) const { return !waiting(priority).empty(); }
    bool is_wanted() const;
    std::deque<Wish*>& waiting(Priority priority) {
        return waiting_.at(static_cast<size_t>(priority));
    }
    const std::deque<Wish*>& waiting(Priority priority) const {
        return waiting_.at(static_cast<size_t>(priority));
    }
    void grant();

    int64_t limit_bytes_;
    int64_t used_bytes_ = 0;
    WeightedTurns turns_;
    std::array<std::deque<Wish*>, kAllPriorities.size()> waiting_;
    runtime::Signal granted_;
};

class MemoryBudget::Lease {
public:
    Lease(MemoryBudget& budget, int64_t bytes) : budget_(budget) { resize(bytes); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
        if (!mutated(Mutation::memory_leaked)) {
            resize(0);
        }
    }

    void resize(int64_t bytes);

private:
    MemoryBudget& budget_;
    int64_t bytes_ = 0;
};

/// The same bytes; the lease lives until the last part of them is let go.
Slice with_lease(Slice slice, std::shared_ptr<MemoryBudget::Lease> lease);

}  // namespace lockstep::replication
