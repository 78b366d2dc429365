#pragma once

// PURE: more keys of links and replications: how batches are made, how often what fails is tried
// again, which link goes first.

#include "app/yaml_map.h"
#include "model/link.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

constexpr std::array<std::string_view, 3> kLinkSettingKeys{"batch_size", "retry", "priority"};

void read_link_settings(YamlMap& map, ConfigProblems& problems, LinkSpec& link);

/// The sections' keys, as paths below a link: "retry.attempts", ...
std::vector<std::string> link_setting_sections();

}  // namespace lockstep::app
