#include "replication/waiting_times.h"

#include <algorithm>
#include <cstdlib>

namespace lockstep::replication {
namespace {

constexpr size_t kMostBatches = 1'024;
constexpr int64_t kStepMs = 100;

}  // namespace

void WaitingTimes::add(Offset begin, Offset end, int64_t time_ms) {
    const bool is_near = !batches_.empty() && std::abs(time_ms - batches_.back().time_ms) < kStepMs;
    if (!is_near && batches_.size() < kMostBatches) {
        batches_.push_back({begin, time_ms});
    }
    end_ = std::max(end_, end);
}

void WaitingTimes::clear() {
    *this = {};
}

std::optional<int64_t> WaitingTimes::oldest_at(Offset next) {
    while (batches_.size() > 1 && batches_[1].begin <= next) {
        batches_.pop_front();
    }
    const bool is_known =
        !batches_.empty() && batches_.front().time_ms >= 0 && (next < end_ || has_more_);
    return is_known ? std::optional(batches_.front().time_ms) : std::nullopt;
}

}  // namespace lockstep::replication
