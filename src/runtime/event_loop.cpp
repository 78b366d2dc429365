#include "runtime/event_loop.h"

namespace lockstep::runtime {

EventLoop::TimerId EventLoop::add_timer(TimePoint at, std::function<void()> action) {
    return timers_.emplace(at, std::move(action));
}

void EventLoop::run_ready() {
    // Only what is queued now: coroutines that post each other must not starve sockets and timers.
    for (size_t count = ready_.size(); count > 0; --count) {
        const auto handle = ready_.front();
        ready_.pop_front();
        handle.resume();
    }
}

bool EventLoop::run_one_ready() {
    if (ready_.empty()) {
        return false;
    }
    const auto handle = ready_.front();
    ready_.pop_front();
    handle.resume();
    return true;
}

void EventLoop::run_due_timers() {
    if (timers_.empty()) {
        return;
    }
    const TimePoint present = now();
    while (!timers_.empty() && timers_.begin()->first <= present) {
        auto due = timers_.extract(timers_.begin());
        due.mapped()();
    }
}

}  // namespace lockstep::runtime
