#pragma once

// PURE: how fast counters grow. The clock's readings come in as values.

#include "model/link_status.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace lockstep::app {

/// The speed of one counter over its last samples, meant to be taken once a second.
class RateMeter {
public:
    /// `now_seconds` is on any clock that does not run backwards. A counter that does has been
    /// started anew, and so is the meter.
    void sample(double now_seconds, uint64_t count);

    /// 0 until there are two samples.
    double per_second() const;

private:
    struct Sample {
        double at = 0;
        uint64_t count = 0;
    };
    static constexpr size_t kSamples = 6;

    const Sample& newest() const { return samples_[(next_ + kSamples - 1) % kSamples]; }

    std::array<Sample, kSamples> samples_;
    size_t size_ = 0;
    size_t next_ = 0;
};

struct PartitionRate {
    double records_per_second = 0;
    double bytes_per_second = 0;
};

/// The meters of all partitions of all links. Bound: what was in the last sample.
class Rates {
public:
    void sample(double now_seconds, const std::vector<LinkStatus>& links);

    /// Zeros for a partition that is not known.
    PartitionRate of(const std::string& link, const TopicPartition& id) const;

private:
    struct Meters {
        RateMeter records;
        RateMeter bytes;
        uint64_t generation = 0;
    };
    using Partitions = std::unordered_map<TopicPartition, Meters>;

    std::unordered_map<std::string, Partitions> links_;
    uint64_t generation_ = 0;
};

}  // namespace lockstep::app
