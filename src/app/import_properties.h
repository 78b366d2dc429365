#pragma once

#include "app/import_setting.h"

namespace lockstep::app {

/// PURE. A file in Java's .properties format (java.util.Properties): comments, continued lines,
/// '=', ':' or space behind the key, escapes. Settings are in the order of the text, also those
/// that are there twice, of which the last one counts.
std::vector<ForeignSetting> parse_properties(std::string_view text);

}  // namespace lockstep::app
