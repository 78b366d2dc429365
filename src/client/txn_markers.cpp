#include "client/txn_markers.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/write_txn_markers.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::client {

using protocol::KafkaError;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;
using runtime::Task;

namespace {

constexpr int64_t kMarkersPerRequest = 1000;
constexpr size_t kRequestsInFlight = 6;
/// Of the two rules for epochs, the one that every release has: not below the newest.
constexpr int8_t kTransactionVersion = 1;

WriteTxnMarkersRequest request_for(const TxnMarkers& markers, int64_t from, int64_t to) {
    WriteTxnMarkersRequest request;
    request.markers.reserve(static_cast<size_t>(to - from));
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
    return request;
}

/// The first error of an answer. Brokers give one entry for each producer id, whatever the number
/// of its markers.
Result<void> outcome_of(const WriteTxnMarkersResponse& response, const TopicPartition& id) {
    bool is_answered = false;
    for (const auto& marker : response.markers) {
        for (const auto& topic : marker.topics) {
            for (const auto& partition : topic.partitions) {
                if (partition.error_code != 0) {
                    return Error(make_error_code(KafkaError(partition.error_code)),
                                 "WriteTxnMarkers");
                }
                is_answered = is_answered || (topic.name == id.topic &&
                                              partition.partition_index == id.partition.value());
            }
        }
    }
    if (!is_answered) {
        return Error(Errc::malformed, "the answer to WriteTxnMarkers lacks the partition");
    }
    return {};
}

class MarkerWriting {
public:
    MarkerWriting(Cluster& cluster, const TxnMarkers& markers)
        : markers_(markers), answered_(cluster.runtime().loop), tasks_(cluster.runtime().loop) {}

    Task<Result<void>> run(ConnectionPtr connection, std::stop_token stop) {
        int64_t sent = 0;
        while (sent < markers_.count && !problem_ && !stop.stop_requested()) {
            if (in_flight_ >= kRequestsInFlight) {
                co_await answered_.wait();
                continue;
            }
            const auto turn = markers_.may_write ? markers_.may_write() : Result<void>();
            if (turn.has_error()) {
                note(turn.error());
                break;
            }
            const int64_t next = std::min(sent + kMarkersPerRequest, markers_.count);
            ++in_flight_;
            tasks_.spawn("markers", exchange(connection, request_for(markers_, sent, next)));
            sent = next;
        }
        co_await tasks_.join();
        if (problem_) {
            co_return std::move(*problem_);
        }
        if (sent < markers_.count) {
            co_return Error(Errc::stopped, "stopped between markers");
        }
        co_return Result<void>();
    }

private:
    Task<void> exchange(ConnectionPtr connection, WriteTxnMarkersRequest request) {
        auto answer = co_await connection->call(request);
        --in_flight_;
        if (answer.has_error()) {
            note(answer.error());
        } else {
            auto outcome = outcome_of(answer->message, markers_.partition);
            if (outcome.has_error()) {
                note(outcome.error());
            }
        }
        answered_.notify_all();
    }

    void note(const Error& error) {
        if (!problem_) {
            problem_ = error;
        }
    }

    const TxnMarkers& markers_;
    size_t in_flight_ = 0;
    std::optional<Error> problem_;
    runtime::Signal answered_;
    runtime::TaskGroup tasks_;
};

}  // namespace

Task<Result<void>> write_txn_markers(Cluster& cluster, TxnMarkers markers, std::stop_token stop) {
    auto connected = co_await cluster.broker(markers.leader, Purpose::markers, stop);
    LS_CO_TRY(connection, std::move(connected));
    MarkerWriting writing(cluster, markers);
    auto written = co_await writing.run(std::move(connection), stop);
    if (written.has_error()) {
        co_return std::move(written).error().within(
            fmt::format("write {} markers to {} on {}", markers.count,
                        markers.partition.to_string(), cluster.name()));
    }
    co_return written;
}

Task<Result<void>> probe_txn_markers(Cluster& cluster, std::stop_token stop) {
    TxnMarkers nowhere;
    nowhere.partition = {"__lockstep_probe", PartitionIndex(0)};
    nowhere.count = 1;
    nowhere.at = [](int64_t) { return TxnMarker{ProducerId(0), ProducerEpoch(0)}; };
    const WriteTxnMarkersRequest request = request_for(nowhere, 0, 1);
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
