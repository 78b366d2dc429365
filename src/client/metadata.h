#pragma once

// PURE: what is known of a cluster's brokers, topics and leaders.

#include "model/ids.h"
#include "model/link.h"
#include "protocol/messages/metadata.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::client {

struct PartitionLeader {
    BrokerId leader = kNoBroker;
    LeaderEpoch epoch = kNoLeaderEpoch;

    bool operator==(const PartitionLeader&) const = default;
};

struct TopicMetadata {
    std::string name;
    Uuid id;  // zeros where the cluster has no topic ids
    bool is_internal = false;
    int16_t replication_factor = 0;
    std::vector<PartitionLeader> partitions;  // by partition index

    bool operator==(const TopicMetadata&) const = default;
};

/// The newest picture that Metadata answers gave. A leader with an older epoch than the known one
/// is not believed (KIP-320), unless the topic's id changed: then it is another topic.
class Metadata {
public:
    /// Takes an answer in. With `is_complete`, topics that it does not name no longer exist.
    /// Topics with an error of their own are kept as they were known, or left out.
    void apply(const protocol::MetadataResponse& response, bool is_complete);

    /// Another number after each answer that said anything new of brokers or topics.
    uint64_t version() const { return version_; }

    const std::string& cluster_id() const { return cluster_id_; }
    BrokerId controller() const { return controller_; }
    const std::map<BrokerId, Endpoint>& brokers() const { return brokers_; }
    const std::map<std::string, TopicMetadata>& topics() const { return topics_; }

    const TopicMetadata* find_topic(const std::string& name) const;
    const TopicMetadata* find_topic(const Uuid& id) const;  // null for zeros

    /// The leader of a partition; nothing where the partition or its leader is unknown.
    std::optional<PartitionLeader> leader_of(const TopicPartition& partition) const;

private:
    void apply_brokers(const protocol::MetadataResponse& response);
    /// Whether a topic's entry, or its being there, has changed.
    bool apply_topic(const protocol::MetadataResponse::MetadataResponseTopic& topic);
    void index_ids();

    uint64_t version_ = 0;
    std::string cluster_id_;
    BrokerId controller_ = kNoBroker;
    std::map<BrokerId, Endpoint> brokers_;
    std::map<std::string, TopicMetadata> topics_;
    std::map<Uuid, std::string> names_by_id_;
};

}  // namespace lockstep::client
