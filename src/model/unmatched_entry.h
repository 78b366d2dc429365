#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace lockstep {

/// An entry of a link's `topics` that no topic of the source matches, as of the last look.
struct UnmatchedEntry {
    std::string entry;
    std::string nearest;  // the topic that was probably meant; "" where none is near

    bool operator==(const UnmatchedEntry&) const = default;
};

/// `no topic of east matches "ordrs"; did you mean "orders"?`
inline std::string describe(const UnmatchedEntry& unmatched, std::string_view source) {
    return fmt::format("no topic of {} matches \"{}\"", source, unmatched.entry) +
           (unmatched.nearest.empty() ? ""
                                      : fmt::format("; did you mean \"{}\"?", unmatched.nearest));
}

}  // namespace lockstep
