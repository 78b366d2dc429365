#include "app/config_link_settings.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>
#include <tuple>

namespace lockstep::app {
namespace {

constexpr KeyRule kBatchSize{"batch_size", "a size from 16KiB to 100MiB", "1MiB"};

constexpr std::array<std::string_view, 3> kPriorityWords{"high", "normal", "low"};
constexpr KeyRule kPriority{"priority", "one of high, normal, low", "normal"};

constexpr std::array<std::string_view, 4> kUserKeys{"name", "mechanism", "password", "iterations"};
constexpr std::array<std::string_view, 2> kMechanismWords{"SCRAM-SHA-256", "SCRAM-SHA-512"};
constexpr KeyRule kUsers{"users", "a list of users",
                         "[{name: alice, password: \"${env:ALICE_PASSWORD}\"}]", true};
constexpr KeyRule kUserName{"name", "the user's name", "alice"};
constexpr KeyRule kMechanism{"mechanism", "one of SCRAM-SHA-256, SCRAM-SHA-512", "SCRAM-SHA-512"};
constexpr KeyRule kPassword{"password", "a text", "\"${env:ALICE_PASSWORD}\""};
constexpr KeyRule kIterations{"iterations", "a whole number from 4096 to 16384", "4096"};
constexpr int kFewestIterations = 4096;  // brokers take no others
constexpr int kMostIterations = 16384;

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

/// A whole number between two others, or nothing.
std::optional<int> number_in(std::string_view text, int fewest, int most) {
    int number = 0;
    const char* last = text.data() + text.size();
    const auto [end, problem] = std::from_chars(text.data(), last, number);
    const bool is_right =
        problem == std::errc() && end == last && number >= fewest && number <= most;
    return is_right ? std::optional(number) : std::nullopt;
}

void read_attempts(YamlMap& map, ConfigProblems& problems, RetryRule& rule) {
    const auto text = map.text(kAttempts);
    if (!text || text->text == "unlimited") {
        return;
    }
    rule.attempts = number_in(text->text, 1, kMostAttempts);
    if (!rule.attempts) {
        report(kAttempts, *text, problems);
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

/// Messages repeat no more than the name: a value may be a secret that stands in a wrong place.
void read_user(const YAML::Node& node, ConfigProblems& problems, std::vector<ScramUser>& users) {
    YamlMap map(node, "a user", KnownKeys(kUserKeys).hidden(), problems);
    map.require({kUserName, kPassword});
    ScramUser user;
    const auto name = map.text(kUserName);
    const auto password = map.text(kPassword);
    if (const auto word = map.text(kMechanism)) {
        if (word->text == kMechanismWords[0]) {
            user.mechanism = SaslMechanism::scram_sha_256;
        } else if (word->text != kMechanismWords[1]) {
            problems.add(word->at, fmt::format("\"mechanism\" must be {}", kMechanism.wants));
        }
    }
    if (const auto text = map.text(kIterations)) {
        const auto number = number_in(text->text, kFewestIterations, kMostIterations);
        user.iterations = number.value_or(user.iterations);
        if (!number) {
            problems.add(text->at, fmt::format("\"iterations\" must be {}", kIterations.wants));
        }
    }
    if (!name || !password) {
        return;
    }
    user.name = name->text;
    user.password = Secret(password->text);
    problems.note_secret(password->at, kPassword.key, user.password);
    for (const ScramUser& other : users) {
        if (other.name == user.name && other.mechanism == user.mechanism) {
            problems.add(name->at, fmt::format("user \"{}\" stands twice with {}; remove one",
                                               user.name, to_string(user.mechanism)));
        }
    }
    users.push_back(std::move(user));
}

void read_users(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    if (!map.has(kUsers.key)) {
        return;
    }
    link.users.emplace();
    for (const YAML::Node& node : map.list(kUsers)) {
        read_user(node, problems, *link.users);
    }
}

}  // namespace

void read_link_settings(YamlMap& map, ConfigProblems& problems, LinkSpec& link) {
    read_batch_size(map, problems, link);
    read_retry(map, problems, link);
    read_priority(map, problems, link);
    read_users(map, problems, link);
}

void check_link_settings(const std::vector<LinkSpec>& links, ConfigProblems& problems) {
    struct Kept {
        const LinkSpec* link;
        const ScramUser* user;
    };
    std::map<std::tuple<std::string, std::string, SaslMechanism>, Kept> kept;  // by target
    for (const LinkSpec& link : links) {
        if (!link.users) {
            continue;
        }
        for (const ScramUser& user : *link.users) {
            const auto [first, is_new] =
                kept.try_emplace({link.target, user.name, user.mechanism}, Kept{&link, &user});
            if (!is_new && first->second.link != &link && *first->second.user != user) {
                problems.add(
                    {}, fmt::format("the links \"{}\" and \"{}\" would keep user \"{}\" on "
                                    "{} in different ways; name it for one of them only",
                                    first->second.link->name, link.name, user.name, link.target));
            }
        }
    }
}

std::vector<std::string> link_setting_sections() {
    std::vector<std::string> paths;
    for (const std::string_view key : kRetryKeys) {
        paths.push_back(fmt::format("retry.{}", key));
    }
    for (const std::string_view key : kUserKeys) {
        paths.push_back(fmt::format("users.{}", key));
    }
    return paths;
}

}  // namespace lockstep::app
