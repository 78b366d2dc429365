#pragma once

// PURE: which clusters, links and programs the demo of a strategy has.

#include "model/topology.h"

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

struct DemoPlace {
    std::string name;  // the cluster's
    std::string role;  // for people
    bool is_written = false;
};

struct DemoLayout {
    Strategy strategy = Strategy::active_passive;
    std::vector<DemoPlace> places;  // the first one is written to, whatever the strategy
    /// As `replications` of the configuration makes them, but for their names: "berlin-paris".
    std::vector<LinkSpec> links;
    bool has_groups = false;  // whether links carry consumer groups

    std::vector<std::string> link_names() const;
    std::vector<std::string> cluster_names() const;
};

/// What --strategy may be.
const std::vector<std::string>& demo_strategies();

/// `strategy` is one of demo_strategies().
DemoLayout demo_layout(std::string_view strategy);

}  // namespace lockstep::app
