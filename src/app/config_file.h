#pragma once

#include "app/config.h"

#include <string>
#include <variant>

namespace lockstep::app {

/// The configuration in the file `path`, or all that is wrong with it: text for standard error,
/// one line per problem.
std::variant<Config, std::string> read_config_file(const std::string& path);

}  // namespace lockstep::app
