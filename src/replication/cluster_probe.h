#pragma once

#include "client/cluster.h"
#include "model/cluster_status.h"
#include "model/link.h"
#include "replication/cluster_health.h"
#include "runtime/runtime.h"
#include "runtime/task_group.h"

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace lockstep::replication {

/// Asks one cluster every five seconds whether it is there, by connections of its own, and measures
/// how long its answer takes. What it asks for, metadata of no topics, is small and needs no right.
/// Owned by ClusterProbes, on the engine's loop. `start()`, then `co_await stop()` before
/// destroying it.
class ClusterProbe {
public:
    ClusterProbe(runtime::Runtime& runtime, ClusterSpec spec);

    void start();
    /// Ends at once whatever it waits for.
    runtime::Task<void> stop();

    const ClusterSpec& spec() const { return spec_; }
    ClusterStatus status() const;

private:
    /// How long the answer took; nothing where that says nothing of the way.
    using Measured = std::optional<runtime::Duration>;

    runtime::Task<void> run();
    runtime::Task<Result<Measured>> ask(runtime::TimePoint deadline);
    runtime::Task<Result<Measured>> ask_until(std::stop_token stop);
    void learn(const Result<Measured>& asked);
    void tell_change(ClusterHealth before) const;

    runtime::Runtime& runtime_;
    ClusterSpec spec_;
    client::Cluster cluster_;
    ClusterHealthRule rule_;
    RoundTrips round_trips_;
    int64_t since_ms_;
    std::optional<int64_t> last_answer_ms_;
    runtime::TaskGroup tasks_;
};

/// The probes of all clusters that an engine's links use. Owned by the engine, on its loop.
/// `co_await stop()` before destroying it.
class ClusterProbes {
public:
    explicit ClusterProbes(runtime::Runtime& runtime) : runtime_(runtime) {}

    void start(const std::vector<ClusterSpec>& wanted);

    /// Asks these from now on, and no others; one that is the same goes on untouched. Returns when
    /// those that are gone have ended.
    runtime::Task<void> reconfigure(std::vector<ClusterSpec> wanted);

    runtime::Task<void> stop();

    /// In the order of those that are wanted.
    std::vector<ClusterStatus> status() const;

private:
    using Probes = std::vector<std::unique_ptr<ClusterProbe>>;

    /// Makes the probes those of `wanted`; returns those that are no longer.
    Probes exchange_for(const std::vector<ClusterSpec>& wanted);
    runtime::Task<void> stop_all(const Probes& probes);

    runtime::Runtime& runtime_;
    Probes probes_;
    bool is_stopping_ = false;
};

}  // namespace lockstep::replication
