#pragma once

// PURE: how many bytes a second are copied of each partition, over the last half minute or so.

#include "replication/fleet_plan.h"
#include "runtime/event_loop.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

namespace lockstep::replication {

class FleetMeter {
public:
    /// Gets a partition that is copied here, and how many bytes of it up to now.
    using Visitor = std::function<void(const TopicPartition&, uint64_t)>;
    /// Shows all of them, in order. Once a second, of thousands.
    using Visit = std::function<void(const Visitor&)>;

    /// What is no longer among them is forgotten. Less than a second after the last time: nothing.
    void sample(runtime::TimePoint now, const Visit& visit) {
        using Seconds = std::chrono::duration<double>;
        const double passed = Seconds(now - sampled_at_).count();
        if (!meters_.empty() && passed < kShortest) {
            return;
        }
        const double weight = 1 - std::exp(-passed / kMemory);
        auto next = meters_.begin();
        visit([&](const TopicPartition& id, uint64_t bytes) {
            while (next != meters_.end() && next->first < id) {
                next = meters_.erase(next);
            }
            if (next == meters_.end() || next->first != id) {
                next = meters_.emplace_hint(next, id, Meter{bytes, {}});
            } else {
                next->second.sample(bytes, passed, weight);
            }
            ++next;
        });
        meters_.erase(next, meters_.end());
        sampled_at_ = now;
    }

    /// In bytes a second; nothing where that is not known.
    std::optional<double> rate_of(const TopicPartition& id) const {
        const auto found = meters_.find(id);
        return found == meters_.end() ? std::nullopt : found->second.rate;
    }

private:
    static constexpr double kShortest = 1;  // seconds
    static constexpr double kMemory = 20;

    struct Meter {
        uint64_t bytes = 0;
        std::optional<double> rate;

        /// Fewer bytes than before: it is counted anew.
        void sample(uint64_t now, double seconds, double weight) {
            if (now < bytes) {
                rate.reset();
            } else {
                const double newest = static_cast<double>(now - bytes) / seconds;
                rate = rate ? *rate + (newest - *rate) * weight : newest;
            }
            bytes = now;
        }
    };

    std::map<TopicPartition, Meter> meters_;
    runtime::TimePoint sampled_at_{};
};

}  // namespace lockstep::replication
