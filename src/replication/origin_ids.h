#pragma once

#include "replication/carried_origins.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <stop_token>

namespace lockstep::replication {

/// What the configuration says of clusters' ids.
ClusterIds configured_ids(const std::vector<ClusterSpec>& clusters);

/// Clusters whose records a link relays.
struct RelayedOrigins {
    std::vector<ClusterSpec> clusters;  // holds them all
    std::vector<std::string> names;
};

RelayedOrigins relayed_by(const LinkSpec& link, std::vector<ClusterSpec> clusters);

/// Asks them for their ids, where those are not known yet. `ids` outlives this.
runtime::Task<Result<void>> learn_origins(runtime::Runtime& runtime, RelayedOrigins origins,
                                          ClusterIds& ids, std::stop_token stop);

}  // namespace lockstep::replication
