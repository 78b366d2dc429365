#pragma once

#include "client/backoff.h"
#include "client/batch_producer.h"
#include "client/fetch_session.h"
#include "model/link.h"
#include "model/link_status.h"
#include "protocol/messages/fetch.h"
#include "replication/batch_size.h"
#include "replication/carried_streams.h"
#include "replication/divergence.h"
#include "replication/fetched_batches.h"
#include "replication/group_place.h"
#include "replication/log_start.h"
#include "replication/offset_record.h"
#include "replication/preserved_stream.h"
#include "replication/resume_point.h"
#include "replication/waiting_times.h"

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
    virtual void count_error(std::string what) = 0;
    /// Whether it is this process's turn to write markers for the partition.
    /// `looked_in`: in which turn the target's log was looked at.
    virtual Result<void> may_write_markers(const TopicPartition& id,
                                           std::optional<uint64_t> looked_in) = 0;
    /// A coordinator epoch above all that were used before.
    virtual int32_t next_coordinator_epoch() = 0;
    /// Ends in on_prepared().
    virtual void prepare(PartitionReplicator& partition, LogStartTask task) = 0;
    /// Stores where a stream's next records come from, then calls `done`.
    virtual void save_runs(const StreamKey& stream, std::vector<OffsetRun> runs,
                           std::function<void(const Result<void>&)> done) = 0;
};

/// A stream of a partition whose offsets are not kept. The map outlives it.
struct TranslatedRecords {
    StreamKey key;
    StreamMap* map = nullptr;
};

/// Which source partition, and where and under whose name its batches are written on the target.
struct Stream {
    TopicPartition id;
    TopicPartition target_id;  // what it is called there
    Uuid source_topic_id;
    ProducerId producer_id;
};

/// Copies one partition: takes batches from its leader's SourceReader, makes what the target takes
/// (OutgoingStream) and hands it to its lane of the BatchProducer.
///
///     idle --position()--> positioning --begin...()--> streaming --error--> idle (tries again)
///                                      `--begin()--> preparing --on_prepared()--> idle
///
/// While it is paused, or another worker has it, it stays idle: what was fetched is delivered, then
/// it holds nothing.
///
/// 1. Only the clusters say where to go on: the two logs where offsets are kept (resume_point), the
///    target's log and the stream's map where they are not. Nothing else is remembered.
/// 2. Where offsets are kept, every answer's base offset must be the source's; else someone else
///    writes to the target. Where they are not, a record is sent once the map is stored that says
///    where it comes from.
/// 3. When the source fails, what has been fetched is still delivered before anything else.
///
/// Owned by its Link, lives on the link's shard.
class PartitionReplicator final : public client::ProduceListener {
public:
    PartitionReplicator(LinkServices& link, client::BatchProducer& producer, Stream stream);

    const TopicPartition& id() const { return status_.id; }  // at the source
    const TopicPartition& target_id() const { return stream_.target_id; }
    ProducerId stream_id() const { return stream_.producer_id; }
    const Uuid& source_topic_id() const { return stream_.source_topic_id; }
    /// Of the target's topic, as of when it began to stream.
    const Uuid& target_topic_id() const { return target_topic_id_; }
    const PartitionStatus& status() const { return status_; }
    /// Counts what may have changed records that were copied before: the target's log had lost its
    /// end, or another worker had the partition meanwhile.
    uint64_t rewrites() const { return rewrites_; }
    ResumeRules resume_rules() const;
    const CopiedEpochs& copied_epochs() const { return copied_epochs_; }

    /// When its logs should be looked at next; kNever while there is no need.
    runtime::TimePoint position_due() const;

    /// Its logs are being looked at: ends in begin() or in postpone().
    void position() { phase_ = Phase::positioning; }

    struct Leaders {
        client::PartitionLeader source;
        client::PartitionLeader target;
        Uuid target_topic_id;
        client::BatchProducer::Way way;  // to the target's, as of before its log was looked at
    };
    /// Offsets are kept.
    void begin(const PartitionLogs& logs, const Leaders& leaders);

    /// Offsets are not kept: goes on behind what the streams' maps say is on the target. As many
    /// streams as `origins` has.
    void begin_translated(const PartitionLogs& logs, const Leaders& leaders,
                          const CarriedOrigins& origins, std::vector<TranslatedRecords> streams);
    /// Of the batches that are made anew; from the next time on that it begins.
    void limit_made(int64_t batch_size, std::optional<int64_t> max_message_bytes) {
        replication::limit_made(limits_, batch_size, max_message_bytes);
    }
    /// Whether two workers that copy at once could see different records at the source.
    void set_needs_turn(bool needs_turn) { needs_turn_ = needs_turn; }
    bool needs_turn() const { return needs_turn_; }
    /// Whether its last attempt has ended because the target has seen a higher coordinator epoch.
    bool is_fenced() const { return is_fenced_; }
    void unfence() { is_fenced_ = false; }
    /// `why` offsets are not kept; "" where that was asked for.
    void set_translated(std::string why);

    void postpone(const Error& error);

    /// It cannot go on as things are; looked at again from time to time. What is on its way while
    /// it is being copied is dropped.
    void block(std::string reason);

    /// Something that it may have waited for has come.
    void retry_now();

    /// What it goes by is out of date: it begins again, by the logs.
    void look_again(const Error& error);

    /// Whether it has failed more often in a row than its link lets it: it is blocked, until
    /// try_again(). Nothing is lost by that: as after a restart, the logs say where it goes on.
    bool has_given_up() const { return has_given_up_; }
    void try_again();

    /// Where the target's metadata shows another leader, or a newer epoch of it, than it began
    /// with, its log is looked at again: it may have lost its end (an unclean election).
    void on_target_leader(const client::PartitionLeader& leader);

    void on_prepared_to(Offset target_end) { status_.target_log_end = target_end; }
    void on_prepared(const Result<void>& outcome);

    /// Both logs, while it is being copied. Not to be asked for where it is mixed, or all is from
    /// the target.
    std::optional<PartitionRanges> ranges() const;
    /// Whether both logs have records of several clusters, in orders of their own, so that no place
    /// in one is the same as a place in the other. `is_both_ways`: what is born on the target comes
    /// to the source, too.
    bool is_mixed(bool is_both_ways) const;
    /// Whether all that the source has was born on the target, so that this link has nothing to say
    /// of places.
    bool is_all_from_target(bool is_both_ways) const;
    bool is_streaming() const {
        return phase_ == Phase::streaming && status_.target_log_end && status_.source_log_start &&
               status_.source_high_watermark;
    }

    /// Whether all that was fetched is on the target.
    bool is_delivered() const { return lane_->is_empty() && waiting_for_map_.empty(); }

    /// The source's log start, where the target's is below it; nothing where it need not move.
    std::optional<Offset> log_start_to_follow() const;
    void on_target_log_start(Offset start) { target_log_start_ = start; }
    /// Where offsets are not kept and it has begun; else none.
    const std::vector<TranslatedRecords>& streams() const { return streams_; }
    const CarriedOrigins& origins() const { return origins_; }
    /// Before which source offset the stream has no more records to be copied, where that is much
    /// further than its map says; nothing else.
    std::optional<Offset> passed_to(const TranslatedRecords& stream) const;
    /// It is not read on for now: stores up to where each stream has been, where nothing of it is
    /// on its way.
    void leave_passed();
    Offset target_log_start() const { return target_log_start_; }

    /// The source's topic is gone for good; what was fetched of it is still delivered.
    void orphan(std::string reason);
    /// It is there again, the same as before.
    void adopt();
    bool is_orphan() const { return is_orphan_; }

    /// `former` was copied before, of the topic that had this one's name: nothing of this one is
    /// copied before the last of that one is on the target. It outlives this one.
    void follow(const PartitionReplicator& former) { former_ = &former; }
    /// Nothing of it comes to the target any more, unless it begins again.
    bool is_at_rest() const;
    /// Until when a request of it that was never answered may still come to pass.
    runtime::TimePoint last_arrival() const;

    bool is_paused() const { return status_.state == PartitionState::paused; }
    void on_source_end(Offset end);  // while it is paused
    /// There is lag, and nothing tells how old the record at next_offset is.
    bool wants_waiting_time() const {
        return status_.lag_records() > 0 && !status_.oldest_waiting_ms;
    }
    /// The source has this batch at `next`.
    void on_waiting(Offset next, const protocol::RecordBatchView& batch);
    /// Fetches nothing any more, until resume(). What is blocked for good stays `blocked`, and a
    /// log start that is being raised is raised before.
    void pause(std::string why);
    void resume();

    /// Another worker copies it: as pause(), but nothing of it is this one's to show.
    void leave_to_other();
    /// It is this worker's to copy; nothing where it was all the time.
    void take_over();
    bool is_elsewhere() const { return is_elsewhere_; }
    /// From when on nothing of it is under way: kNever while something is, else in the past, or
    /// soon where a broker may still take what it has given no answer to.
    runtime::TimePoint set_down_from() const;

    /// An open transaction that nobody knows the producer of yet.
    bool wants_producer() const {
        return status_.open_transaction && status_.open_transaction->producer_id.value() < 0;
    }
    void on_producer_known(ProducerId producer);

    /// The source's log has a hole: it depends on the topic whether it may.
    bool wants_cleanup_policy() const { return wants_cleanup_policy_; }
    void on_cleanup_policy(bool is_compacted) { is_compacted_ = is_compacted; }
    bool is_compacted() const { return is_compacted_.value_or(false); }
    bool may_be_compacted() const { return is_compacted_.value_or(true); }

    // From the source reader.
    void on_fetched(const protocol::FetchResponse::PartitionData& data, const Slice& frame);
    void on_fetch_failed(const Error& error);
    client::FetchPosition fetch_position() const {
        return {outgoing_ ? outgoing_->next_fetch() : Offset(0), source_epoch_};
    }

    // From the batch producer.
    Result<void> may_send() override;
    bool on_acknowledged(const client::OutgoingBatch& batch,
                         const client::Acknowledgement& answer) override;
    void on_filled(const client::OutgoingGap& gap) override;
    void on_stopped(const Error& error) override;

private:
    enum class Phase { idle, positioning, preparing, streaming };

    void note_waiting(const FetchedBatches& fetched,
                      const protocol::FetchResponse::PartitionData& data);
    void tell_waiting();
    void note_open_transaction(const protocol::FetchResponse::PartitionData& data);
    bool may_begin(const PartitionLogs& logs);
    void prepare(const PartitionLogs& logs, const Leaders& leaders, Offset to);
    void stream(std::unique_ptr<OutgoingStream> outgoing, const Leaders& leaders);
    void count_lost(Offset from, Offset to);
    Result<void> take_records(const protocol::FetchResponse::PartitionData& data,
                              const Slice& frame);
    Result<void> take_batch(const FetchedBatch& fetched);
    HoleRule hole_rule() const;
    void note_hole(Offset end);
    void send_out();
    void send_to_lane(std::vector<Outgoing> outgoing);
    void note_others(std::vector<CarriedStreams::NewRuns>& runs,
                     const std::vector<Outgoing>& outgoing);
    void save_runs(std::vector<CarriedStreams::NewRuns> runs);
    void on_runs_saved(uint64_t save, const Result<void>& outcome);
    bool is_translated() const { return !streams_.empty(); }
    CarriedStreams& carried() { return static_cast<CarriedStreams&>(*outgoing_); }
    uint64_t map_changes() const;
    void note_delivered();
    void note_that_it_works();
    Result<void> put_in_map(const client::OutgoingBatch& batch, Offset at);
    Result<void> expect_offset(const client::OutgoingBatch& batch, Offset at);
    void on_progress();
    void halt(std::string reason);
    bool stop_when_delivered();
    void tell_at_rest();
    bool is_set_down() const {
        return phase_ == Phase::idle && (former_ == nullptr || former_->is_at_rest());
    }
    bool is_to_rest() const { return paused_why_.has_value() || is_elsewhere_; }
    bool is_blocked_for_good() const;
    void set_down();
    void show_rest();
    void start_anew();
    void fetch_on();
    void pause_fetching();
    void resume_fetching();
    void stop_fetching();
    bool stop_merging(bool has_merged);
    bool make_smaller(bool has_merged);
    void retry(const Error& error);
    bool is_settling(const Error& error) const;
    bool give_up(const Error& error);
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
    Offset target_log_start_;
    std::unique_ptr<OutgoingStream> outgoing_;  // while streaming
    BatchLimits limits_;                        // as far as the target has refused batches
    size_t largest_sent_ = 0;                   // since it began to stream
    bool is_largest_single_ = false;            // a batch of one record
    CarriedOrigins origins_;                    // where offsets are not kept
    std::vector<TranslatedRecords> streams_;    // the same; as origins_ numbers them
    std::vector<Outgoing> waiting_for_map_;     // to be stored before
    uint64_t saves_ = 0;                        // how often it was to be stored
    size_t saves_left_ = 0;                     // of the last time
    uint64_t map_changes_ = 0;                  // by others, as of the begin
    int64_t mapped_records_ = 0;                // that are on the target, in all of its maps
    uint64_t rewrites_ = 0;
    Uuid target_topic_id_;
    bool needs_turn_ = false;        // of all the link's workers, one copies it
    std::optional<uint64_t> turn_;   // in which the logs were looked at
    bool are_others_noted_ = false;  // that it has records of other origins, too
    LeaderEpoch source_epoch_;
    client::PartitionLeader target_leader_;  // when it began
    CopiedEpochs copied_epochs_;
    std::optional<Error> fetch_error_;  // ends the streaming once the lane is empty
    bool is_fenced_ = false;
    std::optional<std::string> blocked_why_;  // while it ends because of that
    bool is_halted_ = false;                  // by a batch that cannot be copied as it is
    std::string halted_why_;                  // the same; it stays so until the process ends
    bool is_orphan_ = false;
    std::string orphan_why_;
    const PartitionReplicator* former_ = nullptr;
    std::optional<std::string> paused_why_;  // while it is paused
    bool is_elsewhere_ = false;
    bool is_setting_down_ = false;    // for one of the two, while its lane empties
    std::optional<Offset> begun_at_;  // where it went on the last time
    int refused_in_a_row_ = 0;        // without the target's log growing
    bool is_damaged_ = false;         // what was fetched last is not what the source was given
    bool wants_cleanup_policy_ = false;
    std::optional<bool> is_compacted_;  // as far as it was asked for
    WaitingTimes waiting_;
    Offset noted_hole_end_;  // what was lost before it is counted
    struct Overrun {
        Offset from;
        Offset to;
    };
    std::optional<Overrun> overrun_;              // that was counted before the log was raised
    std::optional<LeaderEpoch> looked_in_epoch_;  // where offsets are not kept: when it last began
    client::Backoff backoff_;
    int failures_in_a_row_ = 0;  // of requests, without anything copied
    bool has_given_up_ = false;
    runtime::TimePoint not_before_{};
    runtime::TimePoint born_at_;
};

}  // namespace lockstep::replication
