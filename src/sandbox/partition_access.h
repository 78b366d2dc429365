#pragma once

#include "sandbox/acls.h"
#include "sandbox/call.h"

namespace lockstep::sandbox {

/// A partition that this broker leads, or why the request gets none.
struct PartitionAccess {
    protocol::KafkaError error = protocol::KafkaError::none;
    std::shared_ptr<Topic> topic;
    std::shared_ptr<Partition> partition;

    bool is_refused() const { return error != protocol::KafkaError::none; }
};

/// Errors: `topic_authorization_failed`, `unknown_topic_or_partition`, `not_leader_or_follower`,
/// `kafka_storage_error`.
PartitionAccess access(const Call& call, const std::string& topic, int32_t index,
                       AclOperation operation);

/// Whether an append with acks=-1 is taken (min.insync.replicas; brokers from 3.7 on ask for no
/// more replicas than there are).
bool has_enough_in_sync(KafkaVersion version, const Topic& topic, const Partition& partition);

/// What a client's `current_leader_epoch` says: `fenced_leader_epoch`, `unknown_leader_epoch`
/// (KIP-320).
protocol::KafkaError judge_leader_epoch(const Partition& partition, int32_t claimed);

}  // namespace lockstep::sandbox
