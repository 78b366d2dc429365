#pragma once

// PURE: how many bytes a second are copied of each partition, over the last half minute or so.

#include "replication/fleet_plan.h"
#include "runtime/event_loop.h"

#include <cmath>
#include <cstdint>

namespace lockstep::replication {

class FleetMeter {
public:
    using CopiedBytes = std::map<TopicPartition, uint64_t>;  // of what is copied here, up to now

    /// What is no longer among them is forgotten. Less than a second after the last time: nothing.
    void sample(runtime::TimePoint now, const CopiedBytes& copied) {
        using Seconds = std::chrono::duration<double>;
        const double passed = Seconds(now - sampled_at_).count();
        if (!last_.empty() && passed < kShortest) {
            return;
        }
        FleetRates rates;
        for (const auto& [id, bytes] : copied) {
            const auto last = last_.find(id);
            if (last == last_.end() || bytes < last->second) {
                continue;
            }
            const double rate = static_cast<double>(bytes - last->second) / passed;
            const auto known = rates_.find(id);
            rates[id] =
                known == rates_.end()
                    ? rate
                    : known->second + (rate - known->second) * (1 - std::exp(-passed / kMemory));
        }
        rates_ = std::move(rates);
        last_ = copied;
        sampled_at_ = now;
    }

    const FleetRates& rates() const { return rates_; }

private:
    static constexpr double kShortest = 1;  // seconds
    static constexpr double kMemory = 20;

    CopiedBytes last_;
    FleetRates rates_;
    runtime::TimePoint sampled_at_{};
};

}  // namespace lockstep::replication
