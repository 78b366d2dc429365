#include "app/config_transfer.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace lockstep::app {
namespace {

constexpr std::array<std::string_view, 6> kCompressionWords{"keep",   "none", "gzip",
                                                            "snappy", "lz4",  "zstd"};

constexpr KeyRule kCompression{"compression", "one of keep, none, gzip, snappy, lz4, zstd", "keep"};
constexpr KeyRule kStart{"start", "earliest, latest or a time in UTC", "2026-01-31T12:00:00Z"};
constexpr KeyRule kBandwidth{"bandwidth", "a size of at least 64KiB, for so much a second",
                             "10MiB"};
constexpr KeyRule kSyncInterval{"sync_interval", "continuous, or a duration from 1s to 1d", "15m"};

constexpr int64_t kSmallestBandwidth = int64_t{64} << 10;
constexpr std::chrono::milliseconds kShortestRest{1000};
constexpr std::chrono::milliseconds kLongestRest{86'400'000};

/// "2026-01-31T12:00:00Z" as milliseconds since 1970.
std::optional<int64_t> time_of(std::string_view text) {
    static constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
    if (text.size() != kForm.size()) {
        return std::nullopt;
    }
    std::array<int, 6> numbers{};
    size_t number = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (is_digit != (kForm[i] == '0') || (!is_digit && text[i] != kForm[i])) {
            return std::nullopt;
        }
        number += is_digit ? 0 : 1;
        if (is_digit) {
            numbers.at(number) = numbers.at(number) * 10 + (text[i] - '0');
        }
    }
    const auto [year, month, day, hour, minute, second] = numbers;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok() || year < 1970 || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(days).count() +
           ((hour * 60 + minute) * 60 + second) * int64_t{1000};
}

void report(const KeyRule& rule, const PlacedText& given, ConfigProblems& problems) {
    problems.add(given.at, fmt::format("\"{}\" must be {}, but is \"{}\"; write for example {}",
                                       rule.key, rule.wants, given.text, rule.example));
}

void read_start(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto text = map.text(kStart);
    if (!text || text->text == "earliest") {
        return;
    }
    const auto time = time_of(text->text);
    if (text->text == "latest") {
        link.start.kind = StartRule::Kind::latest;
    } else if (time) {
        link.start = {StartRule::Kind::timestamp, *time};
    } else {
        report(kStart, *text, problems);
    }
}

}  // namespace

void read_transfer_rules(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    if (const auto word = map.text(kCompression)) {
        const auto* const found = std::ranges::find(kCompressionWords, word->text);
        if (found == kCompressionWords.end()) {
            problems.add(word->at,
                         fmt::format("\"compression\" has no choice \"{}\"; {}", word->text,
                                     suggest_word(word->text, kCompressionWords)));
        } else {
            link.compression = static_cast<Compression>(found - kCompressionWords.begin());
        }
    }
    read_start(map, problems, link);
    if (const auto text = map.text(kBandwidth)) {
        const auto bytes = parse_byte_size(text->text);
        if (bytes.has_error() || *bytes < kSmallestBandwidth) {
            report(kBandwidth, *text, problems);
        } else {
            link.bandwidth = *bytes;
        }
    }
    if (const auto text = map.text(kSyncInterval); text && text->text != "continuous") {
        const auto rest = parse_duration(text->text);
        if (rest.has_error() || *rest < kShortestRest || *rest > kLongestRest) {
            report(kSyncInterval, *text, problems);
        } else {
            link.sync_interval = *rest;
        }
    }
}

}  // namespace lockstep::app
