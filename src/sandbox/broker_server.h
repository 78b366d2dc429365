#pragma once

#include "runtime/network.h"
#include "runtime/task_group.h"
#include "sandbox/cluster.h"

#include <memory>

namespace lockstep::sandbox {

/// One broker of a cluster, as clients see it: answers the requests of each connection in their
/// order, one at a time. Owned by whoever runs the cluster, on its loop; request_stop(), then join.
class BrokerServer {
public:
    BrokerServer(Cluster& cluster, BrokerId id)
        : cluster_(cluster), id_(id), group_(cluster.loop()) {}

    /// Serves a connection until it ends, the broker is to stop, or cut_connections().
    void serve(std::unique_ptr<runtime::Stream> stream);
    /// Takes connections from `listener` until the broker is to stop.
    void accept_from(std::unique_ptr<runtime::Listener> listener);

    /// As a broker that dies: no answer goes out any more.
    void cut_connections();

    void request_stop();
    runtime::Task<void> join() { return group_.join(); }

private:
    runtime::Task<void> run_connection(std::shared_ptr<runtime::Stream> stream);
    runtime::Task<void> run_listener(std::shared_ptr<runtime::Listener> listener);

    Cluster& cluster_;
    BrokerId id_;
    runtime::TaskGroup group_;
    std::vector<std::weak_ptr<runtime::Stream>> streams_;
    std::vector<std::weak_ptr<runtime::Listener>> listeners_;
};

}  // namespace lockstep::sandbox
