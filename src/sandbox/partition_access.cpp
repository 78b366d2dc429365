#include "sandbox/partition_access.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::KafkaError;

PartitionAccess access(const Call& call, const std::string& topic, int32_t index,
                       AclOperation operation) {
    PartitionAccess found;
    if (!call.cluster.acls().allows(call, operation, ResourceType::topic, topic)) {
        found.error = KafkaError::topic_authorization_failed;
        return found;
    }
    found.topic = call.cluster.find_topic(topic);
    found.partition = call.cluster.find_partition(topic, index);
    if (!found.partition) {
        found.error = KafkaError::unknown_topic_or_partition;
    } else if (found.partition->leader != call.broker) {
        found.error = KafkaError::not_leader_or_follower;
    } else if (found.partition->log.is_damaged()) {
        found.error = KafkaError::kafka_storage_error;
    }
    return found;
}

bool has_enough_in_sync(KafkaVersion version, const Topic& topic, const Partition& partition) {
    const auto in_sync = static_cast<int32_t>(partition.in_sync.size());
    const auto replicas = static_cast<int32_t>(partition.replicas.size());
    const int32_t wanted = topic.log_config.min_insync_replicas;
    const bool is_capped = version >= KafkaVersion::v3_9;  // since 3.7 (effectiveMinIsr)
    return in_sync >= (is_capped ? std::min(wanted, replicas) : wanted);
}

KafkaError judge_leader_epoch(const Partition& partition, int32_t claimed) {
    const int32_t present = partition.log.epoch().value();
    if (claimed == -1 || claimed == present) {
        return KafkaError::none;
    }
    return claimed < present ? KafkaError::fenced_leader_epoch : KafkaError::unknown_leader_epoch;
}

}  // namespace lockstep::sandbox
