#pragma once

// PURE: the bodies of /api/v1, but for those in regions.h and status_json.h.

#include "app/rates.h"
#include "model/cluster_status.h"
#include "model/link_status.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// What all of them are made of. `links` has those that were asked for.
struct ApiView {
    std::vector<LinkStatus> links;
    const Rates& rates;
    int64_t now_ms = 0;                        // wall clock, since 1970
    std::vector<ClusterStatus> clusters = {};  // all of them
    int64_t start_time_ms = 0;                 // of the process, wall clock
    std::optional<PartitionState> state = {};  // only partitions in that one, where they are listed
};

// In a fleet, one worker does not know how the partitions of others get on. So these say how many
// of the links' partitions are with whom: `elsewhere`.

std::string links_json(const ApiView& view);
std::string topics_json(const ApiView& view);
std::string groups_json(const ApiView& view);

/// Of each partition that is this worker's, the one that is furthest behind first.
std::string lag_json(const ApiView& view);

/// What the states of the partitions mean.
std::string explanations_json(const ApiView& view);

struct ChangedLink {
    std::string link;
    size_t partitions = 0;
    size_t unchanged = 0;  // of these, that were so already
};

std::string changed_json(const std::vector<ChangedLink>& links);
std::string log_json(std::string_view level);
/// `done`: what was done all the same; key "links", only where there is any.
std::string error_json(std::string_view error, const std::vector<ChangedLink>& done = {});

}  // namespace lockstep::app
