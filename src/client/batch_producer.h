#pragma once

#include "base/buffer.h"
#include "base/histogram.h"
#include "client/cluster.h"
#include "client/txn_markers.h"
#include "protocol/messages/produce.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <variant>

namespace lockstep::client {

/// A record batch as it goes into a Produce request.
struct OutgoingBatch {
    Slice bytes;
    Offset base_offset;  // where it is expected to land; the answer is held against it
    int32_t record_count = 0;
    int64_t max_timestamp_ms = 0;
    size_t stream = 0;  // the listener's own, where it sends batches of several producers
};

/// Offsets without records: they are taken up by transaction markers.
struct OutgoingGap {
    Offset base_offset;
    int64_t count = 0;
    std::function<TxnMarker(int64_t index)> marker_at;
    int32_t coordinator_epoch = 0;            // as of TxnMarkers
    std::function<Result<void>()> may_write;  // as of TxnMarkers
};

struct Acknowledgement {
    Offset base_offset;
    int64_t log_append_time_ms = -1;  // -1 where the target keeps the producer's timestamps
};

/// Told about one partition's batches, on the producer's shard.
class ProduceListener {
public:
    virtual ~ProduceListener() = default;

    /// Asked before each batch is sent, however long it was queued. An error stops the lane.
    virtual Result<void> may_send() { return {}; }

    /// In order, once for each batch. False stops the lane (the listener knows why).
    virtual bool on_acknowledged(const OutgoingBatch& batch, const Acknowledgement& answer) = 0;

    /// In order with the batches: the gap's markers are in the log.
    virtual void on_filled(const OutgoingGap& gap) = 0;

    /// The lane has stopped: after the first error, once no batch of it is in flight any more.
    /// What was queued is dropped; the log itself says what has arrived.
    virtual void on_stopped(const Error& error) = 0;
};

/// Sends record batches, a lane for each partition, with acks=all.
///
///     lane: stopped --start(leader)--> sending --error, stop()--> draining --none in flight-->
///     stopped
///
/// A request holds at most one batch of a partition (brokers refuse two), and a lane has at most
/// kInFlight batches on their way: that is how many a broker remembers per producer id to recognise
/// a batch sent again. A gap is filled alone: once all before it is acknowledged, and before
/// anything behind it is sent, as only batches fail when what comes before them is missing. The
/// producer itself repeats nothing: whoever owns the lane reads the log's
/// end, and goes on from there with the same batches (same producer id, epoch and sequence).
/// A lane also stops when the connection to its leader has been lost since `open()`, even with
/// nothing on its way: a broker that died may have come back without the end of its log.
/// Lives on one shard. `request_stop()`, `co_await join()` before destroying it.
class BatchProducer {
public:
    static constexpr size_t kInFlight = 5;

    class Lane;

    explicit BatchProducer(Cluster& cluster);
    ~BatchProducer();

    std::shared_ptr<Lane> add_lane(TopicPartition partition, ProduceListener& listener);

    /// Which of a broker's connections: the first, or the one after so many were lost.
    struct Way {
        BrokerId broker = kNoBroker;
        uint64_t lost = 0;
    };
    /// Connects with a broker where that has not been done. Before its logs are looked at: a lane
    /// that goes on from what they said is started on this way, and ends with it.
    runtime::Task<Result<Way>> open(BrokerId broker, std::stop_token stop);

    void request_stop();
    runtime::Task<void> join();

    /// Waits until nothing is queued or in flight, or until `deadline`.
    runtime::Task<void> drain(runtime::TimePoint deadline);

    /// Whether nothing is waiting to be sent or answered.
    bool is_settled() const { return unsettled_batches_ == 0; }
    const LatencyHistogram& latency() const { return latency_; }

private:
    struct Sender;
    struct Request;

    runtime::Task<void> fill_gap(std::shared_ptr<Lane> lane, TxnMarkers markers);
    Sender& sender_of(BrokerId broker);
    runtime::Task<void> send_loop(Sender& sender);
    runtime::Task<Result<ConnectionPtr>> connect(Sender& sender, std::stop_token stop);
    void stop_waiting(Sender& sender, const Error& error);
    runtime::Task<void> exchange(Sender& sender, ConnectionPtr connection,
                                 std::unique_ptr<Request> request);
    std::unique_ptr<Request> compose(Sender& sender, int16_t version);
    void settle(Request& request, const protocol::ProduceResponse& response);
    void fail_all(Request& request, const Error& error);

    Cluster& cluster_;
    std::map<BrokerId, std::unique_ptr<Sender>> senders_;
    LatencyHistogram latency_;
    size_t unsettled_batches_ = 0;  // queued or in flight, over all lanes
    runtime::Signal settled_;
    TxnMarkerWriter markers_;
    runtime::TaskGroup tasks_;
};

/// One partition's queue. Shared by its owner and by the requests that carry its batches.
class BatchProducer::Lane : public std::enable_shared_from_this<Lane> {
public:
    Lane(BatchProducer& producer, TopicPartition partition, ProduceListener& listener)
        : producer_(producer), partition_(std::move(partition)), listener_(listener) {}

    /// Begins to send to the leader that `way` goes to. Only when stopped.
    void start(const Way& way, const Uuid& topic_id);
    /// On whatever connection is next: for an owner that goes on from nothing it has read.
    void start(BrokerId leader, const Uuid& topic_id);

    /// Drops what is queued and ends in on_stopped(error).
    void stop(Error error);

    void send(OutgoingBatch batch);
    void send(OutgoingGap gap);

    bool is_empty() const { return queue_.empty() && is_idle(); }
    bool is_stopped() const { return state_ == State::stopped; }
    size_t queued_bytes() const { return queued_bytes_; }
    /// When something was last sent that no answer came to: the broker may still be about to take
    /// it. Long ago where that has never been.
    runtime::TimePoint lost_at() const { return lost_at_; }
    const TopicPartition& partition() const { return partition_; }

private:
    friend class BatchProducer;
    enum class State { stopped, sending, draining };

    using Outgoing = std::variant<OutgoingBatch, OutgoingGap>;

    bool is_idle() const { return in_flight_.empty() && !filling_; }
    bool is_ready() const {
        return state_ == State::sending && !filling_ && in_flight_.size() < kInFlight &&
               !queue_.empty() && std::holds_alternative<OutgoingBatch>(queue_.front());
    }
    bool enqueue(Outgoing outgoing);
    void go_on();
    Result<void> check_way() const;
    Result<void> may_fill() const;
    bool stop_if(const Result<void>& checked);
    OutgoingBatch& take_next();
    void note_lost(const Error& error);
    void settle_gap(const Result<void>& outcome);
    void settle_oldest(Offset expected, const Acknowledgement* answer, const Error& error);
    void finish_draining();

    BatchProducer& producer_;
    TopicPartition partition_;
    ProduceListener& listener_;
    State state_ = State::stopped;
    Error stopping_because_;
    Way way_;  // to its leader
    Uuid topic_id_;
    std::deque<Outgoing> queue_;
    std::deque<OutgoingBatch> in_flight_;
    std::optional<OutgoingGap> filling_;  // the gap that is being filled
    size_t queued_bytes_ = 0;
    runtime::TimePoint lost_at_ = runtime::TimePoint::min();
    Sender* listed_at_ = nullptr;  // in whose list of ready lanes it is
};

}  // namespace lockstep::client
