#pragma once

// PURE: how this process takes part where several copy the same links, from the section "fleet" of
// the configuration.

#include "app/yaml_map.h"
#include "model/link.h"

#include <span>
#include <string_view>

namespace lockstep::app {

std::span<const std::string_view> fleet_keys();

void read_fleet(YamlMap& top, ConfigProblems& problems, FleetSpec& fleet);

}  // namespace lockstep::app
