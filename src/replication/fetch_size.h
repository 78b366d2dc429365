#pragma once

// PURE: how much to ask for in one Fetch.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lockstep::replication {

/// Small while the target is the slower side, because bytes that stay in the processor's cache
/// between receiving, checking and sending are copied at half the cost; larger while the target
/// waits for full answers, because a distant source gives one answer per round trip.
class FetchSize {
public:
    static constexpr int32_t kSmallest = 1 << 20;
    static constexpr int32_t kLargest = 8 << 20;

    /// `limit_bytes` is the most that one fetch may take of the memory budget.
    explicit FetchSize(int64_t limit_bytes)
        : limit_(static_cast<int32_t>(std::clamp<int64_t>(limit_bytes, kLeast, kLargest))),
          bytes_(std::min(kSmallest, limit_)) {}

    int32_t max_bytes() const { return bytes_; }

    /// One partition's share, of so many: a fetch serves several, and each gets its turn.
    int32_t partition_max_bytes(size_t partitions) const {
        return std::max(bytes_ / static_cast<int32_t>(std::clamp<size_t>(partitions, 1, 4)),
                        kLeast);
    }

    /// `was_awaited`: nothing was left to be sent when the answer came.
    void on_answer(size_t answer_bytes, bool was_awaited) {
        if (answer_bytes < static_cast<size_t>(bytes_) / 2) {
            return;  // in step with the source: the size does not matter
        }
        bytes_ = was_awaited ? std::min(bytes_ * 2, limit_)
                             : std::max(bytes_ / 2, std::min(kSmallest, limit_));
    }

private:
    static constexpr int32_t kLeast = 64 << 10;

    int32_t limit_;
    int32_t bytes_;
};

}  // namespace lockstep::replication
