#pragma once

#include "replication/engine.h"
#include "sim/sim_network.h"

#include <memory>

namespace lockstep::sim {

/// What Lockstep processes of a world are to do.
struct WorkerSetup {
    std::vector<ClusterSpec> clusters;
    std::vector<LinkSpec> links;
    Limits limits;
};

/// One Lockstep process: the production engine on a node of its own. A process that has died only
/// lets its coroutines end, cut off from everything, until is_over(). Owned by a scenario.
class Worker {
public:
    Worker(World& world, Internet& internet, std::string name, const WorkerSetup& setup);
    ~Worker();

    /// The end of its machine, or of the process alone (kill -9), between any two steps.
    void kill(Internet::Sent sent);
    /// SIGTERM.
    void stop();
    bool is_over() const { return is_over_; }

    NodeLoop& node() { return node_; }
    std::vector<LinkStatus> status() const { return engine_.status(); }

private:
    runtime::Task<void> end();

    World& world_;
    Internet& internet_;
    NodeLoop& node_;
    SimNetwork network_;
    Rng rng_;
    runtime::Runtime runtime_;
    replication::Engine engine_;
    runtime::TaskGroup tasks_;
    bool is_ending_ = false;
    bool is_over_ = false;
};

}  // namespace lockstep::sim
