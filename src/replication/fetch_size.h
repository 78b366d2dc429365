#pragma once

// PURE: how much to ask for in one Fetch.

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace lockstep::replication {

/// Small while the target is the slower side, because bytes that stay in the processor's cache
/// between receiving, checking and sending are copied at half the cost; larger while the target
/// waits for full answers, because a distant source gives one answer per round trip. Least of all
/// while nothing comes: what is asked for is held of the memory budget until the answer is there,
/// and many idle links would keep each other waiting for it.
class FetchSize {
public:
    static constexpr int32_t kIdle = 64 << 10;
    static constexpr int32_t kSmallest = 1 << 20;
    static constexpr int32_t kLargest = 8 << 20;

    /// `limit_bytes` is the most that one fetch may take of the memory budget.
    explicit FetchSize(int64_t limit_bytes)
        : limit_(static_cast<int32_t>(std::clamp<int64_t>(limit_bytes, kIdle, kLargest))),
          bytes_(smallest()) {}

    int32_t max_bytes() const { return bytes_; }

    /// One partition's share, of so many: a fetch serves several, and each gets its turn.
    int32_t partition_max_bytes(size_t partitions) const {
        return std::max(bytes_ / static_cast<int32_t>(std::clamp<size_t>(partitions, 1, 4)), kIdle);
    }

    /// `was_awaited`: nothing was left to be sent when the answer came.
    void on_answer(size_t answer_bytes, bool was_awaited) {
        if (answer_bytes < static_cast<size_t>(bytes_) / 2) {
            return;  // in step with the source: the size does not matter
        }
        bytes_ = std::clamp(was_awaited ? bytes_ * 2 : bytes_ / 2, smallest(), limit_);
    }

    /// A fetch that waited for records has found none; the first full answer ends this.
    void on_nothing() { bytes_ = kIdle; }

private:
    int32_t smallest() const { return std::min(kSmallest, limit_); }

    int32_t limit_;
    int32_t bytes_;
};

}  // namespace lockstep::replication
