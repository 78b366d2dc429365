#pragma once

#include "base/buffer.h"
#include "client/backoff.h"
#include "client/batch_producer.h"
#include "client/cluster.h"
#include "model/link_status.h"
#include "replication/audit_log.h"
#include "replication/continuous_verifier.h"
#include "replication/deletion_follower.h"
#include "replication/discovery.h"
#include "replication/fleet.h"
#include "replication/group_sync.h"
#include "replication/memory_budget.h"
#include "replication/metadata_sync.h"
#include "replication/offsets_store.h"
#include "replication/partition_replicator.h"
#include "replication/source_reader.h"
#include "replication/topic_routes.h"

#include <map>
#include <memory>
#include <optional>
#include <set>

namespace lockstep::replication {

struct MapAlignment;

/// Told that a copy was deleted: of which link, which topic, and what it was called on the target.
using CopyDeleted = std::function<void(const std::string& link, const std::string& topic,
                                       const std::string& target_topic)>;

/// What a link needs from outside; all of it outlives the link.
struct LinkEnvironment {
    runtime::Runtime& runtime;
    MemoryBudget& budget;
    BufferPool& buffers;
    ReadRate* verify_rate = nullptr;  // of what is read to prove copies; null: they are not proved
    ClusterIds* cluster_ids = nullptr;  // as far as any link knows them; null: only this one's own
    TopicRoutes* routes = nullptr;      // of all links together; null: this is the only one
    client::MemberNames* member_names = nullptr;  // null: none are kept
    FleetSpec fleet = {};
    size_t session_partitions = Limits{}.session_partitions;
    const CopyDeleted* on_copy_deleted = nullptr;  // null, or empty: nobody wants to know
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
///                (1,000 partitions each)  (one per partition)    (one per partition)
///
/// Four loops: `discover` finds topics and leaders every interval, and at once when a partition
/// asks for it; `position` looks at the logs of partitions that are idle and starts them; `follow`
/// deletes on the target what the source has deleted, and asks who keeps transactions open; a
/// reader for each thousand partitions of a source broker fetches. Which partitions are this
/// worker's says its Fleet. Lives on one shard. `start()`, then `co_await stop()` before destroying
/// it.
class Link final : public LinkServices {
public:
    Link(const LinkEnvironment& environment, LinkSetup setup);
    ~Link() override;

    /// With what was paused of a link of this name before.
    void start(const Pauses& pauses = {});

    /// Stops fetching, delivers what has been fetched (at most until `deadline`), and ends.
    runtime::Task<void> stop(runtime::TimePoint deadline);

    LinkStatus status() const;

    /// Pauses all that `scope` names on all workers of the link, until resume() or until none of
    /// them runs; says how many partitions these are. What is created later belongs to it, too;
    /// while the whole link is paused, it does not even look for topics, once it has joined the
    /// others. Errc::not_found for what is not there.
    Result<size_t> pause(const PauseScope& scope);
    /// What has given up, after as many attempts as `retry` allows, tries again as well.
    /// Errc::invalid_argument where something wider is paused.
    Result<size_t> resume(const PauseScope& scope);
    const Pauses& pauses() const { return pauses_.now(); }

    /// Writes what an operator did into the target's audit topic, soon.
    void audit(std::string key, std::string value) { audit_.add(std::move(key), std::move(value)); }

    const LinkSpec& spec() const override { return spec_; }
    runtime::Runtime& runtime() override { return environment_.runtime; }
    SourceReader& reader_of(BrokerId source_broker) override;
    void want_position() override { position_wanted_.notify_all(); }
    void want_metadata() override;
    void count_error(std::string what) override;
    void prepare(PartitionReplicator& partition, LogStartTask task) override;
    Result<void> may_write_markers(const TopicPartition& id,
                                   std::optional<uint64_t> looked_in) override;
    int32_t next_coordinator_epoch() override;
    void save_runs(const StreamKey& stream, std::vector<OffsetRun> runs,
                   OffsetsStore::Saved saved) override;

private:
    using Partitions = std::map<TopicPartition, std::unique_ptr<PartitionReplicator>>;

    runtime::Task<void> discover_loop();
    void apply(DiscoveredTopics discovered);
    void apply_topic(const client::TopicMetadata& topic, const std::string& name_problem);
    Stream stream_of(const TopicPartition& id, const Uuid& topic_id) const;
    void notice_missing(const std::set<std::string>& present);
    void follow_deletions();
    std::vector<FollowedTopic> copied_topics() const;
    void on_copy_gone(const FollowedTopic& topic, bool by_us);
    void let_go_of_gone(const std::set<std::string>& present);
    bool has_any_of(const std::string& topic, const std::set<Uuid>& source_ids) const;
    std::string text_of_deletion(const TopicPartition& id, const Uuid& topic_id) const;
    Result<void> learn_ids();
    void set_problem(std::string problem);
    void note_unmatched();
    runtime::Task<void> wait_after(Error problem, runtime::TimePoint begun);
    void try_again(const PauseScope& scope);

    runtime::Task<void> raise(PartitionReplicator& partition, LogStartTask task);
    runtime::Task<void> follow_loop();
    runtime::Task<void> follow_partitions();
    runtime::Task<void> follow_log_start(PartitionReplicator& partition);
    runtime::Task<void> read_target_starts();
    runtime::Task<void> look_for_mirrors();
    runtime::Task<void> look_for_mirror(TopicPartition id, Offset target_end);
    runtime::Task<Result<std::string>> find_returned_mirror(TopicPartition id, StreamMap& map,
                                                            Offset end);
    runtime::Task<void> name_open_transaction(PartitionReplicator& partition);
    runtime::Task<void> probe_markers();
    std::set<std::string> settled_topics() const;
    Result<size_t> count_in(const PauseScope& scope) const;
    void join_fleet(bool has_new_partitions);
    void on_new_plan();
    void follow_fleet();
    void visit_copied_bytes(const FleetMeter::Visitor& visitor) const;
    bool is_known(const std::set<TopicPartition>& partitions) const;
    runtime::TimePoint tell_what_is_set_down();
    bool is_all_answered() const;
    void follow_pauses();
    void go_on(const PauseScope& scope);
    void tell_pauses();
    void on_others_pauses(const PauseChanges& changes);
    runtime::Task<void> read_paused_ends();
    runtime::Task<void> look_at_waiting();
    std::optional<PartitionRanges> ranges_of(const TopicPartition& id) const;
    bool is_mixed(const TopicPartition& id) const;
    bool is_both_ways(const std::string& topic) const;
    void visit_copied(const CopyId* last, const CopyVisitor& visitor) const;
    std::optional<CopiedPartition> copied(const CopyId& copy) const;
    std::optional<CopiedPartition> copied(const PartitionReplicator& partition, size_t stream,
                                          const client::TopicMetadata* at_target) const;

    runtime::Task<void> position_loop();
    void position_due(runtime::TimePoint now);
    runtime::TimePoint next_position() const;
    Result<PartitionReplicator::Leaders> leaders_of(const PartitionReplicator& partition) const;
    runtime::Task<void> position_group(std::vector<PartitionReplicator*> group,
                                       PartitionReplicator::Leaders leaders);
    runtime::Task<Result<void>> look_at_names(BrokerId leader, std::vector<TopicPartition> ids);
    runtime::Task<void> position_one(PartitionReplicator& partition, PartitionLogs logs,
                                     client::BatchProducer::Way way);
    runtime::Task<Result<void>> begin(PartitionReplicator& partition, PartitionLogs logs,
                                      client::BatchProducer::Way way);
    runtime::Task<Result<void>> apply_start(const TopicPartition& id, PartitionLogs& logs,
                                            BrokerId source_leader);
    runtime::Task<Result<void>> check_ends(client::LogPlace target, PartitionLogs logs);
    runtime::Task<Result<void>> learn_coordinator_epoch(PartitionReplicator& partition,
                                                        BrokerId target_leader);
    runtime::Task<Result<void>> begin_preserved(PartitionReplicator& partition, PartitionLogs logs,
                                                PartitionReplicator::Leaders leaders);
    runtime::Task<Result<void>> begin_translated(PartitionReplicator& partition, PartitionLogs logs,
                                                 PartitionReplicator::Leaders leaders);
    runtime::Task<Result<std::string>> find_truncation(const PartitionReplicator& partition,
                                                       CopiedRecords copied);
    bool may_position() const;
    runtime::Task<void> learn_cleanups(const std::vector<PartitionReplicator*>& group);
    runtime::Task<Result<void>> learn_cleanup(PartitionReplicator& partition);
    runtime::Task<void> learn_batch_size(PartitionReplicator& partition);
    /// A stream of a partition, and all that is known of where it is.
    struct StreamPlaces {
        TranslatedRecords stream;
        CarriedOrigins origins;
        size_t index = 0;  // as `origins` numbers them
        PartitionLogs logs;
        PartitionReplicator::Leaders leaders;
    };
    runtime::Task<Result<std::string>> learn_stream(PartitionReplicator& partition,
                                                    StreamPlaces places);
    runtime::Task<Result<void>> note_form(TranslatedRecords stream, bool is_new);
    runtime::Task<Result<std::string>> rebuild(const PartitionReplicator& partition,
                                               StreamPlaces places);
    runtime::Task<Result<std::string>> check_map(const PartitionReplicator& partition,
                                                 StreamPlaces places, std::string truncation);
    runtime::Task<Result<MapAlignment>> align(const PartitionReplicator& partition,
                                              StreamPlaces places);
    StreamKey key_of(const PartitionReplicator& partition) const;
    void save_passed(const PartitionReplicator& partition, const TranslatedRecords& stream);
    void save_target_runs();

    LinkEnvironment environment_;
    LinkSpec spec_;
    runtime::Duration discovery_interval_;
    client::Cluster source_;
    client::Cluster target_;
    Discovery discovery_;
    client::BatchProducer producer_;
    OffsetsStore store_;
    ClusterIds own_ids_;
    ClusterIds& cluster_ids_;
    AuditLog audit_;
    std::unique_ptr<GroupSync> groups_;
    std::unique_ptr<ContinuousVerifier> verifier_;
    MetadataSync around_;
    std::unique_ptr<DeletionFollower> deletions_;  // where copies may be deleted
    std::unique_ptr<Fleet> fleet_;                 // once both clusters are known
    struct CheckedMap {
        std::optional<uint64_t> changes;  // of the map, when it was held against both logs
        std::string problem;
    };
    std::map<StreamKey, CheckedMap> checked_maps_;  // which could not be mended, or are right
    bool is_aligning_ = false;                      // two logs, to tell a map from them
    runtime::Signal aligned_;
    LatencyHistogram fetch_latency_;
    ReaderPace pace_;

    Partitions partitions_;
    /// As of which metadata they are; nothing where one has begun since, with leaders as they were
    /// told before.
    struct MetadataVersions {
        uint64_t source = 0;
        uint64_t target = 0;

        bool operator==(const MetadataVersions&) const = default;
    };
    std::optional<MetadataVersions> applied_;
    SharedPauses pauses_;
    std::map<std::string, bool> compacted_;  // at the source; topics that were asked about
    struct AskedBytes {
        std::optional<int64_t> most;
        runtime::TimePoint asked_at;
    };
    std::map<std::string, AskedBytes> message_bytes_;  // of a batch, as the target's topics say
    std::vector<std::unique_ptr<PartitionReplicator>> retired_;  // their topics are gone
    std::map<std::string, Error> target_problems_;               // by topic
    std::map<std::string, std::string> name_problems_;           // the same
    FollowStatus growth_;                                        // of partition counts
    std::map<std::string, std::set<Uuid>> gone_;  // with their copies; by topic, its ids
    std::map<std::string, int> missed_;           // looks in a row that did not find a known topic
    std::map<BrokerId, std::vector<std::unique_ptr<SourceReader>>> readers_;
    std::string problem_;
    std::string marker_problem_;
    bool are_markers_probed_ = false;
    std::optional<int> all_maps_read_at_;  // as of OffsetsStore::losses()
    int32_t coordinator_epoch_ = 0;
    bool is_discovered_ = false;
    std::vector<UnmatchedEntry> unmatched_;
    uint64_t errors_ = 0;
    std::optional<LastError> last_error_;
    client::Backoff look_backoff_;  // where the link has a rule of retries
    int failed_looks_ = 0;          // in a row
    runtime::TimePoint failing_since_{};
    bool has_given_up_ = false;  // to look at both clusters, until somebody resumes the link

    runtime::Signal position_wanted_;
    runtime::Signal metadata_wanted_;
    bool is_metadata_wanted_ = false;
    runtime::TaskGroup tasks_;
    runtime::TaskGroup fleet_tasks_;  // for longer: until what was fetched is delivered
};

}  // namespace lockstep::replication
