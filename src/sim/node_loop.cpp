#include "sim/node_loop.h"

#include <algorithm>

namespace lockstep::sim {

namespace {

Duration scaled(Duration duration, double factor) {
    return factor == 0
               ? duration
               : duration +
                     Duration(static_cast<int64_t>(static_cast<double>(duration.count()) * factor));
}

}  // namespace

TimePoint NodeLoop::to_local(TimePoint world) const {
    return drift_since_local_ + scaled(world - drift_since_world_, drift_);
}

TimePoint NodeLoop::to_world(TimePoint local) const {
    const double back = 1 / (1 + drift_) - 1;
    return drift_since_world_ + scaled(local - drift_since_local_, back);
}

void NodeLoop::set_drift(double drift) {
    drift_since_local_ = now();
    drift_since_world_ = world_;
    drift_ = drift;
}

TimePoint NodeLoop::next_wake() const {
    if (is_paused_) {
        return runtime::kNever;
    }
    if (has_ready()) {
        return world_;
    }
    const TimePoint timer = next_timer();
    return timer == runtime::kNever ? timer : std::max(world_, to_world(timer));
}

void NodeLoop::run_one() {
    if (run_one_ready()) {
        ++steps_;
        return;
    }
    if (next_timer() > now()) {
        // The two conversions may be a nanosecond apart.
        drift_since_local_ += next_timer() - now();
    }
    run_due_timers();
}

}  // namespace lockstep::sim
