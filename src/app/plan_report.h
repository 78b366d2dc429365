#pragma once

// PURE: what `lockstep plan` prints: routes, and what each link would do.

#include "model/topology.h"
#include "replication/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::app {

struct WholePlan {
    std::vector<ClusterSpec> clusters;
    std::vector<ReplicationSpec> replications;
    std::vector<LinkSpec> links;
    std::vector<replication::LinkPlan> plans;  // of the links, in their order
    int64_t bytes_per_second = 0;              // that the time to copy is reckoned with
};

/// By which way an origin's records come to a cluster; of links that are for the same topics.
struct PlannedRoute {
    std::string replication;  // "" of links of their own
    std::string origin;
    std::vector<std::string> path;  // from the origin to the cluster
};

std::vector<PlannedRoute> planned_routes(const WholePlan& plan);

/// What `run` would not copy, as it would come twice or come back: of topics that were found, or
/// may come by the links' `topics`. Each is said once.
std::vector<std::string> route_problems(const WholePlan& plan);

std::string render_plan(const WholePlan& plan);
std::string plan_json(const WholePlan& plan);

/// As of the links (check_report.h), or routes are wrong.
bool has_trouble(const WholePlan& plan);

}  // namespace lockstep::app
