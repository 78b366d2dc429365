#include "replication/memory_budget.h"

#include "base/mutation.h"

#include <algorithm>

namespace lockstep::replication {

runtime::Task<std::shared_ptr<MemoryBudget::Lease>> MemoryBudget::acquire(int64_t bytes,
                                                                          std::stop_token stop,
                                                                          Priority priority) {
    if (!is_wanted(priority)) {
        turns_.begin(priority);
    }
    if (!is_wanted() && has_room(bytes)) {
        turns_.charge(priority, bytes);
        co_return std::make_shared<Lease>(*this, bytes);
    }
    Wish wish{bytes, nullptr};
    waiting(priority).push_back(&wish);
    while (wish.lease == nullptr) {
        const runtime::Wake wake = co_await granted_.wait(runtime::kNever, stop);
        if (wake == runtime::Wake::stopped && wish.lease == nullptr) {
            std::erase(waiting(priority), &wish);
            grant();  // those behind it may want less
            co_return nullptr;
        }
    }
    co_return std::move(wish.lease);
}

/// A single wish beyond the whole budget is granted when nothing else is held.
bool MemoryBudget::has_room(int64_t bytes) const {
    return used_bytes_ == 0 || used_bytes_ + bytes <= limit_bytes_ ||
           mutated(Mutation::memory_unbounded);
}

bool MemoryBudget::is_wanted() const {
    return std::ranges::any_of(kAllPriorities, [this](Priority each) { return is_wanted(each); });
}

/// Whose turn it is waits for as much room as it wants, and so do the others behind it: those who
/// want much would never get it otherwise.
void MemoryBudget::grant() {
    bool has_granted = false;
    while (is_wanted()) {
        const Priority next = turns_.next([this](Priority each) { return is_wanted(each); });
        Wish& wish = *waiting(next).front();
        if (!has_room(wish.bytes)) {
            break;
        }
        waiting(next).pop_front();
        turns_.charge(next, wish.bytes);
        wish.lease = std::make_shared<Lease>(*this, wish.bytes);
        has_granted = true;
    }
    if (has_granted) {
        granted_.notify_all();
    }
}

void MemoryBudget::Lease::resize(int64_t bytes) {
    const bool is_freeing = bytes < bytes_;
    budget_.used_bytes_ += bytes - bytes_;
    bytes_ = bytes;
    if (is_freeing) {
        budget_.grant();
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
