#pragma once

#include "base/assert.h"

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace lockstep::runtime {

template <typename T>
class Task;

namespace detail {

/// A task that finishes while its parent is still starting it lets the parent run on; one that
/// finishes later resumes it. So a loop over tasks that never wait does not deepen the stack, even
/// where the compiler makes no tail calls (unoptimised and sanitizer builds).
class PromiseBase {
public:
    std::suspend_always initial_suspend() noexcept { return {}; }
    void unhandled_exception() { exception_ = std::current_exception(); }

    struct FinalAwaiter {
        bool await_ready() noexcept { return false; }
        template <typename Promise>
        void await_suspend(std::coroutine_handle<Promise> finished) noexcept {
            PromiseBase& promise = finished.promise();
            if (!promise.parent_is_starting_) {
                promise.parent_.resume();  // may destroy this frame: nothing may follow
            }
        }
        void await_resume() noexcept {}
    };
    FinalAwaiter final_suspend() noexcept { return {}; }

protected:
    void rethrow_if_failed() {
        if (exception_) {
            std::rethrow_exception(exception_);
        }
    }

private:
    template <typename T>
    friend class runtime::Task;

    std::coroutine_handle<> parent_;
    std::exception_ptr exception_;
    bool parent_is_starting_ = false;
};

template <typename T>
class Promise : public PromiseBase {
public:
    Task<T> get_return_object();

    template <typename U>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }

    T take() {
        rethrow_if_failed();
        return std::move(*value_);
    }

private:
    std::optional<T> value_;
};

template <>
class Promise<void> : public PromiseBase {
public:
    Task<void> get_return_object();
    void return_void() {}
    void take() { rethrow_if_failed(); }
};

}  // namespace detail

/// A coroutine that starts when it is awaited, on its parent's shard, and whose frame its Task
/// owns. Await it once; do not destroy it while it waits (join its TaskGroup first).
template <typename T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    Task() = default;
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Task() {
        if (handle_) {
            handle_.destroy();
        }
    }

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> parent) {
        detail::PromiseBase& promise = handle_.promise();
        promise.parent_ = parent;
        promise.parent_is_starting_ = true;
        handle_.resume();
        promise.parent_is_starting_ = false;
        return !handle_.done();
    }
    T await_resume() { return handle_.promise().take(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <typename T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace lockstep::runtime
