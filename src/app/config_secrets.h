#pragma once

// PURE: secrets that stand in a configuration as they are, or seem to in a comment. A configuration
// that is kept on a cluster, or shown, is read by more people than its file.

#include "app/config_problems.h"

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// A line for each literal secret in `text`: where it stands, its key and what to write instead;
/// "" where there is none. `name` is that of the file.
std::string literal_secrets(const std::string& text, std::string_view name);

/// `text` with "(a secret)" in place of each literal secret. Of a text that is no valid
/// configuration nothing is shown: what in it is a secret cannot be told.
std::string without_secrets(const std::string& text);

}  // namespace lockstep::app
