#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>

namespace lockstep::runtime {

/// Monotonic time. In a simulation it is virtual.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

constexpr TimePoint kNever = TimePoint::max();

/// One shard: the coroutines that run on one thread, their timers and their clock. Everything that
/// runs on a loop runs on its thread, so nothing above `runtime` needs a mutex.
///
/// What waits for the outside (sockets, virtual time) is the derived class.
class EventLoop {
public:
    virtual ~EventLoop() = default;

    virtual TimePoint now() const = 0;
    /// Wall clock in milliseconds since 1970, for comparing with record timestamps; never for
    /// order.
    virtual int64_t wall_clock_ms() const = 0;

    /// Resumes `handle` soon, after what is already queued.
    void post(std::coroutine_handle<> handle) { ready_.push_back(handle); }

    using Timers = std::multimap<TimePoint, std::function<void()>>;
    using TimerId = Timers::iterator;

    /// Runs `action` on the loop once `at` has come; timers of the same time run in order of
    /// adding.
    TimerId add_timer(TimePoint at, std::function<void()> action);
    void cancel_timer(TimerId id) { timers_.erase(id); }

protected:
    bool has_ready() const { return !ready_.empty(); }
    TimePoint next_timer() const { return timers_.empty() ? kNever : timers_.begin()->first; }
    void run_ready();
    /// Resumes the first that is ready; false where none is.
    bool run_one_ready();
    void run_due_timers();

private:
    std::deque<std::coroutine_handle<>> ready_;
    Timers timers_;
};

}  // namespace lockstep::runtime
