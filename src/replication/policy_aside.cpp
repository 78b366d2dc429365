#include "replication/policy_aside.h"

#include "base/whole_number.h"

#include <array>

namespace lockstep::replication {
namespace {

const std::string kPolicy = "cleanup.policy";
const std::string kAside = "compact,delete";
const std::array<std::string, 2> kLimits{"retention.ms", "retention.bytes"};
/// Some 146 million years, and 4 EiB.
constexpr int64_t kForEver = int64_t{1} << 62;
constexpr int64_t kNotSet = -2;  // Kafka's own values begin at -1

std::optional<int64_t> number_of(const OwnConfigs& own, const std::string& key) {
    const auto found = own.find(key);
    return found == own.end() ? std::nullopt : parse_whole_number(found->second);
}

bool is_for_ever(std::optional<int64_t> value) {
    return value && *value >= kForEver + kNotSet;
}

}  // namespace

client::ConfigChanges set_aside(const OwnConfigs& own) {
    client::ConfigChanges changes{{kPolicy, kAside}};
    for (const std::string& key : kLimits) {
        const auto before = number_of(own, key);
        // Another partition's log start may be raised at the same time.
        changes[key] =
            std::to_string(is_for_ever(before) ? *before : kForEver + before.value_or(kNotSet));
    }
    return changes;
}

std::optional<client::ConfigChanges> put_back(const OwnConfigs& own) {
    const auto policy = own.find(kPolicy);
    if (policy == own.end() || policy->second != kAside) {
        return std::nullopt;
    }
    client::ConfigChanges changes{{kPolicy, "compact"}};
    for (const std::string& key : kLimits) {
        const auto value = number_of(own, key);
        if (!is_for_ever(value)) {
            return std::nullopt;
        }
        const int64_t before = *value - kForEver;
        changes[key] = before == kNotSet ? std::nullopt : std::optional(std::to_string(before));
    }
    return changes;
}

bool is_set_aside_with(const std::string& key) {
    return key == kPolicy || key == kLimits[0] || key == kLimits[1];
}

}  // namespace lockstep::replication
