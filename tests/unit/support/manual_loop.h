#pragma once

#include "base/assert.h"
#include "runtime/event_loop.h"
#include "runtime/task_group.h"

#include <functional>
#include <optional>

namespace lockstep::test {

/// An event loop whose time passes only when a test says so. Nothing waits for the outside:
/// whatever a test wants to happen, it does between two calls.
class ManualLoop final : public runtime::EventLoop {
public:
    runtime::TimePoint now() const override { return now_; }
    int64_t wall_clock_ms() const override {
        return 1'700'000'000'000 + now_.time_since_epoch() / std::chrono::milliseconds(1);
    }

    /// Resumes what is ready, once: what becomes ready by it waits for the next turn.
    void turn() { run_ready(); }

    /// Runs until nothing is left to do at this time.
    void settle() {
        run_due_timers();
        for (int turns = 0; has_ready(); ++turns) {
            LS_ASSERT(turns < 1'000'000);  // coroutines that post each other for ever
            run_ready();
            run_due_timers();
        }
    }

    /// Lets time pass, timer by timer.
    void advance(runtime::Duration duration) {
        const runtime::TimePoint end = now_ + duration;
        settle();
        while (next_timer() <= end) {
            now_ = std::max(now_, next_timer());
            settle();
        }
        now_ = end;
    }

    /// Lets time pass until `done`; false where nothing happens any more, or nothing within
    /// `patience`.
    bool run_until(const std::function<bool()>& done,
                   runtime::Duration patience = std::chrono::hours(1)) {
        const runtime::TimePoint end = now_ + patience;
        settle();
        while (!done()) {
            if (next_timer() > end) {
                return false;
            }
            now_ = std::max(now_, next_timer());
            settle();
        }
        return true;
    }

    bool has_timers() const { return next_timer() != runtime::kNever; }

private:
    runtime::TimePoint now_ = runtime::TimePoint(std::chrono::hours(1));
};

template <typename T>
runtime::Task<void> keep_result(runtime::Task<T> task, std::optional<T>* into) {
    T result = co_await task;
    into->emplace(std::move(result));
}

/// Runs `task` to its end and returns what it returns. A task that is stuck ends the process: its
/// frame cannot be taken away.
template <typename T>
T run(ManualLoop& loop, runtime::Task<T> task) {
    runtime::TaskGroup group(loop);
    std::optional<T> result;
    group.spawn("test", keep_result(std::move(task), &result));
    const bool is_finished = loop.run_until([&] { return group.running() == 0; });
    LS_ASSERT(is_finished);
    return std::move(*result);
}

inline void run(ManualLoop& loop, runtime::Task<void> task) {
    runtime::TaskGroup group(loop);
    group.spawn("test", std::move(task));
    const bool is_finished = loop.run_until([&] { return group.running() == 0; });
    LS_ASSERT(is_finished);
}

}  // namespace lockstep::test
