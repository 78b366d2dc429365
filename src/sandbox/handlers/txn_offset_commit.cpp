// API        TxnOffsetCommit, versions 0 to 5
// Behaviour  A group's offsets wait with its coordinator for the end of the transaction. From
//            version 5 on the group becomes part of the transaction here (KIP-890); before,
//            brokers from 3.9 on ask whether it is.
// Gaps       Member ids and generations are looked at by the group coordinator or not at all.

#include "protocol/messages/txn_offset_commit.h"
#include "sandbox/acls.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/transaction_coordinator.h"
#include "sandbox/transaction_guard.h"

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;

namespace {

using Commit = TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition;

constexpr int16_t kFirstVersionWithAbortable = 4;
constexpr int16_t kFirstVersionThatAdds = 5;

/// Of the request without its partitions.
KafkaError judge(const Call& call, const TxnOffsetCommitRequest& request) {
    const Acls& acls = call.cluster.acls();
    if (!acls.allows(call, AclOperation::write, ResourceType::transactional_id,
                     request.transactional_id)) {
        return KafkaError::transactional_id_authorization_failed;
    }
    if (!acls.allows(call, AclOperation::read, ResourceType::group, request.group_id)) {
        return KafkaError::group_authorization_failed;
    }
    if (request.group_id.empty()) {
        return KafkaError::invalid_group_id;
    }
    return call.cluster.coordinator_of(request.group_id) == call.broker
               ? KafkaError::none
               : KafkaError::not_coordinator;
}

/// Whether the group knows the consumer for which this is committed.
KafkaError judge_member(const Call& call, const TxnOffsetCommitRequest& request) {
    MemberClaim claim;
    claim.member_id = request.member_id;
    claim.instance_id = request.group_instance_id;
    claim.epoch = request.generation_id;
    claim.version = call.version;
    claim.is_transactional = true;
    return call.cluster.groups().judge_commit(request.group_id, claim, {});
}

KafkaError judge_partition(const Call& call, const TopicPartition& id, const Commit& commit) {
    if (!call.cluster.acls().allows(call, AclOperation::read, ResourceType::topic, id.topic)) {
        return KafkaError::topic_authorization_failed;
    }
    if (!call.cluster.find_partition(id.topic, id.partition.value())) {
        return KafkaError::unknown_topic_or_partition;
    }
    const auto limit = broker_number(call.cluster, "offset.metadata.max.bytes", 4096);
    const auto size = static_cast<int64_t>(commit.committed_metadata.value_or("").size());
    return size > limit ? KafkaError::offset_metadata_too_large : KafkaError::none;
}

/// A producer that its coordinator has fenced: brokers know it from the markers in the log.
bool is_fenced(const Call& call, const TxnOffsetCommitRequest& request) {
    const TransactionEntry* entry = call.cluster.transactions().find(request.transactional_id);
    return entry != nullptr && entry->producer.id.value() == request.producer_id &&
           entry->producer.epoch.value() > request.producer_epoch;
}

KafkaError join_transaction(const Call& call, const TxnOffsetCommitRequest& request) {
    if (is_fenced(call, request)) {
        return KafkaError::invalid_producer_epoch;
    }
    TransactionalWrite write;
    write.transactional_id = request.transactional_id;
    write.producer = {ProducerId(request.producer_id), ProducerEpoch(request.producer_epoch)};
    write.partition = call.cluster.transactions().offsets_partition(request.group_id);
    write.adds_partition = call.version >= kFirstVersionThatAdds;
    write.knows_abortable = call.version >= kFirstVersionWithAbortable;
    const KafkaError error = ask_coordinator(call.cluster, write);
    // What says "try again" to who produces says this to who commits.
    return error == KafkaError::not_enough_replicas ? KafkaError::coordinator_not_available : error;
}

CommittedOffset offset_of(const Call& call, const Commit& commit) {
    return {Offset(commit.committed_offset), LeaderEpoch(commit.committed_leader_epoch),
            commit.committed_metadata.value_or(""), call.cluster.now_ms(), std::nullopt};
}

}  // namespace

TxnOffsetCommitResponse txn_offset_commit(Call& call, const TxnOffsetCommitRequest& request) {
    const KafkaError of_all = judge(call, request);
    std::optional<KafkaError> joined;  // only asked once there is an offset to keep
    TxnOffsetCommitResponse response;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const Commit& commit : topic.partitions) {
            const TopicPartition id{topic.name, PartitionIndex(commit.partition_index)};
            KafkaError error = of_all;
            if (error == KafkaError::none) {
                error = judge_partition(call, id, commit);
            }
            if (error == KafkaError::none) {
                joined = joined ? joined : join_transaction(call, request);
                error = *joined;
            }
            if (error == KafkaError::none) {
                error = judge_member(call, request);
            }
            if (error == KafkaError::none) {
                error = call.cluster.groups().stage_offset(
                    ProducerId(request.producer_id), request.group_id, id, offset_of(call, commit));
            }
            auto& answer = answers.partitions.emplace_back();
            answer.partition_index = commit.partition_index;
            answer.error_code = code(error);
        }
    }
    return response;
}

}  // namespace lockstep::sandbox
