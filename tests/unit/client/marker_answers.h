#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/write_txn_markers.h"
#include "tests/unit/support/scripted_network.h"

#include <vector>

namespace lockstep::client {

/// A broker's answer to WriteTxnMarkers: one entry for each producer id, all with `error`.
inline protocol::WriteTxnMarkersResponse marker_response_to(const test::ReceivedRequest& request,
                                                            protocol::KafkaError error) {
    protocol::WriteTxnMarkersResponse response;
    for (const auto& marker : request.as<protocol::WriteTxnMarkersRequest>().markers) {
        if (!response.markers.empty() &&
            response.markers.back().producer_id == marker.producer_id) {
            continue;
        }
        auto& result = response.markers.emplace_back();
        result.producer_id = marker.producer_id;
        for (const auto& topic : marker.topics) {
            auto& answered = result.topics.emplace_back();
            answered.name = topic.name;
            for (const int32_t index : topic.partition_indexes) {
                auto& partition = answered.partitions.emplace_back();
                partition.partition_index = index;
                partition.error_code = static_cast<int16_t>(error);
            }
        }
    }
    return response;
}

/// The epochs of a request's markers, in order.
inline std::vector<int64_t> epochs_of(const test::ReceivedRequest& request) {
    std::vector<int64_t> epochs;
    for (const auto& marker : request.as<protocol::WriteTxnMarkersRequest>().markers) {
        epochs.push_back(marker.producer_epoch);
    }
    return epochs;
}

}  // namespace lockstep::client
