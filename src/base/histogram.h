#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace lockstep {

/// Counts of durations in fixed buckets, cheap enough for every request. Owned by one shard.
class LatencyHistogram {
public:
    /// Upper bounds of the buckets, in seconds; a last bucket takes what is above.
    static constexpr std::array<double, 14> kBounds{0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                    0.05,   0.1,    0.2,   0.5,   1,     2,    5};

    void observe(double seconds) {
        size_t bucket = 0;
        while (bucket < kBounds.size() && seconds > kBounds[bucket]) {
            ++bucket;
        }
        ++counts_[bucket];
        ++count_;
        sum_seconds_ += seconds;
    }

    /// One count per bound, then the count of what lies above the last; not cumulative.
    std::span<const uint64_t> counts() const { return counts_; }
    uint64_t count() const { return count_; }
    double sum_seconds() const { return sum_seconds_; }

private:
    std::array<uint64_t, kBounds.size() + 1> counts_{};
    uint64_t count_ = 0;
    double sum_seconds_ = 0;
};

}  // namespace lockstep
