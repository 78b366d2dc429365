#pragma once

#include "base/buffer.h"
#include "client/batch_producer.h"
#include "client/cluster.h"
#include "client/group_lease.h"
#include "model/link_status.h"
#include "model/tagged_producer_id.h"
#include "replication/discovery.h"
#include "replication/group_sync.h"
#include "replication/memory_budget.h"
#include "replication/partition_replicator.h"
#include "replication/source_reader.h"

#include <map>
#include <memory>

namespace lockstep::replication {

/// What a link needs from outside; all of it outlives the link.
struct LinkEnvironment {
    runtime::Runtime& runtime;
    MemoryBudget& budget;
    BufferPool& buffers;
};

struct LinkSetup {
    ClusterSpec source;
    ClusterSpec target;
    LinkSpec spec;
    TopicFilter filter;                       // made from the spec
    std::optional<GroupFilter> group_filter;  // the same; nothing where no groups are synced
    runtime::Duration discovery_interval{};
};

/// Copies the topics of one cluster to another.
///
///     source broker --SourceReader--> PartitionReplicator --BatchProducer lane--> target broker
///                       (one per broker)   (one per partition)    (one per partition)
///
/// Four loops: `discover` finds topics and leaders every interval, and at once when a partition
/// asks for it; `position` looks at the logs of partitions that are idle and starts them; `follow`
/// deletes on the target what the source has deleted, and asks who keeps transactions open; a
/// reader per source broker fetches. Lives on
/// one shard. `start()`, then `co_await stop()` before destroying it.
class Link final : public LinkServices {
public:
    Link(const LinkEnvironment& environment, LinkSetup setup);
    ~Link() override;

    void start();

    /// Stops fetching, delivers what has been fetched (at most until `deadline`), and ends.
    runtime::Task<void> stop(runtime::TimePoint deadline);

    LinkStatus status() const;

    const LinkSpec& spec() const override { return spec_; }
    runtime::Runtime& runtime() override { return environment_.runtime; }
    SourceReader& reader_of(BrokerId source_broker) override;
    void want_position() override { position_wanted_.notify_all(); }
    void want_metadata() override;
    void count_error() override { ++errors_; }
    void prepare(PartitionReplicator& partition, LogStartTask task) override;
    Result<void> may_write_markers() override;

private:
    using Partitions = std::map<TopicPartition, std::unique_ptr<PartitionReplicator>>;

    runtime::Task<void> discover_loop();
    void apply(DiscoveredTopics discovered);
    void apply_topic(const client::TopicMetadata& topic);
    void notice_missing(const std::set<std::string>& present);
    void set_problem(std::string problem);

    runtime::Task<void> raise(PartitionReplicator& partition, LogStartTask task);
    runtime::Task<void> follow_loop();
    runtime::Task<void> follow_log_start(PartitionReplicator& partition);
    runtime::Task<void> name_open_transaction(PartitionReplicator& partition);
    runtime::Task<void> probe_markers();
    std::optional<PartitionRanges> ranges_of(const TopicPartition& id) const;

    runtime::Task<void> position_loop();
    void position_due(runtime::TimePoint now);
    runtime::TimePoint next_position() const;
    Result<PartitionReplicator::Leaders> leaders_of(const PartitionReplicator& partition) const;
    runtime::Task<void> position_group(std::vector<PartitionReplicator*> group,
                                       PartitionReplicator::Leaders leaders);
    runtime::Task<void> position_one(PartitionReplicator& partition, PartitionLogs logs);

    LinkEnvironment environment_;
    LinkSpec spec_;
    runtime::Duration discovery_interval_;
    client::Cluster source_;
    client::Cluster target_;
    Discovery discovery_;
    client::BatchProducer producer_;
    std::unique_ptr<GroupSync> groups_;
    std::unique_ptr<client::GroupLease> marker_turn_;  // from the first gap on
    LatencyHistogram fetch_latency_;

    Partitions partitions_;
    std::map<std::string, Error> target_problems_;  // by topic
    std::map<std::string, int> missed_;  // looks in a row that did not find a known topic
    std::map<BrokerId, std::unique_ptr<SourceReader>> readers_;
    std::string problem_;
    std::string marker_problem_;
    bool is_discovered_ = false;
    uint64_t errors_ = 0;

    runtime::Signal position_wanted_;
    runtime::Signal metadata_wanted_;
    bool is_metadata_wanted_ = false;
    runtime::TaskGroup tasks_;
};

}  // namespace lockstep::replication
