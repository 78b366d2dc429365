#pragma once

#include "client/cluster.h"
#include "replication/plan.h"

namespace lockstep::replication {

struct PlannedLink {
    client::Cluster& source;
    client::Cluster& target;
    const LinkSpec& spec;
};

/// Adds what would be done with what lies around the data: the same decisions as MetadataSync's,
/// and nothing is changed. What cannot be found out is a problem of that part of the plan.
runtime::Task<void> plan_around(LinkPlan& plan, PlannedLink link, std::stop_token stop);

}  // namespace lockstep::replication
