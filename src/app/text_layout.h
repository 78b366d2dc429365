#pragma once

// PURE: text for terminals.

#include <cstddef>
#include <string>
#include <string_view>

namespace lockstep::app {

/// `text` without control characters: what comes from elsewhere must not steer a terminal.
std::string printable(std::string_view text);

/// Breaks `text` at spaces into lines of at most `width` columns, each with `indent` spaces in
/// front and a line feed behind. A word that is wider gets a line of its own.
std::string wrap_text(std::string_view text, size_t indent, size_t width);

/// "2 partitions are with worker host-b:7: ask it"; `worker` is "" while that is not known.
std::string elsewhere_text(size_t partitions, std::string_view worker);

/// "1 partition", "2 partitions".
std::string count_of(size_t count, std::string_view noun);

}  // namespace lockstep::app
