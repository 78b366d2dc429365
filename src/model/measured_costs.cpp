#include "model/measured_costs.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace lockstep {
namespace {

constexpr double kLeastCost = 0.1;

double to_a_tenth(double value) {
    return std::max(std::round(value * 10) / 10, kLeastCost);
}

/// A tree is the same one, whichever end of a link is named first.
std::set<ClusterPair> sorted(const std::vector<ClusterPair>& tree) {
    std::set<ClusterPair> pairs;
    for (const auto& [one, other] : tree) {
        pairs.insert(std::minmax(one, other));
    }
    return pairs;
}

MeasuredRoutes routes_of(const ReplicationSpec& replication,
                         const std::vector<ClusterSpec>& clusters,
                         const RoundTripsMs& round_trips) {
    MeasuredRoutes routes;
    routes.replication = replication.name;
    routes.tree = cheapest_tree(replication, clusters);
    routes.costs = measured_costs(replication.clusters, round_trips);
    const size_t pairs = replication.clusters.size() * (replication.clusters.size() - 1) / 2;
    if (routes.costs.size() == pairs) {
        ReplicationSpec measured = replication;
        measured.costs = routes.costs;
        routes.measured_tree = cheapest_tree(measured, clusters);
    }
    return routes;
}

}  // namespace

std::vector<LinkCost> measured_costs(const std::vector<std::string>& clusters,
                                     const RoundTripsMs& round_trips) {
    std::vector<LinkCost> costs;
    for (size_t i = 0; i < clusters.size(); ++i) {
        for (size_t j = i + 1; j < clusters.size(); ++j) {
            const auto one = round_trips.find(clusters[i]);
            const auto other = round_trips.find(clusters[j]);
            if (one != round_trips.end() && other != round_trips.end()) {
                costs.push_back(
                    {clusters[i], clusters[j], to_a_tenth(one->second + other->second)});
            }
        }
    }
    return costs;
}

bool MeasuredRoutes::differ() const {
    return measured_tree && sorted(*measured_tree) != sorted(tree);
}

std::vector<MeasuredRoutes> measured_routes(const std::vector<ReplicationSpec>& replications,
                                            const std::vector<ClusterSpec>& clusters,
                                            const RoundTripsMs& round_trips) {
    std::vector<MeasuredRoutes> routes;
    for (const ReplicationSpec& replication : replications) {
        if (replication.strategy == Strategy::mesh && replication.routes == MeshRoutes::cheapest) {
            routes.push_back(routes_of(replication, clusters, round_trips));
        }
    }
    return routes;
}

}  // namespace lockstep
