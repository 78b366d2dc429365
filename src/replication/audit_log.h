#pragma once

#include "client/backoff.h"
#include "client/cluster.h"

#include <deque>
#include <string>

namespace lockstep::replication {

/// Writes what operators did into the topic `__lockstep_audit` of a link's target, in order and
/// each at least once (its key tells it apart); the topic is created when the first one comes.
/// While the cluster is away, at most kMostWaiting wait; what cannot be written is told in the log.
/// Owned by its Link, lives on the link's shard.
class AuditLog {
public:
    static constexpr const char* kTopic = "__lockstep_audit";
    static constexpr size_t kMostWaiting = 256;

    explicit AuditLog(client::Cluster& target);

    void add(std::string key, std::string value);

    /// Ends with `stop`.
    runtime::Task<void> run(std::stop_token stop);

    /// Waits until all is written, or until `deadline`.
    runtime::Task<void> drain(runtime::TimePoint deadline);

private:
    struct Entry {
        std::string key;
        std::string value;
        int64_t timestamp_ms = 0;
    };

    runtime::Task<Result<void>> write(Entry entry, std::stop_token stop);
    runtime::Task<Result<client::PartitionLeader>> leader(std::stop_token stop);

    client::Cluster& target_;
    std::deque<Entry> waiting_;
    runtime::Signal changed_;
    client::Backoff backoff_{std::chrono::milliseconds(100), std::chrono::seconds(5)};
};

}  // namespace lockstep::replication
