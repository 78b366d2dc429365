#pragma once

#include "sandbox/acls.h"
#include "sandbox/call.h"

namespace lockstep::sandbox {

/// Whether this broker may be asked about the group, by this client.
/// Errors: `group_authorization_failed`, `not_coordinator`.
inline protocol::KafkaError judge_group_access(const Call& call, const std::string& group,
                                               AclOperation operation) {
    if (!call.cluster.acls().allows(call, operation, ResourceType::group, group)) {
        return protocol::KafkaError::group_authorization_failed;
    }
    return call.cluster.coordinator_of(group) == call.broker
               ? protocol::KafkaError::none
               : protocol::KafkaError::not_coordinator;
}

/// What the client may do with the group, as the bits that answers have it in.
inline int32_t group_operations_of(const Call& call, const std::string& group) {
    int32_t bits = 0;
    for (const AclOperation operation :
         {AclOperation::read, AclOperation::describe, AclOperation::erase}) {
        if (call.cluster.acls().allows(call, operation, ResourceType::group, group)) {
            bits |= 1 << static_cast<int>(operation);
        }
    }
    return bits;
}

}  // namespace lockstep::sandbox
