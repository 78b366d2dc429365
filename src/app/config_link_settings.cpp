#include "app/config_link_settings.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>

namespace lockstep::app {
namespace {

constexpr KeyRule kBatchSize{"batch_size", "a size from 16KiB to 100MiB", "1MiB"};

constexpr std::array<std::string_view, 3> kPriorityWords{"high", "normal", "low"};
constexpr KeyRule kPriority{"priority", "one of high, normal, low", "normal"};

constexpr std::array<std::string_view, 3> kRetryKeys{"attempts", "backoff", "max_backoff"};
constexpr KeyRule kRetry{"retry", "a section", "{attempts: 10, backoff: 100ms, max_backoff: 10s}"};
constexpr KeyRule kAttempts{"attempts", "a whole number from 1 to 1000000, or unlimited", "10"};
constexpr KeyRule kBackoff{"backoff", "a duration from 10ms to 1m", "100ms"};
constexpr KeyRule kMaxBackoff{"max_backoff", "a duration from 10ms to 1h", "10s"};

constexpr int kMostAttempts = 1'000'000;
constexpr std::chrono::milliseconds kShortestBackoff{10};
constexpr std::chrono::milliseconds kLongestFirstBackoff{60'000};
constexpr std::chrono::milliseconds kLongestBackoff{3'600'000};

constexpr int64_t kSmallestBatch = int64_t{16} << 10;
constexpr int64_t kLargestBatch = int64_t{100} << 20;

void report(const KeyRule& rule, const PlacedText& given, ConfigProblems& problems) {
    problems.add(given.at, fmt::format("\"{}\" must be {}, but is \"{}\"; write for example {}",
                                       rule.key, rule.wants, given.text, rule.example));
}

void read_batch_size(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto text = map.text(kBatchSize);
    if (!text) {
        return;
    }
    const auto bytes = parse_byte_size(text->text);
    if (bytes.has_error() || *bytes < kSmallestBatch || *bytes > kLargestBatch) {
        report(kBatchSize, *text, problems);
    } else {
        link.batch_size = *bytes;
    }
}

void read_attempts(YamlMap& map, ConfigProblems& problems, RetryRule& rule) {
    const auto text = map.text(kAttempts);
    if (!text || text->text == "unlimited") {
        return;
    }
    int number = 0;
    const char* last = text->text.data() + text->text.size();
    const auto [end, problem] = std::from_chars(text->text.data(), last, number);
    if (problem != std::errc() || end != last || number < 1 || number > kMostAttempts) {
        report(kAttempts, *text, problems);
    } else {
        rule.attempts = number;
    }
}

/// A duration up to `longest`; nothing where the key is absent or its value has been reported.
std::optional<std::chrono::milliseconds> read_pause(YamlMap& map, const KeyRule& rule,
                                                    std::chrono::milliseconds longest,
                                                    ConfigProblems& problems) {
    const auto text = map.text(rule);
    if (!text) {
        return std::nullopt;
    }
    const auto pause = parse_duration(text->text);
    if (pause.has_error() || *pause < kShortestBackoff || *pause > longest) {
        report(rule, *text, problems);
        return std::nullopt;
    }
    return *pause;
}

void read_retry(YamlMap& link, ConfigProblems& problems, LinkSpec& spec) {
    const auto node = link.value(kRetry);
    if (!node) {
        return;
    }
    YamlMap map(*node, "the section \"retry\"", kRetryKeys, problems);
    RetryRule& rule = spec.retry.emplace();
    read_attempts(map, problems, rule);
    const auto first = read_pause(map, kBackoff, kLongestFirstBackoff, problems);
    const auto longest = read_pause(map, kMaxBackoff, kLongestBackoff, problems);
    rule.backoff = first.value_or(rule.backoff);
    rule.max_backoff = longest.value_or(std::max(rule.max_backoff, rule.backoff));
    if (rule.max_backoff < rule.backoff) {
        problems.add(map.at(kMaxBackoff.key),
                     fmt::format("\"max_backoff\" is {}ms, less than \"backoff\", {}ms; raise it, "
                                 "or leave it out",
                                 rule.max_backoff.count(), rule.backoff.count()));
    }
}

void read_priority(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    const auto word = map.text(kPriority);
    if (!word) {
        return;
    }
    const auto* const found = std::ranges::find(kPriorityWords, word->text);
    if (found == kPriorityWords.end()) {
        problems.add(word->at, fmt::format("\"priority\" has no choice \"{}\"; {}", word->text,
                                           suggest_word(word->text, kPriorityWords)));
    } else {
        link.priority = kAllPriorities.at(static_cast<size_t>(found - kPriorityWords.begin()));
    }
}

}  // namespace

void read_link_settings(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    read_batch_size(map, problems, link);
    read_retry(map, problems, link);
    read_priority(map, problems, link);
}

std::vector<std::string> link_setting_sections() {
    std::vector<std::string> paths;
    for (const std::string_view key : kRetryKeys) {
        paths.push_back(fmt::format("retry.{}", key));
    }
    return paths;
}

}  // namespace lockstep::app
