#include "replication/cluster_health.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::replication {

void ClusterHealthRule::take_answer(runtime::TimePoint now, size_t brokers) {
    failures_ = 0;
    const size_t most = most_brokers(now, brokers);
    const bool is_whole = brokers >= most;
    health_ = is_whole ? ClusterHealth::healthy : ClusterHealth::degraded;
    reason_ = is_whole ? "" : fmt::format("{} of {} brokers are registered", brokers, most);
}

void ClusterHealthRule::take_failure(std::string why) {
    ++failures_;
    if (failures_ >= kFailures || health_ == ClusterHealth::unknown) {
        health_ = ClusterHealth::unreachable;
    }
    if (health_ == ClusterHealth::unreachable) {
        reason_ = std::move(why);
    }
}

/// The most that were seen lately, `brokers` among them.
size_t ClusterHealthRule::most_brokers(runtime::TimePoint now, size_t brokers) {
    while (!counts_.empty() && counts_.back().brokers <= brokers) {
        counts_.pop_back();
    }
    counts_.push_back({now, brokers});
    while (counts_.front().at + kMemory < now) {
        counts_.pop_front();
    }
    return counts_.front().brokers;
}

void RoundTrips::add(runtime::Duration measured) {
    kept_[next_] = measured;
    next_ = (next_ + 1) % kKept;
    size_ = std::min(size_ + 1, kKept);
}

std::optional<double> RoundTrips::median_ms() const {
    if (size_ == 0) {
        return std::nullopt;
    }
    // The newest `size_` of them end before `next_`.
    std::array<runtime::Duration, kKept> sorted{};
    for (size_t i = 0; i < size_; ++i) {
        sorted[i] = kept_[(next_ + kKept - 1 - i) % kKept];
    }
    std::sort(sorted.begin(), sorted.begin() + static_cast<ptrdiff_t>(size_));
    using Milliseconds = std::chrono::duration<double, std::milli>;
    const Milliseconds lower = sorted[(size_ - 1) / 2];
    const Milliseconds upper = sorted[size_ / 2];
    return (lower + upper).count() / 2;
}

}  // namespace lockstep::replication
