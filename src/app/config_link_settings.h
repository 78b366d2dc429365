#pragma once

// PURE: more keys of links and replications: how batches are made, how often what fails is tried
// again, which link goes first, which users there are on the target.

#include "app/yaml_map.h"
#include "model/link.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

constexpr std::array<std::string_view, 4> kLinkSettingKeys{"batch_size", "retry", "priority",
                                                           "users"};

void read_link_settings(YamlMap& map, ConfigProblems& problems, LinkSpec& link);

/// What only all links together show: users that two of them would keep in different ways.
void check_link_settings(const std::vector<LinkSpec>& links, ConfigProblems& problems);

/// The sections' keys, as paths below a link: "retry.attempts", ...
std::vector<std::string> link_setting_sections();

}  // namespace lockstep::app
