#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/write_txn_markers.h"
#include "tests/unit/support/scripted_network.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::client {

/// A broker's answer to WriteTxnMarkers: one entry for each producer id, with all its partitions.
inline protocol::WriteTxnMarkersResponse marker_response_to(const test::ReceivedRequest& request,
                                                            protocol::KafkaError error) {
    std::map<int64_t, std::map<std::string, std::set<int32_t>>> partitions;  // by producer, topic
    for (const auto& marker : request.as<protocol::WriteTxnMarkersRequest>().markers) {
        for (const auto& topic : marker.topics) {
            partitions[marker.producer_id][topic.name].insert(topic.partition_indexes.begin(),
                                                              topic.partition_indexes.end());
        }
    }
    protocol::WriteTxnMarkersResponse response;
    for (const auto& [producer, topics] : partitions) {
        auto& result = response.markers.emplace_back();
        result.producer_id = producer;
        for (const auto& [topic, indexes] : topics) {
            auto& answered = result.topics.emplace_back();
            answered.name = topic;
            for (const int32_t index : indexes) {
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
