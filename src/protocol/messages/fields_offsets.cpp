// The field lists of OffsetCommit, OffsetFetch, OffsetDelete, TxnOffsetCommit.

#include "protocol/codec_impl.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/txn_offset_commit.h"

namespace lockstep::protocol {

void OffsetCommitRequest::OffsetCommitRequestPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("committed_offset", committed_offset);
    visitor.field("commit_timestamp", commit_timestamp, since(1).until(1));
    visitor.field("committed_leader_epoch", committed_leader_epoch, since(6));
    visitor.field("committed_metadata", committed_metadata, nullable());
}

void OffsetCommitRequest::OffsetCommitRequestTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, until(9));
    visitor.field("topic_id", topic_id, since(10));
    visitor.field("partitions", partitions);
}

void OffsetCommitRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("generation_id_or_member_epoch", generation_id_or_member_epoch, since(1));
    visitor.field("member_id", member_id, since(1));
    visitor.field("retention_time_ms", retention_time_ms, since(2).until(4));
    visitor.field("group_instance_id", group_instance_id, since(7).nullable());
    visitor.field("topics", topics);
}

void OffsetCommitResponse::OffsetCommitResponsePartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
}

void OffsetCommitResponse::OffsetCommitResponseTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, until(9));
    visitor.field("topic_id", topic_id, since(10));
    visitor.field("partitions", partitions);
}

void OffsetCommitResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(3));
    visitor.field("topics", topics);
}

void OffsetFetchRequest::OffsetFetchRequestTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partition_indexes", partition_indexes);
}

void OffsetFetchRequest::OffsetFetchRequestTopics::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, until(9));
    visitor.field("topic_id", topic_id, since(10));
    visitor.field("partition_indexes", partition_indexes);
}

void OffsetFetchRequest::OffsetFetchRequestGroup::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("member_id", member_id, since(9).nullable());
    visitor.field("member_epoch", member_epoch, since(9));
    visitor.field("topics", topics, nullable());
}

void OffsetFetchRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id, until(7));
    visitor.field("topics", topics, until(7).nullable_since(2));
    visitor.field("groups", groups, since(8));
    visitor.field("require_stable", require_stable, since(7));
}

void OffsetFetchResponse::OffsetFetchResponsePartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("committed_offset", committed_offset);
    visitor.field("committed_leader_epoch", committed_leader_epoch, since(5));
    visitor.field("metadata", metadata, nullable());
    visitor.field("error_code", error_code);
}

void OffsetFetchResponse::OffsetFetchResponseTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void OffsetFetchResponse::OffsetFetchResponsePartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("committed_offset", committed_offset);
    visitor.field("committed_leader_epoch", committed_leader_epoch);
    visitor.field("metadata", metadata, nullable());
    visitor.field("error_code", error_code);
}

void OffsetFetchResponse::OffsetFetchResponseTopics::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, until(9));
    visitor.field("topic_id", topic_id, since(10));
    visitor.field("partitions", partitions);
}

void OffsetFetchResponse::OffsetFetchResponseGroup::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("topics", topics);
    visitor.field("error_code", error_code);
}

void OffsetFetchResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(3));
    visitor.field("topics", topics, until(7));
    visitor.field("error_code", error_code, since(2).until(7));
    visitor.field("groups", groups, since(8));
}

void OffsetDeleteRequest::OffsetDeleteRequestPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
}

void OffsetDeleteRequest::OffsetDeleteRequestTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void OffsetDeleteRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("topics", topics);
}

void OffsetDeleteResponse::OffsetDeleteResponsePartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
}

void OffsetDeleteResponse::OffsetDeleteResponseTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void OffsetDeleteResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("topics", topics);
}

void TxnOffsetCommitRequest::TxnOffsetCommitRequestPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("committed_offset", committed_offset);
    visitor.field("committed_leader_epoch", committed_leader_epoch, since(2));
    visitor.field("committed_metadata", committed_metadata, nullable());
}

void TxnOffsetCommitRequest::TxnOffsetCommitRequestTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void TxnOffsetCommitRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id);
    visitor.field("group_id", group_id);
    visitor.field("producer_id", producer_id);
    visitor.field("producer_epoch", producer_epoch);
    visitor.field("generation_id", generation_id, since(3));
    visitor.field("member_id", member_id, since(3));
    visitor.field("group_instance_id", group_instance_id, since(3).nullable());
    visitor.field("topics", topics);
}

void TxnOffsetCommitResponse::TxnOffsetCommitResponsePartition::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
}

void TxnOffsetCommitResponse::TxnOffsetCommitResponseTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void TxnOffsetCommitResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("topics", topics);
}

LS_INSTANTIATE_CODEC(OffsetCommitRequest);
LS_INSTANTIATE_CODEC(OffsetCommitResponse);
LS_INSTANTIATE_CODEC(OffsetFetchRequest);
LS_INSTANTIATE_CODEC(OffsetFetchResponse);
LS_INSTANTIATE_CODEC(OffsetDeleteRequest);
LS_INSTANTIATE_CODEC(OffsetDeleteResponse);
LS_INSTANTIATE_CODEC(TxnOffsetCommitRequest);
LS_INSTANTIATE_CODEC(TxnOffsetCommitResponse);

}  // namespace lockstep::protocol
