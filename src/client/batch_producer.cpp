#include "client/batch_producer.h"

#include "base/mutation.h"
#include "protocol/kafka_error.h"

#include <fmt/core.h>

#include <unordered_map>

namespace lockstep::client {

using protocol::KafkaError;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using runtime::Task;

namespace {

constexpr int16_t kAllInSyncReplicas = -1;
constexpr int32_t kBrokerTimeoutMs = 20'000;
constexpr size_t kRequestsInFlight = 5;
constexpr size_t kRequestBytes = 4U << 20;
constexpr int16_t kFirstVersionWithTopicIds = 13;

/// Finds partitions in an answer. It may list them in any order, but brokers keep the request's, so
/// looking on from where the last one was makes the whole cost linear.
class AnswerFinder {
public:
    explicit AnswerFinder(const ProduceResponse& response) {
        for (const auto& topic : response.responses) {
            for (const auto& partition : topic.partition_responses) {
                entries_.push_back({&topic, &partition});
            }
        }
    }

    /// Null where the answer lacks it.
    const ProduceResponse::PartitionProduceResponse* find(const TopicPartition& id,
                                                          const Uuid& topic_id) {
        for (size_t tried = 0; tried < entries_.size(); ++tried) {
            const Entry& entry = entries_[next_];
            next_ = next_ + 1 == entries_.size() ? 0 : next_ + 1;
            const bool is_topic = entry.topic->name.empty() ? entry.topic->topic_id == topic_id
                                                            : entry.topic->name == id.topic;
            const bool is_right = is_topic || mutated(Mutation::answer_of_other_topic);
            if (is_right && entry.partition->index == id.partition.value()) {
                return entry.partition;
            }
        }
        return nullptr;
    }

private:
    struct Entry {
        const ProduceResponse::TopicProduceResponse* topic;
        const ProduceResponse::PartitionProduceResponse* partition;
    };
    std::vector<Entry> entries_;
    size_t next_ = 0;
};

/// What a broker says of a batch, and of which record where it tells (KIP-467).
std::string refusal(const ProduceResponse::PartitionProduceResponse& answer, Offset base_offset) {
    std::string text = answer.error_message.value_or("the target refuses it");
    if (!answer.record_errors.empty()) {
        const auto& first = answer.record_errors.front();
        text += fmt::format(
            " (the record at offset {}{})", (base_offset + first.batch_index).value(),
            first.batch_index_error_message ? ": " + *first.batch_index_error_message : "");
    }
    return text;
}

}  // namespace

/// What goes to one broker: the lanes that have something to send, in turn.
struct BatchProducer::Sender {
    Sender(runtime::EventLoop& loop, BrokerId broker_) : broker(broker_), wanted(loop) {}

    /// How often the connection to the broker was found to be gone.
    uint64_t connections_lost() {
        if (connection && !connection->is_open()) {
            connection.reset();
            ++lost;
        }
        return lost;
    }

    void take(ConnectionPtr opened) {
        connections_lost();
        if (!connection) {
            connection = std::move(opened);
        }
    }

    BrokerId broker;
    ConnectionPtr connection;
    uint64_t lost = 0;
    std::deque<std::shared_ptr<Lane>> ready;
    size_t requests_in_flight = 0;
    runtime::Signal wanted;
};

struct BatchProducer::Request {
    ProduceRequest message;
    struct Part {
        std::shared_ptr<Lane> lane;
        Offset base_offset;
    };
    std::vector<Part> parts;  // one batch of each lane
};

BatchProducer::BatchProducer(Cluster& cluster)
    : cluster_(cluster),
      settled_(cluster.runtime().loop),
      markers_(cluster),
      tasks_(cluster.runtime().loop) {}

BatchProducer::~BatchProducer() = default;

std::shared_ptr<BatchProducer::Lane> BatchProducer::add_lane(TopicPartition partition,
                                                             ProduceListener& listener) {
    return std::make_shared<Lane>(*this, std::move(partition), listener);
}

void BatchProducer::request_stop() {
    tasks_.request_stop();
    markers_.request_stop();
    for (auto& [broker, sender] : senders_) {
        sender->wanted.notify_all();
    }
}

Task<void> BatchProducer::join() {
    co_await tasks_.join();
    co_await markers_.join();
}

Task<void> BatchProducer::drain(runtime::TimePoint deadline) {
    while (unsettled_batches_ > 0) {
        const runtime::Wake wake = co_await settled_.wait(deadline);
        if (wake == runtime::Wake::timeout) {
            co_return;
        }
    }
}

BatchProducer::Sender& BatchProducer::sender_of(BrokerId broker) {
    auto& sender = senders_[broker];
    if (!sender) {
        sender = std::make_unique<Sender>(cluster_.runtime().loop, broker);
        tasks_.spawn("produce", send_loop(*sender));
    }
    return *sender;
}

Task<void> BatchProducer::send_loop(Sender& sender) {
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        if (sender.ready.empty() || sender.requests_in_flight >= kRequestsInFlight) {
            co_await sender.wanted.wait(runtime::kNever, stop);
            continue;
        }
        sender.connections_lost();
        if (!sender.connection) {
            auto connected = co_await connect(sender, stop);
            if (connected.has_error()) {
                stop_waiting(sender, connected.error());
                continue;
            }
            sender.take(std::move(*connected));
        }
        const ConnectionPtr connection = sender.connection;
        const auto version = connection->version_of<ProduceRequest>();
        while (!sender.ready.empty() && sender.requests_in_flight < kRequestsInFlight) {
            auto request = compose(sender, *version);
            if (request->parts.empty()) {
                break;
            }
            ++sender.requests_in_flight;
            tasks_.spawn("produce request", exchange(sender, connection, std::move(request)));
        }
    }
}

Task<Result<BatchProducer::Way>> BatchProducer::open(BrokerId broker, std::stop_token stop) {
    Sender& sender = sender_of(broker);
    sender.connections_lost();
    if (!sender.connection) {
        auto connected = co_await connect(sender, stop);
        LS_CO_TRY(connection, std::move(connected));
        sender.take(std::move(connection));
    }
    co_return Way{broker, sender.lost};
}

/// A connection that speaks Produce.
Task<Result<ConnectionPtr>> BatchProducer::connect(Sender& sender, std::stop_token stop) {
    auto connected = co_await cluster_.broker(sender.broker, Purpose::produce, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_CHECK(connection->version_of<ProduceRequest>());
    co_return connection;
}

void BatchProducer::stop_waiting(Sender& sender, const Error& error) {
    const auto waiting = sender.ready;
    for (const auto& lane : waiting) {
        lane->stop(error);
    }
}

std::unique_ptr<BatchProducer::Request> BatchProducer::compose(Sender& sender, int16_t version) {
    auto request = std::make_unique<Request>();
    request->message.acks = kAllInSyncReplicas;
    request->message.timeout_ms = kBrokerTimeoutMs;
    std::unordered_map<std::string_view, size_t> topics;
    size_t bytes = 0;
    // Each that is listed now at most once; one that stops may take others with it.
    for (size_t listed = sender.ready.size();
         listed > 0 && !sender.ready.empty() && bytes < kRequestBytes; --listed) {
        const std::shared_ptr<Lane> lane = std::move(sender.ready.front());
        sender.ready.pop_front();
        lane->listed_at_ = nullptr;
        if (!lane->is_ready() || lane->stop_if(lane->check_way()) ||
            lane->stop_if(lane->listener_.may_send())) {
            continue;
        }
        const OutgoingBatch& batch = lane->take_next();
        bytes += batch.bytes.size;

        auto& entries = request->message.topic_data;
        const auto [found, is_new] = topics.try_emplace(lane->partition_.topic, entries.size());
        if (is_new) {
            entries.emplace_back();
            if (version >= kFirstVersionWithTopicIds) {
                entries.back().topic_id = lane->topic_id_;
            } else {
                entries.back().name = lane->partition_.topic;
            }
        }
        auto& entry = entries[found->second].partition_data.emplace_back();
        entry.index = lane->partition_.partition.value();
        entry.records.data = batch.bytes.view();
        request->parts.push_back({lane, batch.base_offset});
        lane->go_on();  // for the next request: this one may hold no second batch of it
    }
    return request;
}

Task<void> BatchProducer::exchange(Sender& sender, ConnectionPtr connection,
                                   std::unique_ptr<Request> request) {
    auto& loop = cluster_.runtime().loop;
    const auto begun = loop.now();
    auto version = connection->version_of<ProduceRequest>();
    auto answer = co_await connection->call(request->message, *version);
    latency_.observe(std::chrono::duration<double>(loop.now() - begun).count());
    --sender.requests_in_flight;
    if (answer.has_error()) {
        fail_all(*request, answer.error());
    } else {
        settle(*request, answer->message);
    }
    sender.wanted.notify_all();
    settled_.notify_all();
}

void BatchProducer::fail_all(Request& request, const Error& error) {
    for (const auto& [lane, base_offset] : request.parts) {
        if (mutated(Mutation::lost_answer_is_yes)) {
            const Acknowledgement guessed{base_offset, -1};
            lane->settle_oldest(base_offset, &guessed, {});
            continue;
        }
        lane->settle_oldest(base_offset, nullptr, error);
    }
}

void BatchProducer::settle(Request& request, const ProduceResponse& response) {
    AnswerFinder finder(response);
    for (const auto& [lane, base_offset] : request.parts) {
        const auto* answer = finder.find(lane->partition_, lane->topic_id_);
        if (answer == nullptr) {
            lane->settle_oldest(base_offset, nullptr,
                                Error(Errc::malformed, "the answer to Produce lacks it"));
        } else if (answer->error_code != 0) {
            lane->settle_oldest(base_offset, nullptr,
                                Error(make_error_code(KafkaError(answer->error_code)),
                                      refusal(*answer, base_offset)));
        } else {
            const Acknowledgement acknowledgement{Offset(answer->base_offset),
                                                  answer->log_append_time_ms};
            lane->settle_oldest(base_offset, &acknowledgement, {});
        }
    }
}

void BatchProducer::Lane::start(const Way& way, const Uuid& topic_id) {
    LS_ASSERT(state_ == State::stopped);
    way_ = way;
    topic_id_ = topic_id;
    state_ = State::sending;
}

void BatchProducer::Lane::start(BrokerId leader, const Uuid& topic_id) {
    start(Way{leader, producer_.sender_of(leader).connections_lost()}, topic_id);
}

Result<void> BatchProducer::Lane::check_way() const {
    if (producer_.sender_of(way_.broker).connections_lost() == way_.lost ||
        mutated(Mutation::lost_connection_unnoticed)) {
        return {};
    }
    return Error(Errc::disconnected,
                 fmt::format("the connection to broker {}, which leads {}, was lost meanwhile",
                             way_.broker.value(), partition_.to_string()));
}

/// While it fills a gap.
Result<void> BatchProducer::Lane::may_fill() const {
    LS_CHECK(check_way());
    return filling_->may_write ? filling_->may_write() : Result<void>();
}

/// Whether it is stopped for that.
bool BatchProducer::Lane::stop_if(const Result<void>& checked) {
    if (checked.has_error()) {
        stop(checked.error());
    }
    return checked.has_error();
}

void BatchProducer::Lane::stop(Error error) {
    if (state_ != State::sending) {
        return;
    }
    state_ = State::draining;
    stopping_because_ = std::move(error);
    if (listed_at_ != nullptr) {
        std::erase(listed_at_->ready, shared_from_this());  // it may be started for another leader
        listed_at_ = nullptr;
    }
    producer_.unsettled_batches_ -= queue_.size();
    queued_bytes_ = 0;
    for (const OutgoingBatch& batch : in_flight_) {
        queued_bytes_ += batch.bytes.size;
    }
    queue_.clear();
    producer_.settled_.notify_all();
    finish_draining();
}

void BatchProducer::Lane::send(OutgoingBatch batch) {
    const size_t size = batch.bytes.size;
    if (enqueue(std::move(batch))) {
        queued_bytes_ += size;
    }
}

void BatchProducer::Lane::send(OutgoingGap gap) {
    enqueue(std::move(gap));
}

/// False where it is dropped: it is read again from the log's end on, once the lane is started
/// again.
bool BatchProducer::Lane::enqueue(Outgoing outgoing) {
    if (state_ != State::sending) {
        return false;
    }
    queue_.push_back(std::move(outgoing));
    ++producer_.unsettled_batches_;
    go_on();
    return true;
}

/// Lists the lane where a batch can be sent, or begins with the gap that is next.
void BatchProducer::Lane::go_on() {
    if (is_ready()) {
        if (listed_at_ == nullptr) {
            listed_at_ = &producer_.sender_of(way_.broker);
            listed_at_->ready.push_back(shared_from_this());
            listed_at_->wanted.notify_all();
        }
        return;
    }
    if (state_ != State::sending || queue_.empty() || !is_idle() || stop_if(check_way())) {
        return;
    }
    filling_ = std::get<OutgoingGap>(std::move(queue_.front()));
    queue_.pop_front();
    TxnMarkers markers{partition_,
                       way_.broker,
                       filling_->count,
                       filling_->marker_at,
                       filling_->coordinator_epoch,
                       [lane = shared_from_this()] { return lane->may_fill(); }};
    producer_.tasks_.spawn("fill gap", producer_.fill_gap(shared_from_this(), std::move(markers)));
}

Task<void> BatchProducer::fill_gap(std::shared_ptr<Lane> lane, TxnMarkers markers) {
    const auto written = co_await markers_.write(std::move(markers));
    lane->settle_gap(written);
    settled_.notify_all();
}

void BatchProducer::Lane::settle_gap(const Result<void>& outcome) {
    const OutgoingGap gap = std::move(*filling_);
    filling_.reset();
    --producer_.unsettled_batches_;
    if (outcome.has_error()) {
        note_lost(outcome.error());
    }
    if (state_ != State::sending) {
        finish_draining();
    } else if (outcome.has_error()) {
        const Error& error = outcome.error();
        stop(Error(error.code,
                   fmt::format("fill offsets [{}, {}) of {} on broker {}: {}",
                               gap.base_offset.value(), gap.base_offset.value() + gap.count,
                               partition_.to_string(), way_.broker.value(), error.context)));
    } else {
        listener_.on_filled(gap);
    }
    go_on();
}

OutgoingBatch& BatchProducer::Lane::take_next() {
    in_flight_.push_back(std::get<OutgoingBatch>(std::move(queue_.front())));
    queue_.pop_front();
    return in_flight_.back();
}

/// Requests are answered in the order in which they were sent, and so are a lane's batches.
void BatchProducer::Lane::settle_oldest(Offset expected, const Acknowledgement* answer,
                                        const Error& error) {
    LS_ASSERT(!in_flight_.empty() && in_flight_.front().base_offset == expected);
    const OutgoingBatch batch = std::move(in_flight_.front());
    in_flight_.pop_front();
    queued_bytes_ -= batch.bytes.size;
    --producer_.unsettled_batches_;
    if (answer == nullptr) {
        note_lost(error);
    }
    if (state_ == State::sending) {
        if (answer == nullptr) {
            stop(Error(error.code, fmt::format("produce {} at offset {} to broker {}: {}",
                                               partition_.to_string(), batch.base_offset.value(),
                                               way_.broker.value(), error.context)));
        } else if (!listener_.on_acknowledged(batch, *answer)) {
            stop(Error(Errc::stopped, "stopped by its owner"));
        }
    } else {
        finish_draining();
    }
    go_on();
}

void BatchProducer::Lane::note_lost(const Error& error) {
    if (error.is(Errc::disconnected) || error.is(Errc::timeout)) {
        lost_at_ = producer_.cluster_.runtime().loop.now();
    }
}

void BatchProducer::Lane::finish_draining() {
    if (state_ == State::draining && is_idle()) {
        state_ = State::stopped;
        listener_.on_stopped(stopping_because_);
    }
}

}  // namespace lockstep::client
