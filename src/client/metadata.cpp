#include "client/metadata.h"

#include "protocol/kafka_error.h"

#include <set>
#include <string_view>

namespace lockstep::client {
namespace {

using protocol::KafkaError;

/// A topic that is there, though one or all of its partitions may lack a leader just now.
bool is_present(int16_t error_code) {
    return error_code == 0 || error_code == static_cast<int16_t>(KafkaError::leader_not_available);
}

bool is_gone(int16_t error_code) {
    return error_code == static_cast<int16_t>(KafkaError::unknown_topic_or_partition) ||
           error_code == static_cast<int16_t>(KafkaError::unknown_topic_id);
}

/// Whether nothing of it is new: so are nearly all, of thousands, each time they are asked about.
bool is_same(const TopicMetadata& known,
             const protocol::MetadataResponse::MetadataResponseTopic& topic) {
    if (known.id != topic.topic_id || known.is_internal != topic.is_internal ||
        known.partitions.size() != topic.partitions.size()) {
        return false;
    }
    return std::ranges::all_of(topic.partitions, [&](const auto& partition) {
        const auto index = static_cast<size_t>(partition.partition_index);
        const PartitionLeader leader{BrokerId(partition.leader_id),
                                     LeaderEpoch(partition.leader_epoch)};
        return index < known.partitions.size() && known.partitions[index] == leader &&
               partition.replica_nodes.size() <= static_cast<size_t>(known.replication_factor);
    });
}

}  // namespace

void Metadata::apply(const protocol::MetadataResponse& response, bool is_complete) {
    apply_brokers(response);
    std::set<std::string_view> named;
    bool is_changed = false;
    for (const auto& topic : response.topics) {
        if (!topic.name) {
            continue;
        }
        if (is_gone(topic.error_code)) {
            is_changed |= topics_.erase(*topic.name) > 0;
            continue;
        }
        named.insert(*topic.name);
        if (is_present(topic.error_code)) {
            is_changed |= apply_topic(topic);
        }
    }
    if (is_complete) {
        is_changed |= std::erase_if(topics_, [&](const auto& entry) {
                          return !named.contains(entry.first);
                      }) > 0;
    }
    if (is_changed) {
        ++version_;
        index_ids();
    }
}

void Metadata::apply_brokers(const protocol::MetadataResponse& response) {
    std::map<BrokerId, Endpoint> brokers;
    for (const auto& broker : response.brokers) {
        brokers[BrokerId(broker.node_id)] = {broker.host, static_cast<uint16_t>(broker.port)};
    }
    const std::string cluster_id = response.cluster_id.value_or(cluster_id_);
    version_ += brokers == brokers_ && cluster_id == cluster_id_ ? 0 : 1;
    brokers_ = std::move(brokers);
    cluster_id_ = cluster_id;
    // Not counted as news: KRaft clusters name any broker, another one each time.
    controller_ = BrokerId(response.controller_id);
}

void Metadata::index_ids() {
    names_by_id_.clear();
    for (const auto& [name, topic] : topics_) {
        if (!topic.id.is_zero()) {
            names_by_id_[topic.id] = name;
        }
    }
}

bool Metadata::apply_topic(const protocol::MetadataResponse::MetadataResponseTopic& topic) {
    const auto [entry, is_new] = topics_.try_emplace(*topic.name);
    if (!is_new && is_same(entry->second, topic)) {
        return false;
    }
    TopicMetadata known = entry->second;
    if (known.id != topic.topic_id) {
        known.partitions.clear();
    }
    known.name = *topic.name;
    known.id = topic.topic_id;
    known.is_internal = topic.is_internal;
    for (const auto& partition : topic.partitions) {
        if (partition.partition_index < 0 ||
            static_cast<size_t>(partition.partition_index) >= topic.partitions.size()) {
            continue;
        }
        const auto index = static_cast<size_t>(partition.partition_index);
        if (known.partitions.size() <= index) {
            known.partitions.resize(index + 1);
        }
        known.replication_factor = std::max(known.replication_factor,
                                            static_cast<int16_t>(partition.replica_nodes.size()));
        const LeaderEpoch epoch(partition.leader_epoch);
        if (epoch != kNoLeaderEpoch && epoch < known.partitions[index].epoch) {
            continue;
        }
        known.partitions[index] = {BrokerId(partition.leader_id), epoch};
    }
    if (!is_new && known == entry->second) {
        return false;
    }
    entry->second = std::move(known);
    return true;
}

const TopicMetadata* Metadata::find_topic(const std::string& name) const {
    const auto found = topics_.find(name);
    return found == topics_.end() ? nullptr : &found->second;
}

const TopicMetadata* Metadata::find_topic(const Uuid& id) const {
    const auto found = names_by_id_.find(id);
    return found == names_by_id_.end() ? nullptr : find_topic(found->second);
}

std::optional<PartitionLeader> Metadata::leader_of(const TopicPartition& partition) const {
    const TopicMetadata* topic = find_topic(partition.topic);
    const auto index = static_cast<size_t>(partition.partition.value());
    if (topic == nullptr || index >= topic->partitions.size() ||
        topic->partitions[index].leader == kNoBroker) {
        return std::nullopt;
    }
    return topic->partitions[index];
}

}  // namespace lockstep::client
