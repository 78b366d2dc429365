#pragma once

#include "model/link.h"
#include "sandbox/served_cluster.h"
#include "sim/sim_network.h"

#include <memory>
#include <string>

namespace lockstep::sim {

/// A cluster of a world: its brokers are "NAME-1", "NAME-2", ... on the one node NAME.
struct Place {
    std::string name;
    NodeLoop* node = nullptr;
    std::unique_ptr<Rng> rng;
    std::unique_ptr<SimNetwork> network;
    std::unique_ptr<sandbox::ServedCluster> cluster;
};

/// Starts it; `options` name it.
Place open_place(World& world, Internet& internet, sandbox::ClusterOptions options);

/// Ends its brokers; it can be destroyed then.
void close_place(World& world, Place& place);

/// How links name it, and where its brokers are.
ClusterSpec spec_of(const Place& place);

std::string_view to_string(sandbox::KafkaVersion version);

}  // namespace lockstep::sim
