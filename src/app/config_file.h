#pragma once

#include "app/config.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace lockstep::app {

/// The configuration in the file `path`, or all that is wrong with it: text for standard error,
/// one line per problem. `text`, where it is given, gets what is in the file.
std::variant<Config, std::string> read_config_file(const std::string& path,
                                                   std::string* text = nullptr);

/// The text of a configuration, Lockstep's or another's; nothing where it cannot be read or is no
/// such file, and then a line for standard error is in `problem`, which ends in `advice`.
std::optional<std::string> read_text_file(const std::string& path, std::string_view advice,
                                          std::string& problem);

}  // namespace lockstep::app
