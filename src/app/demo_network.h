#pragma once

#include "runtime/network.h"

#include <set>

namespace lockstep::app {

/// A network that can be cut: what Lockstep in the demo sees of the world. While it is cut, all its
/// connections are closed and new ones are refused. Lives on one loop, outlives its connections.
class DemoNetwork final : public runtime::Network {
public:
    explicit DemoNetwork(runtime::Network& real) : real_(real) {}

    runtime::Task<Result<std::unique_ptr<runtime::Stream>>> connect(std::string host, uint16_t port,
                                                                    runtime::TimePoint deadline,
                                                                    std::stop_token stop) override;

    void cut();
    void heal() { is_cut_ = false; }
    bool is_cut() const { return is_cut_; }

private:
    class Connection;

    runtime::Network& real_;
    std::set<Connection*> connections_;
    bool is_cut_ = false;
};

}  // namespace lockstep::app
