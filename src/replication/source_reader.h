#pragma once

#include "base/histogram.h"
#include "client/cluster.h"
#include "client/fetch_session.h"
#include "replication/fetch_size.h"
#include "replication/memory_budget.h"
#include "replication/read_rate.h"

#include <optional>
#include <unordered_map>

namespace lockstep::replication {

class PartitionReplicator;

/// How fast a link fetches; its readers share one. Outlives them.
struct ReaderPace {
    std::optional<ReadRate> rate = {};           // nothing: as fast as the source gives
    std::optional<runtime::Duration> rest = {};  // after a fetch that found nothing
    int64_t awaited_bytes = 0;                   // leased for what was asked for
};

/// Reads partitions of a link that one source broker leads, in one fetch session over a connection
/// of its own: the next fetch is on its way while the last one's batches are being produced.
/// Fetches no more than the memory budget allows. Owned by its Link, lives on the link's shard.
class SourceReader {
public:
    struct Shared {
        MemoryBudget& budget;
        LatencyHistogram& latency;
        ReaderPace& pace;
        Priority priority = Priority::normal;
    };

    /// Which of the link's readers: of a broker, the first is 0.
    struct Place {
        BrokerId broker;
        size_t number = 0;
    };

    SourceReader(client::Cluster& source, Place place, Shared shared);

    /// Reads `partition` from its fetch_position() on; also moves one that is being read.
    void add(PartitionReplicator& partition);
    void remove(PartitionReplicator& partition);
    /// With those that wait for room.
    size_t partitions() const { return partitions_.size() + static_cast<size_t>(paused_); }

    /// How many partitions wait for room in their lanes: while there are some, a fetch that finds
    /// nothing returns soon, so that they are not kept waiting behind it.
    void count_paused(int change) { paused_ += change; }

    runtime::Task<void> run(std::stop_token stop);

private:
    runtime::Task<Result<void>> fetch_once(client::ConnectionPtr connection,
                                           std::shared_ptr<MemoryBudget::Lease> lease);
    runtime::Task<void> keep_pace(std::stop_token stop);
    int32_t most_bytes() const;
    void deliver(const protocol::FetchResponse& response, const Slice& frame);
    void fail_all(const Error& error);

    client::Cluster& source_;
    Place place_;
    MemoryBudget& budget_;
    LatencyHistogram& latency_;
    ReaderPace& pace_;
    Priority priority_;
    FetchSize size_;
    client::FetchSession session_;
    std::unordered_map<TopicPartition, PartitionReplicator*> partitions_;
    size_t without_topic_id_ = 0;
    int paused_ = 0;
    int sessions_lost_in_a_row_ = 0;
    bool has_found_nothing_ = false;  // by the last fetch
    runtime::Signal changed_;
};

}  // namespace lockstep::replication
