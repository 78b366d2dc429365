#pragma once

// PURE: how a link's rule of retries is taken by its parts.

#include "client/backoff.h"
#include "model/link.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace lockstep::replication {

/// Of partitions; of the link as a whole and of its connections only where it has a rule.
inline client::BackoffPace retry_pace(const LinkSpec& spec) {
    const RetryRule rule = spec.retry.value_or(RetryRule{});
    return {rule.backoff, rule.max_backoff};
}

/// Of connections: who looks for any broker waits for one after the other, so that none may take
/// long.
inline client::BackoffPace reconnect_pace(const LinkSpec& spec) {
    constexpr runtime::Duration kLongest = std::chrono::seconds(10);
    const client::BackoffPace pace = retry_pace(spec);
    return {std::min(pace.first, kLongest), std::min(pace.longest, kLongest)};
}

/// What is said after the last attempt; explain() knows it again.
inline std::string given_up_text(int attempts, std::string_view why) {
    return fmt::format("given up after {} {}, as retry.attempts says: {}", attempts,
                       attempts == 1 ? "attempt" : "attempts", why);
}

}  // namespace lockstep::replication
