#pragma once

// PURE: clusters and the regions that they stand in, with what is copied between them.

#include "app/api_json.h"
#include "model/cluster_status.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::app {

/// Bytes a second that this process copies, over all links.
struct Traffic {
    double in = 0;
    double out = 0;
    double within = 0;  // from a cluster of a region to another one of it
};

struct RegionCluster {
    ClusterStatus status;
    Traffic traffic;  // `within` is 0: nothing is copied from a cluster to itself
};

struct Region {
    std::string name;  // "" for all clusters that have none
    std::vector<RegionCluster> clusters;
    Traffic traffic;

    /// The worst of its clusters'.
    ClusterHealth health() const;
    /// The smallest of its clusters' that are known, in milliseconds.
    std::optional<double> round_trip_ms() const;
    size_t brokers() const;
};

/// In the order in which the clusters name them.
std::vector<Region> regions_of(const ApiView& view);

std::string clusters_json(const ApiView& view);
std::string regions_json(const ApiView& view);

}  // namespace lockstep::app
