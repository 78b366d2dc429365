#pragma once

#include "model/topology.h"
#include "sandbox/served_cluster.h"
#include "sim/sim_network.h"
#include "sim/workload.h"

#include <string>
#include <vector>

namespace lockstep::sim {

/// What a seed makes of a run of several clusters that are all written to.
struct RoutesPlan {
    struct Member {
        std::string name;
        int32_t brokers = 1;
        sandbox::KafkaVersion version = sandbox::KafkaVersion::v4_3;
    };

    std::vector<Member> clusters;
    Strategy strategy = Strategy::active_active;
    MeshRoutes routes = MeshRoutes::direct;
    std::vector<LinkCost> costs;
    bool has_ids = false;  // the configuration says the clusters' ids
    std::vector<TopicPlan> topics;
    int workers = 1;  // each has all links
    Limits limits;
    Latency latency;
    Duration write_interval{};  // on each cluster
    Duration length = std::chrono::seconds(60);
    std::vector<std::string> faults;  // the kinds that this seed switches on
    Duration fault_interval{};

    /// With the topics, and nothing else that links may have.
    ReplicationSpec replication() const;
    /// A line of the log.
    std::string text() const;
};

/// `kinds`: the faults that there are.
RoutesPlan draw_routes_plan(Rng& rng, const std::vector<std::string>& kinds);

}  // namespace lockstep::sim
