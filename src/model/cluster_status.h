#pragma once

// What the data plane says of the clusters that it connects.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

enum class ClusterHealth {
    unknown,      // nothing was heard of it yet, neither an answer nor a failure
    healthy,      // it answers, and has all the brokers that it had
    degraded,     // it answers, with fewer brokers than some minutes ago
    unreachable,  // it does not answer
};

std::string_view to_string(ClusterHealth health);

/// A cluster as this process sees it from where it runs.
struct ClusterStatus {
    std::string name;
    std::string region;  // "" where nobody said so
    ClusterHealth health = ClusterHealth::unknown;
    std::string reason;    // why it is degraded or unreachable; else ""
    int64_t since_ms = 0;  // for how long it has been so: wall clock, since 1970
    size_t brokers = 0;    // registered, when it answered last; 0: it never has
    /// From a small request to its answer, the median of the last ones. Nothing before the first,
    /// and while it is unreachable.
    std::optional<double> round_trip_ms;
    std::optional<int64_t> last_answer_ms;  // when it answered last, since 1970
};

}  // namespace lockstep
