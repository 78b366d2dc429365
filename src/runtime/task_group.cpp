#include "runtime/task_group.h"

#include "base/log.h"

#include <cstdlib>
#include <stdexcept>

namespace lockstep::runtime {

/// The root of a spawned task: posts itself once, and frees its own frame at the end.
struct TaskGroup::Root {
    struct promise_type {
        Root get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::abort(); }
    };
    std::coroutine_handle<promise_type> handle;
};

TaskGroup::~TaskGroup() {
    LS_ASSERT(running_ == 0);
}

TaskGroup::Root TaskGroup::run(TaskGroup& group, const char* name, Task<void> task) {
    try {
        co_await task;
    } catch (const std::exception& problem) {
        log::error("task {} failed: {}", name, problem.what());
        std::abort();
    }
    task = {};
    --group.running_;
    if (group.running_ == 0) {
        group.idle_.notify_all();
    }
}

void TaskGroup::spawn(const char* name, Task<void> task) {
    ++running_;
    loop().post(run(*this, name, std::move(task)).handle);
}

Task<void> TaskGroup::join() {
    while (running_ > 0) {
        co_await idle_.wait();
    }
}

Task<Wake> sleep_until(EventLoop& loop, TimePoint deadline, std::stop_token stop) {
    Signal nobody(loop);
    const Wake wake = co_await nobody.wait(deadline, std::move(stop));
    co_return wake;
}

Task<Wake> sleep_for(EventLoop& loop, Duration duration, std::stop_token stop) {
    return sleep_until(loop, loop.now() + duration, std::move(stop));
}

}  // namespace lockstep::runtime
