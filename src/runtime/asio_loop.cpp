#include "runtime/asio_loop.h"

#include "runtime/asio_access.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>

namespace lockstep::runtime {

namespace {

/// Coroutines wake each other without the system's help; it is asked for news this seldom
/// meanwhile.
constexpr int kRoundsBetweenPolls = 16;

}  // namespace

struct AsioLoop::Impl {
    boost::asio::io_context io{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
        io.get_executor()};
    boost::asio::signal_set signals{io};
    std::function<void(int)> on_signal;
};

AsioLoop::AsioLoop() : impl_(std::make_unique<Impl>()) {}
AsioLoop::~AsioLoop() = default;

boost::asio::io_context& io_context_of(AsioLoop& loop) {
    return loop.impl_->io;
}

TimePoint AsioLoop::now() const {
    return std::chrono::steady_clock::now();
}

int64_t AsioLoop::wall_clock_ms() const {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
}

void AsioLoop::run() {
    finished_ = false;
    while (!finished_) {
        for (int round = 0; has_ready() && round < kRoundsBetweenPolls; ++round) {
            run_ready();
        }
        run_due_timers();
        if (finished_) {
            break;
        }
        if (has_ready()) {
            impl_->io.poll();
        } else if (next_timer() == kNever) {
            impl_->io.run_one();
        } else {
            impl_->io.run_one_until(next_timer());
        }
    }
}

void AsioLoop::on_termination(std::function<void(int)> handler) {
    impl_->on_signal = std::move(handler);
    impl_->signals.add(SIGINT);
    impl_->signals.add(SIGTERM);
    wait_for_signal();
}

void AsioLoop::wait_for_signal() {
    impl_->signals.async_wait([this](const boost::system::error_code& problem, int number) {
        if (!problem) {
            impl_->on_signal(number);
            wait_for_signal();
        }
    });
}

}  // namespace lockstep::runtime
