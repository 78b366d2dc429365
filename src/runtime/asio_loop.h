#pragma once

#include "runtime/event_loop.h"
#include "runtime/network.h"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace lockstep::runtime {

/// The production event loop: real time and real sockets. Runs on the thread that calls run().
class AsioLoop final : public EventLoop {
public:
    AsioLoop();
    ~AsioLoop() override;

    TimePoint now() const override;
    int64_t wall_clock_ms() const override;

    /// Runs until finish(). The coroutines that still wait then stay suspended.
    void run();
    void finish() { finished_ = true; }

    /// Calls `handler` with the signal's number on each SIGINT and SIGTERM, from the loop.
    void on_termination(std::function<void(int)> handler);

private:
    friend boost::asio::io_context& io_context_of(AsioLoop& loop);
    struct Impl;

    void wait_for_signal();

    std::unique_ptr<Impl> impl_;
    bool finished_ = false;
};

/// TCP over an AsioLoop's io_context.
class AsioNetwork final : public Network {
public:
    explicit AsioNetwork(AsioLoop& loop) : loop_(loop) {}

    Task<Result<std::unique_ptr<Stream>>> connect(std::string host, uint16_t port,
                                                  TimePoint deadline,
                                                  std::stop_token stop) override;

    /// Listens at a numeric address; port 0: any that is free. Errc::invalid_argument, also where
    /// the port is taken.
    Result<std::unique_ptr<Listener>> listen(const std::string& address, uint16_t port);

private:
    AsioLoop& loop_;
};

}  // namespace lockstep::runtime
