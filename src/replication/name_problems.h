#pragma once

// PURE: which topics of a link cannot have the names on the target that the link gives them.

#include "model/topic_names.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::replication {

/// By the name at the source, why it must not be copied; `topics` are all that the link copies. A
/// topic that keeps its name has a problem only where another one would get it.
std::map<std::string, std::string> name_problems(const TopicNames& names,
                                                 const std::vector<std::string>& topics);

}  // namespace lockstep::replication
