#pragma once

// PURE: what the answers of a cluster, and those that fail to come, say of its health.

#include "model/cluster_status.h"
#include "runtime/event_loop.h"

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

namespace lockstep::replication {

/// One failure alone says nothing, as connections break; a second one in a row does.
///
///     unknown --answer--> healthy <--answers--> degraded    fewer brokers than there were lately
///        |                   |                      |
///     failure           2 failures             2 failures
///        |                   v                      |
///        +-------------> unreachable <--------------+        any answer leads out again
class ClusterHealthRule {
public:
    /// The cluster has answered: so many of its brokers are registered.
    void take_answer(runtime::TimePoint now, size_t brokers);

    /// It was asked and has not answered; `why` is for people.
    void take_failure(std::string why);

    ClusterHealth health() const { return health_; }
    /// Why it is degraded, or, of the last failure, unreachable; else "".
    const std::string& reason() const { return reason_; }

private:
    static constexpr auto kMemory = std::chrono::minutes(10);
    static constexpr int kFailures = 2;

    struct Count {
        runtime::TimePoint at;
        size_t brokers = 0;
    };

    size_t most_brokers(runtime::TimePoint now, size_t brokers);

    ClusterHealth health_ = ClusterHealth::unknown;
    std::string reason_;
    int failures_ = 0;  // in a row
    /// Newer ones are smaller: what a later answer has reached is not looked at again. So there are
    /// at most as many as brokers.
    std::deque<Count> counts_;
};

/// The last measurements of the way to a cluster and back.
class RoundTrips {
public:
    void add(runtime::Duration measured);
    void clear() { size_ = 0; }

    /// In milliseconds; nothing while there is none.
    std::optional<double> median_ms() const;

private:
    static constexpr size_t kKept = 12;

    std::array<runtime::Duration, kKept> kept_{};
    size_t size_ = 0;
    size_t next_ = 0;
};

}  // namespace lockstep::replication
