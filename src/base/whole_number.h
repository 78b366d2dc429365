#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep {

/// "-12" as -12; nothing where the text is anything else than a number of 64 bits.
inline std::optional<int64_t> parse_whole_number(std::string_view text) {
    int64_t number = 0;
    const char* last = text.data() + text.size();
    const auto [end, problem] = std::from_chars(text.data(), last, number);
    return problem == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

}  // namespace lockstep
