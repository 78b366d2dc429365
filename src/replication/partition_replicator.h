#pragma once

#include "client/backoff.h"
#include "client/batch_producer.h"
#include "client/fetch_session.h"
#include "model/link.h"
#include "model/link_status.h"
#include "protocol/messages/fetch.h"
#include "protocol/record_batch.h"
#include "replication/aborted_transactions.h"
#include "replication/batch_rewrite.h"
#include "replication/group_place.h"
#include "replication/log_start.h"
#include "replication/resume_point.h"

#include <memory>
#include <string>

namespace lockstep::replication {

class PartitionReplicator;
class SourceReader;

/// What a partition asks of the link that it belongs to.
class LinkServices {
public:
    virtual ~LinkServices() = default;

    virtual const LinkSpec& spec() const = 0;
    virtual runtime::Runtime& runtime() = 0;
    virtual SourceReader& reader_of(BrokerId source_broker) = 0;
    virtual void want_position() = 0;  // some partition wants its logs looked at
    virtual void want_metadata() = 0;  // a leader is not where it was thought to be
    virtual void count_error() = 0;
    /// Whether it is this process's turn to write markers.
    virtual Result<void> may_write_markers() = 0;
    /// Ends in on_prepared().
    virtual void prepare(PartitionReplicator& partition, LogStartTask task) = 0;
};

/// Which source partition, and under whose name its batches are written on the target.
struct Stream {
    TopicPartition id;
    Uuid source_topic_id;
    ProducerId producer_id;
};

/// Copies one partition: takes batches from its leader's SourceReader, rewrites their headers in
/// place and hands them to its lane of the BatchProducer.
///
///     idle --position()--> positioning --begin()--> streaming --error--> idle (tries again)
///                                      `--begin()--> preparing --on_prepared()--> idle
///
/// 1. Only the two logs say where to go on (resume_point): nothing else is remembered.
/// 2. Every source offset is taken up on the target: by its record, or by a marker where the source
///    has none that a consumer would see (StreamChain).
/// 3. When the source fails, what has been fetched is still delivered before anything else.
/// 4. Every answer's base offset must be the source's; else someone else writes to the target.
///
/// Owned by its Link, lives on the link's shard.
class PartitionReplicator final : public client::ProduceListener {
public:
    PartitionReplicator(LinkServices& link, client::BatchProducer& producer, Stream stream);

    const TopicPartition& id() const { return status_.id; }
    ProducerId stream_id() const { return stream_.producer_id; }
    const Uuid& source_topic_id() const { return stream_.source_topic_id; }
    const PartitionStatus& status() const { return status_; }

    /// When its logs should be looked at next; kNever while there is no need.
    runtime::TimePoint position_due() const;

    /// Its logs are being looked at: ends in begin() or in postpone().
    void position() { phase_ = Phase::positioning; }

    struct Leaders {
        client::PartitionLeader source;
        client::PartitionLeader target;
        Uuid target_topic_id;
    };
    void begin(const PartitionLogs& logs, const Leaders& leaders);
    void postpone(const Error& error);

    /// Something that it may have waited for has come.
    void retry_now();

    void on_prepared_to(Offset target_end) { status_.target_log_end = target_end; }
    void on_prepared(const Result<void>& outcome);

    /// Both logs, while it is being copied.
    std::optional<PartitionRanges> ranges() const;

    /// The source's log start, where the target's is below it; nothing where it need not move.
    std::optional<Offset> log_start_to_follow() const;
    void on_log_start_followed(Offset start) { target_log_start_ = start; }

    /// The source's topic is gone for good; what was fetched of it is still delivered.
    void orphan(std::string reason);
    /// It is there again, the same as before.
    void adopt();
    bool is_orphan() const { return is_orphan_; }

    /// An open transaction that nobody knows the producer of yet.
    bool wants_producer() const {
        return status_.open_transaction && status_.open_transaction->producer_id.value() < 0;
    }
    void on_producer_known(ProducerId producer);

    // From the source reader.
    void on_fetched(const protocol::FetchResponse::PartitionData& data, const Slice& frame);
    void on_fetch_failed(const Error& error);
    client::FetchPosition fetch_position() const { return {next_fetch_, source_epoch_}; }

    // From the batch producer.
    bool on_acknowledged(const client::OutgoingBatch& batch,
                         const client::Acknowledgement& answer) override;
    void on_filled(const client::OutgoingGap& gap) override;
    void on_stopped(const Error& error) override;

private:
    enum class Phase { idle, positioning, preparing, streaming };

    void note_open_transaction(const protocol::FetchResponse::PartitionData& data);
    Result<void> take_records(const protocol::FetchResponse::PartitionData& data,
                              const Slice& frame);
    Result<void> take_batch(const protocol::RecordBatchView& batch, bool is_aborted,
                            const Slice& frame);
    Result<void> copy(const protocol::RecordBatchView& batch, const Slice& frame);
    Result<void> keep_tiny(const protocol::RecordBatchView& batch, Slice bytes);
    Result<void> send_tiny();
    Result<void> send_rewritten(const protocol::RecordBatchView& batch);
    Result<void> send_records(client::OutgoingBatch batch);
    Result<void> fill_to(Offset end);
    void close_gap();
    void on_progress();
    void halt(std::string reason);
    void fetch_on();
    void pause_fetching();
    void stop_fetching();
    void retry(const Error& error);
    void retry_later(PartitionState state, std::string reason, runtime::Duration pause);
    void set_state(PartitionState state, std::string reason);

    LinkServices& link_;
    std::shared_ptr<client::BatchProducer::Lane> lane_;
    Stream stream_;
    PartitionStatus status_;

    Phase phase_ = Phase::idle;
    SourceReader* reader_ = nullptr;         // whose session holds us; null while none does
    SourceReader* paused_reader_ = nullptr;  // where to go on fetching once the lane has room
    size_t lane_bytes_ = 0;                  // the lane is full beyond this
    bool was_paused_ = false;                // since the lane was last empty
    StreamChain chain_;
    Offset target_log_start_;
    Offset next_fetch_;
    /// Tiny batches before next_fetch_, of the answer that is being taken, that may be merged.
    std::vector<protocol::RecordBatchView> tiny_;
    Slice first_tiny_;
    size_t tiny_bytes_ = 0;
    bool has_merged_ = false;
    bool may_merge_ = true;  // until the target has refused a merged batch for its size
    int64_t open_gap_ = 0;   // offsets before next_fetch_ that are still to be sent as a gap
    LeaderEpoch source_epoch_;
    std::optional<Error> fetch_error_;  // ends the streaming once the lane is empty
    bool is_halted_ = false;            // by a batch that cannot be copied as it is
    bool is_orphan_ = false;
    std::optional<Offset> begun_at_;  // where it went on the last time
    int refused_in_a_row_ = 0;        // without the target's log growing
    client::Backoff backoff_{std::chrono::milliseconds(100), std::chrono::seconds(5)};
    runtime::TimePoint not_before_{};
};

}  // namespace lockstep::replication
