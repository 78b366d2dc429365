#include "base/text.h"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <numeric>

namespace lockstep {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < a.size(); ++i) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b.size(); ++j) {
            const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

struct Unit {
    std::string_view name;
    double factor;
};

Result<double> parse_with_unit(std::string_view text, std::span<const Unit> units,
                               std::string_view kind, std::string_view examples) {
    const std::string_view trimmed = trim(text);
    double number = 0;
    const auto [end, problem] =
        std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
    const auto suffix = trim(trimmed.substr(static_cast<size_t>(end - trimmed.data())));
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const Unit& known) { return known.name == suffix; });
    const bool is_number = problem == std::errc() && number >= 0;  // which "nan" is not
    if (!is_number || unit == units.end()) {
        return Error(Errc::invalid_argument,
                     fmt::format("\"{}\" is no {}; write for example {}", text, kind, examples));
    }
    return number * unit->factor;
}

}  // namespace

std::string_view nearest_word(std::string_view word, std::span<const std::string_view> candidates) {
    std::string_view best;
    size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

Result<int64_t> parse_byte_size(std::string_view text) {
    static constexpr std::array<Unit, 9> kUnits{{{"", 1},
                                                 {"B", 1},
                                                 {"KiB", 1 << 10},
                                                 {"MiB", 1 << 20},
                                                 {"GiB", 1 << 30},
                                                 {"KB", 1e3},
                                                 {"kB", 1e3},
                                                 {"MB", 1e6},
                                                 {"GB", 1e9}}};
    LS_TRY(bytes, parse_with_unit(text, kUnits, "size", "64MiB or 1048576"));
    if (bytes > 9e18) {
        return Error(Errc::invalid_argument, fmt::format("\"{}\" is too large a size", text));
    }
    return static_cast<int64_t>(bytes);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    static constexpr std::array<Unit, 5> kUnits{
        {{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};
    LS_TRY(milliseconds, parse_with_unit(text, kUnits, "duration", "500ms, 30s, 5m, 1h or 7d"));
    if (milliseconds > 9e15) {
        return Error(Errc::invalid_argument, fmt::format("\"{}\" is too long a time", text));
    }
    return std::chrono::milliseconds(static_cast<int64_t>(milliseconds));
}

std::string format_bytes(double bytes) {
    static constexpr std::array<std::string_view, 5> kNames{"B", "KiB", "MiB", "GiB", "TiB"};
    size_t name = 0;
    // What would be rounded to 1024.0 of a unit is 1.0 of the next.
    while (bytes >= (name == 0 ? 1023.5 : 1023.95) && name + 1 < kNames.size()) {
        bytes /= 1024;
        ++name;
    }
    return name == 0 ? fmt::format("{:.0f} B", bytes)
                     : fmt::format("{:.1f} {}", bytes, kNames[name]);
}

std::string format_count(int64_t count) {
    std::string digits = std::to_string(count);
    const size_t first = digits.front() == '-' ? 1 : 0;
    for (size_t at = digits.size(); at > first + 3;) {
        at -= 3;
        digits.insert(at, ",");
    }
    return digits;
}

std::string format_duration(std::chrono::seconds duration) {
    const auto total = duration.count();
    if (total < 60) {
        return fmt::format("{}s", total);
    }
    if (total < 3600) {
        return fmt::format("{}m{:02}s", total / 60, total % 60);
    }
    return fmt::format("{}h{:02}m", total / 3600, total % 3600 / 60);
}

std::string format_utc(int64_t ms_since_1970) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(static_cast<time_t>(ms_since_1970 / 1000)));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(at + 1);
    }
}

std::string_view trim(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace lockstep
