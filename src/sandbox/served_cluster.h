#pragma once

#include "sandbox/broker_server.h"

#include <functional>
#include <map>

namespace lockstep::sandbox {

/// Where a broker listens; the port that it got is the listener's.
using Listen = std::function<Result<std::unique_ptr<runtime::Listener>>(const Broker& broker)>;

/// A cluster whose brokers can be reached, and can be ended and started again. Lives on one loop;
/// `co_await stop()` before it is destroyed.
class ServedCluster {
public:
    ServedCluster(runtime::EventLoop& loop, Rng& rng, ClusterOptions options);

    /// Starts all brokers, at the hosts and ports that they have (port 0: any), and what a cluster
    /// does with time. On error, what was started is to be stopped all the same.
    Result<void> start(Listen listen);

    /// As kill -9: nothing is answered any more, leaders move.
    void kill_broker(BrokerId id);
    Result<void> restart_broker(BrokerId id);
    bool is_up(BrokerId id) { return cluster_.find_broker(id)->is_up; }

    runtime::Task<void> stop();

    Cluster& cluster() { return cluster_; }
    /// "host:port,host:port", for clients.
    std::string bootstrap() const;

private:
    Result<void> serve(Broker& broker);
    runtime::Task<void> clean_up_now_and_then();

    Cluster cluster_;
    Listen listen_;
    std::map<BrokerId, std::unique_ptr<BrokerServer>> servers_;
    std::vector<std::unique_ptr<BrokerServer>> ended_;
    runtime::TaskGroup tasks_;
};

}  // namespace lockstep::sandbox
