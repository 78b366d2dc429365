#pragma once

// PURE: how fast may be read. The clock's reading comes in as a value.

#include "runtime/event_loop.h"

#include <algorithm>
#include <cstdint>

namespace lockstep::replication {

/// So many bytes a second, on average: who has read waits until they are paid off before it reads
/// more. Several may share one.
class ReadRate {
public:
    /// Above 0.
    explicit ReadRate(int64_t bytes_per_second) : bytes_per_second_(bytes_per_second) {}

    /// When the next may read.
    runtime::TimePoint free_at() const { return free_at_; }

    /// What to read at once: a quarter of a second's worth, but at most `most`.
    int32_t chunk_bytes(int32_t most) const {
        return static_cast<int32_t>(
            std::clamp<int64_t>(bytes_per_second_ / 4, std::min(kLeastChunk, most), most));
    }

    void charge(int64_t bytes, runtime::TimePoint now) {
        const std::chrono::duration<double> pause(static_cast<double>(bytes) /
                                                  static_cast<double>(bytes_per_second_));
        free_at_ = std::max(free_at_, now) + std::chrono::duration_cast<runtime::Duration>(pause);
    }

private:
    static constexpr int32_t kLeastChunk = 64 << 10;

    int64_t bytes_per_second_;
    runtime::TimePoint free_at_{};
};

}  // namespace lockstep::replication
