#pragma once

// PURE: lines that people type at the demo and at the sandbox.

#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// What stands between blanks.
std::vector<std::string_view> words_of(std::string_view line);

/// A whole number, 0 or more; nothing where the word is something else.
std::optional<int> number_of(std::string_view word);

}  // namespace lockstep::app
