#pragma once

#include "client/admin.h"
#include "client/backoff.h"
#include "replication/proof_progress.h"
#include "replication/read_rate.h"
#include "replication/translated_copy.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace lockstep::replication {

/// What is held against its source by itself: a partition, or where several origins' records are
/// copied, one stream of it.
struct CopyId {
    TopicPartition partition;
    size_t stream = 0;

    auto operator<=>(const CopyId&) const = default;
};

/// Which records a copy is of: where one of them changes, what was proved before is void.
struct CopiedRecordsId {
    Uuid source_topic_id;
    Uuid target_topic_id;
    uint64_t rewrites = 0;  // PartitionReplicator::rewrites()

    bool operator==(const CopiedRecordsId&) const = default;
};

/// A copy of the link that can be held against its source. Valid until the next co_await.
struct CopiedPartition {
    const TopicPartition& target;  // what the partition is called there
    const PartitionStatus& status;
    size_t stream = 0;
    CopiedRecordsId records;
    std::optional<TranslatedCopy> translated;  // where offsets are not kept
    /// Of those: what the source has before it was never to be copied (`start` of the link).
    std::optional<Offset> begins_at;
};

/// Says whether it wants to see the next one, too.
using CopyVisitor = std::function<bool(const CopiedPartition&)>;

/// What the proof asks of its link; all of it outlives the proof.
struct ProofServices {
    const std::string& link;
    client::Cluster& source;
    client::Cluster& target;
    ReadRate& rate;
    /// Shows the copies behind `last`, or all, in the order of their ids.
    std::function<void(const CopyId* last, const CopyVisitor&)> visit_copied;
    /// This one; nothing where it is none any more.
    std::function<std::optional<CopiedPartition>(const CopyId& id)> copied;
    /// Told that a leader, or a topic, may not be what it was thought to be.
    std::function<void()> want_metadata;
    AppendTimeRule append_time = AppendTimeRule::keep;
};

/// Proves a link's copies while it runs: reads both sides once more, as any consumer would, and
/// compares them record by record, from the start of the logs to what both hold committed.
///
///     pass: for each partition that is due --> look --> read a chunk of both sides --> compare
///                 ^                                                       |
///                 `-- a second later; at once where there is more <-------'
///
/// 1. It reads by connections of its own (Purpose::verify), one chunk of one partition at a time,
///    within the rate, and takes no more than a fifth of the loop's time for comparing.
/// 2. A partition that is catching up, or in trouble with one of its clusters, is left alone.
/// 3. Nothing that it finds, and no failure of its own, has an effect on copying.
/// 4. It remembers nothing beyond the process: the next one proves all again.
///
/// Owned by its Link, lives on the link's shard.
class ContinuousVerifier {
public:
    explicit ContinuousVerifier(ProofServices services) : services_(std::move(services)) {}

    runtime::Task<void> run(std::stop_token stop);

    /// Says of each partition how far it is proved, over all its streams; nothing of those that
    /// have not begun. They are in the order of their ids.
    void add_to(std::vector<PartitionStatus>& partitions) const;

private:
    /// One copy; never taken away.
    struct Proof {
        ProofProgress progress;
        CopiedRecordsId records;
        /// Where offsets are not kept: up to where the target has been looked through. Between the
        /// stream's records are those of others; all of it is read, once.
        std::optional<Offset> target_next;
        runtime::TimePoint not_before{};
        client::Backoff backoff{std::chrono::seconds(1), std::chrono::minutes(1)};
        bool is_damage_told = false;
        runtime::TimePoint sampled_at{};
        uint64_t sampled_records = 0;
        double copied_per_second = 0;
    };
    /// A chunk of both sides.
    struct Chunk {
        client::FetchedLog source;
        client::FetchedLog target;
        bool has_more = false;  // behind it, most likely
    };
    enum class Found { all_that_is_there, more };
    /// Where a partition is compared next, and how.
    struct Next {
        client::LogPlace source;
        client::LogPlace target;
        Offset copied_to;
        std::optional<TranslatedCopy> translated;

        /// Nothing where there is nothing to be read: no record of the stream has been copied.
        std::optional<client::LogPlace> at_target() const {
            return translated && translated->is_empty() ? std::nullopt : std::optional(target);
        }
    };

    /// What a part of a pass has come to.
    struct Part {
        std::optional<CopyId> last;  // that was passed over, or is due
        Proof* due = nullptr;
        bool is_end = false;
    };

    runtime::Task<bool> pass(std::stop_token stop);
    Part pass_over(const std::optional<CopyId>& last);
    bool is_due(const CopiedPartition& partition, Proof& proof);
    void sample_speed(const PartitionStatus& status, Proof& proof);
    runtime::Task<bool> look(CopyId id, Proof& proof, std::stop_token stop);
    runtime::Task<Result<Found>> compare(const CopyId& copy, Proof& proof, std::stop_token stop);
    runtime::Task<Result<Chunk>> read(client::LogPlace at_source,
                                      std::optional<client::LogPlace> at_target,
                                      std::stop_token stop);
    runtime::Task<Result<void>> look_at_logs(const CopyId& copy, Proof& proof,
                                             std::stop_token stop);
    Result<std::optional<Next>> next_of(const CopyId& copy, const Proof& proof) const;
    std::optional<TopicPartition> on_target(const CopyId& copy) const;
    runtime::Task<Result<Cleanup>> cleanup_of(CopyId copy, std::stop_token stop);
    void on_failed(const TopicPartition& id, Proof& proof, const Error& error);
    void on_verdict(const TopicPartition& id, Proof& proof, ProofProgress::Verdict verdict,
                    const ComparedRecords& found);
    runtime::EventLoop& loop() const { return services_.source.runtime().loop; }

    ProofServices services_;
    std::map<CopyId, Proof> proofs_;
    /// By topic at the source, and until when they are taken for granted: they may be changed.
    std::map<std::string, std::pair<Cleanup, runtime::TimePoint>> cleanups_;
};

}  // namespace lockstep::replication
