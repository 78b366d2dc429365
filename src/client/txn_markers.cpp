#include "client/txn_markers.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/write_txn_markers.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace lockstep::client {

using protocol::KafkaError;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;
using runtime::Task;

namespace {

constexpr int64_t kMarkersPerRequest = 1000;
constexpr size_t kInFlight = 6;            // of a broker
constexpr size_t kPartFilledInFlight = 2;  // of these
/// Of the two rules for epochs, the one that every release has: not below the newest.
constexpr int8_t kTransactionVersion = 1;

void add_to(WriteTxnMarkersRequest& request, const TxnMarkers& markers, int64_t from, int64_t to) {
    for (int64_t index = from; index < to; ++index) {
        const TxnMarker marker = markers.at(index);
        auto& entry = request.markers.emplace_back();
        entry.producer_id = marker.producer_id.value();
        entry.producer_epoch = marker.epoch.value();
        entry.coordinator_epoch = markers.coordinator_epoch;
        entry.transaction_version = kTransactionVersion;  // not sent before version 2
        auto& topic = entry.topics.emplace_back();
        topic.name = markers.partition.topic;
        topic.partition_indexes.push_back(markers.partition.partition.value());
    }
}

/// The first error that an answer has for a partition. Brokers give one entry for each producer id,
/// whatever the number of its markers.
Result<void> outcome_of(const WriteTxnMarkersResponse& response, const TopicPartition& id) {
    bool is_answered = false;
    for (const auto& marker : response.markers) {
        for (const auto& topic : marker.topics) {
            for (const auto& partition : topic.partitions) {
                if (topic.name != id.topic || partition.partition_index != id.partition.value()) {
                    continue;
                }
                if (partition.error_code != 0) {
                    return Error(make_error_code(KafkaError(partition.error_code)),
                                 "WriteTxnMarkers");
                }
                is_answered = true;
            }
        }
    }
    if (!is_answered) {
        return Error(Errc::malformed, "the answer to WriteTxnMarkers lacks the partition");
    }
    return {};
}

}  // namespace

/// The markers of one partition, from `write()` until it ends; lives in its frame.
struct TxnMarkerWriter::Writing {
    Writing(runtime::EventLoop& loop, TxnMarkers markers_)
        : markers(std::move(markers_)), changed(loop) {}

    int64_t left() const { return markers.count - sent; }
    bool is_over() const { return requests_in_flight == 0 && (problem || left() == 0); }

    void note(const Error& error) {
        if (!problem) {
            problem = error;
        }
        changed.notify_all();
    }

    /// Whether it may go into a request of this connection. What is on another one may fail yet,
    /// and markers must not come before those that they are to be behind.
    Result<void> may_go(const ConnectionPtr& connection) const {
        if (way && way != connection) {
            return Error(Errc::disconnected, "the connection was lost between markers");
        }
        return markers.may_write ? markers.may_write() : Result<void>();
    }

    TxnMarkers markers;
    int64_t sent = 0;
    size_t requests_in_flight = 0;
    ConnectionPtr way;  // that the first of them took
    std::optional<Error> problem;
    runtime::Signal changed;
};

/// What goes to one broker: whose markers are still to be sent, in turn.
struct TxnMarkerWriter::Sender {
    Sender(runtime::EventLoop& loop, BrokerId broker_) : broker(broker_), wanted(loop) {}

    bool may_send() const {
        if (due.empty()) {
            return false;
        }
        int64_t left = 0;
        for (const Writing* writing : due) {
            left += writing->left();
        }
        return in_flight < kInFlight &&
               (left >= kMarkersPerRequest || part_filled_in_flight < kPartFilledInFlight);
    }

    BrokerId broker;
    std::deque<Writing*> due;
    size_t in_flight = 0;
    size_t part_filled_in_flight = 0;  // of these
    runtime::Signal wanted;
};

struct TxnMarkerWriter::Request {
    ConnectionPtr connection;
    WriteTxnMarkersRequest message;
    std::vector<Writing*> parts;

    bool is_part_filled() const { return message.markers.size() < kMarkersPerRequest; }
};

TxnMarkerWriter::TxnMarkerWriter(Cluster& cluster)
    : cluster_(cluster), tasks_(cluster.runtime().loop) {}

TxnMarkerWriter::~TxnMarkerWriter() = default;

void TxnMarkerWriter::request_stop() {
    tasks_.request_stop();
    for (auto& [broker, sender] : senders_) {
        sender->wanted.notify_all();
    }
}

Task<Result<void>> TxnMarkerWriter::write(TxnMarkers markers) {
    Writing writing(cluster_.runtime().loop, std::move(markers));
    if (tasks_.stop_requested()) {
        writing.note(Error(Errc::stopped, "stopped before the first marker"));
    } else if (writing.left() > 0) {
        Sender& sender = sender_of(writing.markers.leader);
        sender.due.push_back(&writing);
        sender.wanted.notify_all();
    }
    while (!writing.is_over()) {
        co_await writing.changed.wait();
    }
    if (writing.problem) {
        co_return std::move(*writing.problem)
            .within(fmt::format("write {} markers to {} on {}", writing.markers.count,
                                writing.markers.partition.to_string(), cluster_.name()));
    }
    co_return Result<void>();
}

TxnMarkerWriter::Sender& TxnMarkerWriter::sender_of(BrokerId broker) {
    auto& sender = senders_[broker];
    if (!sender) {
        sender = std::make_unique<Sender>(cluster_.runtime().loop, broker);
        tasks_.spawn("markers", send_loop(*sender));
    }
    return *sender;
}

Task<void> TxnMarkerWriter::send_loop(Sender& sender) {
    const std::stop_token stop = tasks_.stop_token();
    while (!stop.stop_requested()) {
        if (!sender.may_send()) {
            co_await sender.wanted.wait(runtime::kNever, stop);
            continue;
        }
        auto connected = co_await cluster_.broker(sender.broker, Purpose::markers, stop);
        if (connected.has_error()) {
            for (Writing* writing : std::exchange(sender.due, {})) {
                writing->note(connected.error());
            }
            continue;
        }
        while (sender.may_send()) {
            auto request = compose(sender, *connected);
            if (request->parts.empty()) {
                break;
            }
            ++sender.in_flight;
            sender.part_filled_in_flight += request->is_part_filled() ? 1 : 0;
            tasks_.spawn("marker request", exchange(sender, std::move(request)));
        }
    }
    for (Writing* writing : std::exchange(sender.due, {})) {
        writing->note(Error(Errc::stopped, "stopped between markers"));
    }
}

/// Each that is due, in turn; none may take what the others need.
std::unique_ptr<TxnMarkerWriter::Request> TxnMarkerWriter::compose(
    Sender& sender, const ConnectionPtr& connection) {
    auto request = std::make_unique<Request>();
    request->connection = connection;
    int64_t room = kMarkersPerRequest;
    for (size_t waiting = sender.due.size(); waiting > 0 && room > 0; --waiting) {
        Writing& writing = *sender.due.front();
        sender.due.pop_front();
        const auto allowed = writing.may_go(connection);
        if (allowed.has_error()) {
            writing.note(allowed.error());
            continue;
        }
        const int64_t share = std::max<int64_t>(1, room / static_cast<int64_t>(waiting));
        const int64_t end = writing.sent + std::min(share, writing.left());
        add_to(request->message, writing.markers, writing.sent, end);
        room -= end - writing.sent;
        writing.sent = end;
        writing.way = connection;
        ++writing.requests_in_flight;
        request->parts.push_back(&writing);
        if (writing.left() > 0) {
            sender.due.push_back(&writing);
        }
    }
    return request;
}

Task<void> TxnMarkerWriter::exchange(Sender& sender, std::unique_ptr<Request> request) {
    auto answer = co_await request->connection->call(request->message);
    --sender.in_flight;
    sender.part_filled_in_flight -= request->is_part_filled() ? 1 : 0;
    for (Writing* writing : request->parts) {
        --writing->requests_in_flight;
        auto outcome = answer.has_error() ? Result<void>(answer.error())
                                          : outcome_of(answer->message, writing->markers.partition);
        if (outcome.has_error()) {
            std::erase(sender.due, writing);
            writing->note(outcome.error());
        }
        writing->changed.notify_all();
    }
    sender.wanted.notify_all();
}

Task<Result<void>> probe_txn_markers(Cluster& cluster, std::stop_token stop) {
    TxnMarkers nowhere;
    nowhere.partition = {"__lockstep_probe", PartitionIndex(0)};
    nowhere.count = 1;
    nowhere.at = [](int64_t) { return TxnMarker{ProducerId(0), ProducerEpoch(0)}; };
    WriteTxnMarkersRequest request;
    add_to(request, nowhere, 0, 1);
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    auto outcome = outcome_of(answer.message, nowhere.partition);
    const auto expected = make_error_code(KafkaError::unknown_topic_or_partition);
    if (outcome.has_error() && outcome.error().code == expected) {
        co_return Result<void>();
    }
    co_return outcome;
}

}  // namespace lockstep::client
