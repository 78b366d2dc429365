#pragma once

#include "base/buffer.h"
#include "base/mutation.h"
#include "runtime/signal.h"
#include "runtime/task.h"

#include <cstdint>
#include <memory>

namespace lockstep::replication {

/// How many bytes of record data may be held at once, over all links of a shard. Who fetches takes
/// a lease first and waits where none is free: that is what slows fetching down to the pace of the
/// slower target. Outlives its leases.
class MemoryBudget {
public:
    class Lease;

    MemoryBudget(runtime::EventLoop& loop, int64_t limit_bytes)
        : limit_bytes_(limit_bytes), freed_(loop) {}

    /// Waits for room. A lease may be resized beyond the limit when the answer turns out larger (a
    /// broker returns at least one batch); then the next waits longer. Null where `stop` came
    /// first.
    runtime::Task<std::shared_ptr<Lease>> acquire(int64_t bytes, std::stop_token stop);

    int64_t limit_bytes() const { return limit_bytes_; }
    int64_t used_bytes() const { return used_bytes_; }

private:
    int64_t limit_bytes_;
    int64_t used_bytes_ = 0;
    runtime::Signal freed_;
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
