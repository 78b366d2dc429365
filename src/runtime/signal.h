#pragma once

#include "runtime/event_loop.h"

#include <optional>
#include <stop_token>

namespace lockstep::runtime {

enum class Wake { notified, timeout, stopped };

/// What coroutines of one shard wait on; everything else that waits is built from it. It has no
/// memory: state lives beside it, and who was woken looks at the state again.
///
///     while (queue.empty()) {
///         const Wake wake = co_await signal.wait(deadline, stop);
///         if (wake != Wake::notified) { ... }
///     }
class Signal {
public:
    explicit Signal(EventLoop& loop) : loop_(loop) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal();

    /// Wakes everyone who waits now, in the order of their coming.
    void notify_all();

    class Awaiter;
    Awaiter wait(TimePoint deadline = kNever, std::stop_token stop = {});

    EventLoop& loop() const { return loop_; }

private:
    EventLoop& loop_;
    Awaiter* first_ = nullptr;
    Awaiter* last_ = nullptr;
};

class [[nodiscard]] Signal::Awaiter {
public:
    Awaiter(Signal& signal, TimePoint deadline, std::stop_token stop)
        : signal_(signal), deadline_(deadline), stop_(std::move(stop)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;

    bool await_ready();
    void await_suspend(std::coroutine_handle<> waiting);
    Wake await_resume() { return wake_; }

private:
    friend class Signal;
    struct OnStop {
        Awaiter* awaiter;
        void operator()() const { awaiter->finish(Wake::stopped); }
    };

    void finish(Wake wake);
    void unlink();

    Signal& signal_;
    TimePoint deadline_;
    std::stop_token stop_;
    Wake wake_ = Wake::notified;
    std::coroutine_handle<> waiting_;
    Awaiter* previous_ = nullptr;
    Awaiter* next_ = nullptr;
    std::optional<EventLoop::TimerId> timer_;
    std::optional<std::stop_callback<OnStop>> on_stop_;
};

inline Signal::Awaiter Signal::wait(TimePoint deadline, std::stop_token stop) {
    return Awaiter(*this, deadline, std::move(stop));
}

}  // namespace lockstep::runtime
