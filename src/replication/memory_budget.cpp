#include "replication/memory_budget.h"

#include "base/mutation.h"

namespace lockstep::replication {

runtime::Task<std::shared_ptr<MemoryBudget::Lease>> MemoryBudget::acquire(int64_t bytes,
                                                                          std::stop_token stop) {
    // A single wish beyond the whole budget is granted when nothing else is held.
    while (used_bytes_ > 0 && used_bytes_ + bytes > limit_bytes_ &&
           !mutated(Mutation::memory_unbounded)) {
        const runtime::Wake wake = co_await freed_.wait(runtime::kNever, stop);
        if (wake == runtime::Wake::stopped) {
            co_return nullptr;
        }
    }
    co_return std::make_shared<Lease>(*this, bytes);
}

void MemoryBudget::Lease::resize(int64_t bytes) {
    const bool is_freeing = bytes < bytes_;
    budget_.used_bytes_ += bytes - bytes_;
    bytes_ = bytes;
    if (is_freeing) {
        budget_.freed_.notify_all();
    }
}

Slice with_lease(Slice slice, std::shared_ptr<MemoryBudget::Lease> lease) {
    struct Held {
        std::shared_ptr<uint8_t[]> memory;
        std::shared_ptr<MemoryBudget::Lease> lease;
    };
    auto held = std::make_shared<Held>(Held{std::move(slice.owner), std::move(lease)});
    slice.owner = std::shared_ptr<uint8_t[]>(held, slice.data);
    return slice;
}

}  // namespace lockstep::replication
