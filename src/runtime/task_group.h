#pragma once

#include "runtime/signal.h"
#include "runtime/task.h"

#include <cstddef>

namespace lockstep::runtime {

/// Owns the coroutines that were spawned into it: no work is detached. Before it is destroyed:
/// `request_stop()`, then `co_await join()`.
class TaskGroup {
public:
    explicit TaskGroup(EventLoop& loop) : idle_(loop) {}
    ~TaskGroup();

    /// Starts `task` from the loop, soon. An exception that leaves it is a programmer's error: it
    /// is logged with `name` and ends the process.
    void spawn(const char* name, Task<void> task);

    std::stop_token stop_token() const { return stop_.get_token(); }
    bool stop_requested() const { return stop_.stop_requested(); }
    void request_stop() { stop_.request_stop(); }

    /// Waits until everything spawned has finished. Does not ask it to.
    Task<void> join();

    size_t running() const { return running_; }
    EventLoop& loop() const { return idle_.loop(); }

private:
    struct Root;
    static Root run(TaskGroup& group, const char* name, Task<void> task);

    std::stop_source stop_;
    size_t running_ = 0;
    Signal idle_;
};

/// Waits until `deadline`, or until `stop`.
Task<Wake> sleep_until(EventLoop& loop, TimePoint deadline, std::stop_token stop);
Task<Wake> sleep_for(EventLoop& loop, Duration duration, std::stop_token stop);

}  // namespace lockstep::runtime
