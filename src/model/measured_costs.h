#pragma once

// PURE: which routes a mesh would have, if its links cost what the ways to its clusters measure.
//
// What is measured are round trips from here to each cluster; between two clusters nobody measures.
// The way from one to here and on to the other is a way between them: the sum of the two round
// trips is never less than their own distance, and it is that distance where one of them is here.

#include "model/topology.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep {

/// Milliseconds from here to a cluster and back, by its name.
using RoundTripsMs = std::map<std::string, double>;

/// Of each pair of `clusters` whose round trips are both known: their sum, in milliseconds to a
/// tenth, and above 0, as costs have to be.
std::vector<LinkCost> measured_costs(const std::vector<std::string>& clusters,
                                     const RoundTripsMs& round_trips);

/// The trees of a replication with `routes: cheapest`.
struct MeasuredRoutes {
    std::string replication;
    std::vector<ClusterPair> tree;                          // as its links are made now
    std::vector<LinkCost> costs;                            // measured ones
    std::optional<std::vector<ClusterPair>> measured_tree;  // nothing where not all are known

    /// Whether the measured costs would send records by other ways.
    bool differ() const;
};

/// Of each of `replications` that is a mesh with `routes: cheapest`, in their order.
std::vector<MeasuredRoutes> measured_routes(const std::vector<ReplicationSpec>& replications,
                                            const std::vector<ClusterSpec>& clusters,
                                            const RoundTripsMs& round_trips);

}  // namespace lockstep
