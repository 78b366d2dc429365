#pragma once

#include "base/rng.h"
#include "runtime/event_loop.h"

namespace lockstep::client {

/// Between which pauses a Backoff moves.
struct BackoffPace {
    runtime::Duration first;
    runtime::Duration longest;
};

/// PURE (but for the generator it is given): how long to wait before the next try. Doubles from
/// `first` to `longest`, spread by a fifth to either side so that many waiters do not come at once.
class Backoff {
public:
    Backoff(runtime::Duration first, runtime::Duration longest)
        : first_(first), longest_(longest), next_(first) {}
    explicit Backoff(BackoffPace pace) : Backoff(pace.first, pace.longest) {}

    runtime::Duration next(Rng& rng) {
        const auto base = next_;
        next_ = std::min(next_ * 2, longest_);
        const double spread = 0.8 + 0.4 * rng.unit();
        return std::chrono::duration_cast<runtime::Duration>(base * spread);
    }

    void reset() { next_ = first_; }
    bool is_fresh() const { return next_ == first_; }

private:
    runtime::Duration first_;
    runtime::Duration longest_;
    runtime::Duration next_;
};

}  // namespace lockstep::client
