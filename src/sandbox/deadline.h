#pragma once

#include "runtime/event_loop.h"

#include <functional>
#include <optional>
#include <utility>

namespace lockstep::sandbox {

/// A timer that ends with its owner: what it would do is not done once the owner is gone. The
/// action may destroy the deadline, or set it anew: what it has captured lives until it returns.
class Deadline {
public:
    explicit Deadline(runtime::EventLoop& loop) : loop_(loop) {}
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;
    ~Deadline() { cancel(); }

    /// Runs `action` after `after_ms`, instead of what was planned before.
    void set(int64_t after_ms, std::function<void()> action) {
        cancel();
        const auto at = loop_.now() + std::chrono::milliseconds(after_ms);
        timer_ = loop_.add_timer(at, [this, action = std::move(action)] {
            timer_.reset();  // it has fired: there is nothing left to cancel
            action();
        });
    }
    void cancel() {
        if (timer_) {
            loop_.cancel_timer(*timer_);
            timer_.reset();
        }
    }
    bool is_set() const { return timer_.has_value(); }

private:
    runtime::EventLoop& loop_;
    std::optional<runtime::EventLoop::TimerId> timer_;
};

}  // namespace lockstep::sandbox
