#pragma once

// PURE: how much a plan's links would copy, and how long that would take.

#include "app/plan_report.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::app {

/// About so much, and at most where several clusters' records are in a topic.
struct PlannedLoad {
    int64_t records = 0;
    int64_t bytes = 0;
};

/// Of one link.
struct LinkLoad {
    PlannedLoad found;    // at its source, when the plan was made
    PlannedLoad relayed;  // comes to its source by the links before it, as they copy
};

/// In the links' order.
std::vector<LinkLoad> link_loads(const WholePlan& plan);

struct PlanTotals {
    size_t partitions = 0;
    PlannedLoad all;      // over all links: what crosses two is counted for both
    PlannedLoad relayed;  // of it
    std::chrono::seconds time{0};
    int64_t bytes_per_second = 0;  // with which the time was reckoned
    std::string slowest;           // the link whose bandwidth that is; "" where it is all links'
};

/// Links copy at the same time and share the plan's bytes a second; one with a bandwidth of its own
/// may take longer.
PlanTotals totals_of(const WholePlan& plan);

}  // namespace lockstep::app
