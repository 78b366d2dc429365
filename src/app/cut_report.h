#pragma once

// PURE: what `lockstep cut` prints.

#include "replication/consistent_cut.h"

#include <string>
#include <vector>

namespace lockstep::app {

/// A line for each partition, and one for each of the first transactions that were cut there.
std::string render_cuts(const std::vector<replication::LinkCut>& links);

std::string cut_json(const std::vector<replication::LinkCut>& links);

/// The cut of a link is not known.
bool has_trouble(const std::vector<replication::LinkCut>& links);

}  // namespace lockstep::app
