#pragma once

// PURE: the keys of links and replications that say how, and from where on, records are sent.

#include "app/yaml_map.h"
#include "model/link.h"

namespace lockstep::app {

void read_transfer_rules(YamlMap& map, ConfigProblems& problems, LinkSpec& link);

}  // namespace lockstep::app
