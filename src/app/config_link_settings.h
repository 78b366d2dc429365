#pragma once

// PURE: more keys of links and replications: how batches are made.

#include "app/yaml_map.h"
#include "model/link.h"

#include <array>
#include <string_view>

namespace lockstep::app {

constexpr std::array<std::string_view, 1> kLinkSettingKeys{"batch_size"};

void read_link_settings(YamlMap& map, ConfigProblems& problems, LinkSpec& link);

}  // namespace lockstep::app
