#pragma once

#include "app/config_problems.h"

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>

namespace lockstep::app {

/// PURE. The one YAML document in `text`; nothing where that is not what it is, which is reported
/// with the place and with what is usually behind it.
std::optional<YAML::Node> load_yaml(const std::string& text, ConfigProblems& problems);

}  // namespace lockstep::app
