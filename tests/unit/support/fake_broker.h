#pragma once

#include "protocol/messages/api_versions.h"
#include "protocol/messages/metadata.h"
#include "tests/unit/support/scripted_network.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::test {

/// What a broker offers, as an ApiVersions answer.
inline protocol::ApiVersionsResponse versions_of(
    const std::vector<std::pair<protocol::ApiKey, int16_t>>& highest) {
    protocol::ApiVersionsResponse versions;
    for (const auto& [key, version] : highest) {
        auto& api = versions.api_keys.emplace_back();
        api.api_key = static_cast<int16_t>(key);
        api.max_version = version;
    }
    return versions;
}

/// About what Kafka 2.7 speaks: topics have names only.
inline protocol::ApiVersionsResponse versions_without_topic_ids() {
    using enum protocol::ApiKey;
    return versions_of({{produce, 8},
                        {fetch, 12},
                        {list_offsets, 5},
                        {metadata, 9},
                        {api_versions, 3},
                        {create_topics, 6},
                        {create_partitions, 3},
                        {describe_configs, 4},
                        {write_txn_markers, 2},
                        {list_groups, 5},
                        {describe_groups, 5},
                        {offset_fetch, 9},
                        {offset_commit, 9},
                        {find_coordinator, 4},
                        {join_group, 7},
                        {sync_group, 5},
                        {heartbeat, 4},
                        {leave_group, 4}});
}

/// About what Kafka 4 speaks.
inline protocol::ApiVersionsResponse versions_with_topic_ids() {
    using enum protocol::ApiKey;
    return versions_of({{produce, 13},
                        {fetch, 17},
                        {list_offsets, 10},
                        {metadata, 12},
                        {api_versions, 3},
                        {create_topics, 7},
                        {create_partitions, 3},
                        {describe_configs, 4},
                        {write_txn_markers, 2},
                        {list_groups, 5},
                        {describe_groups, 6},
                        {offset_fetch, 9},
                        {offset_commit, 9},
                        {find_coordinator, 4},
                        {join_group, 7},
                        {sync_group, 5},
                        {heartbeat, 4},
                        {leave_group, 4}});
}

struct FakeTopic {
    std::string name;
    Uuid id;
    std::vector<int32_t> leaders;  // by partition
    int32_t leader_epoch = 0;
};

/// A cluster's answer to Metadata, with brokers 1 to `brokers` at "NAME:1" and so on.
inline protocol::MetadataResponse metadata_of(const std::string& cluster, int brokers,
                                              const std::vector<FakeTopic>& topics) {
    protocol::MetadataResponse response;
    response.cluster_id = cluster + "-id";
    response.controller_id = 1;
    for (int id = 1; id <= brokers; ++id) {
        auto& broker = response.brokers.emplace_back();
        broker.node_id = id;
        broker.host = cluster;
        broker.port = id;
    }
    for (const FakeTopic& topic : topics) {
        auto& entry = response.topics.emplace_back();
        entry.name = topic.name;
        entry.topic_id = topic.id;
        for (const int32_t leader : topic.leaders) {
            auto& partition = entry.partitions.emplace_back();
            partition.partition_index = static_cast<int32_t>(entry.partitions.size()) - 1;
            partition.leader_id = leader;
            partition.leader_epoch = topic.leader_epoch;
            partition.replica_nodes = {leader};
        }
    }
    return response;
}

/// One broker at an address: answers ApiVersions and Metadata by itself, and everything else by the
/// handler that a test gives it.
class FakeBroker {
public:
    FakeBroker(ScriptedNetwork& network, const Endpoint& endpoint)
        : peer_(network.listen(endpoint, [this](const ReceivedRequest& r) { take(r); })) {
        on(protocol::ApiKey::api_versions,
           [this](const ReceivedRequest& request) { request.answer(versions); });
        on(protocol::ApiKey::metadata,
           [this](const ReceivedRequest& request) { request.answer(metadata); });
    }
    FakeBroker(const FakeBroker&) = delete;
    FakeBroker& operator=(const FakeBroker&) = delete;

    void on(protocol::ApiKey key, RequestHandler handler) { handlers_[key] = std::move(handler); }

    /// Keeps requests unanswered, in order.
    void hold(protocol::ApiKey key, std::vector<ReceivedRequest>& held) {
        on(key, [&held](const ReceivedRequest& request) { held.push_back(request); });
    }

    /// Breaks all connections.
    void hang_up() {
        for (auto& wire : peer_->wires) {
            wire->hang_up();
        }
        peer_->wires.clear();
    }

    int count(protocol::ApiKey key) const {
        const auto found = counts_.find(key);
        return found == counts_.end() ? 0 : found->second;
    }

    protocol::ApiVersionsResponse versions = versions_with_topic_ids();
    protocol::MetadataResponse metadata;

private:
    void take(const ReceivedRequest& request) {
        ++counts_[request.key()];
        const auto found = handlers_.find(request.key());
        if (found == handlers_.end()) {
            ADD_FAILURE() << "no handler for " << to_string(request.key());
            return;
        }
        found->second(request);
    }

    std::map<protocol::ApiKey, RequestHandler> handlers_;
    std::map<protocol::ApiKey, int> counts_;
    std::shared_ptr<ScriptedPeer> peer_;
};

}  // namespace lockstep::test
