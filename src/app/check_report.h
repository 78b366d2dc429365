#pragma once

// PURE: what `lockstep check` prints.

#include "replication/plan.h"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace lockstep::app {

/// The first line: whether each link could be planned.
std::string headline(const std::vector<replication::LinkPlan>& plans);

/// For each link a table of its topics, in 80 columns, with what is created, what would differ from
/// the source, and what is blocked.
std::string render_check_table(const std::vector<replication::LinkPlan>& plans);

/// The tables alone; `more` adds lines about a link.
std::string render_links(const std::vector<replication::LinkPlan>& plans,
                         const std::function<std::string(const replication::LinkPlan&)>& more);

nlohmann::ordered_json links_json(const std::vector<replication::LinkPlan>& plans);

/// The same for scripts, with every partition.
std::string check_json(const std::vector<replication::LinkPlan>& plans);

/// A link cannot be planned, a partition is blocked or will be as the target takes no markers, or
/// groups are to be kept and are not known.
bool has_trouble(const std::vector<replication::LinkPlan>& plans);

}  // namespace lockstep::app
