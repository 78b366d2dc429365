// The field lists of ConsumerGroupHeartbeat, ConsumerGroupDescribe, ShareGroupHeartbeat,
// ShareGroupDescribe, DescribeShareGroupOffsets, AlterShareGroupOffsets, ReadShareGroupState.

#include "protocol/codec_impl.h"
#include "protocol/messages/alter_share_group_offsets.h"
#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/describe_share_group_offsets.h"
#include "protocol/messages/read_share_group_state.h"
#include "protocol/messages/share_group_describe.h"
#include "protocol/messages/share_group_heartbeat.h"

namespace lockstep::protocol {

void ConsumerGroupHeartbeatRequest::TopicPartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void ConsumerGroupHeartbeatRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("member_id", member_id);
    visitor.field("member_epoch", member_epoch);
    visitor.field("instance_id", instance_id, nullable());
    visitor.field("rack_id", rack_id, nullable());
    visitor.field("rebalance_timeout_ms", rebalance_timeout_ms);
    visitor.field("subscribed_topic_names", subscribed_topic_names, nullable());
    visitor.field("subscribed_topic_regex", subscribed_topic_regex, since(1).nullable());
    visitor.field("server_assignor", server_assignor, nullable());
    visitor.field("topic_partitions", topic_partitions, nullable());
}

void ConsumerGroupHeartbeatResponse::TopicPartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void ConsumerGroupHeartbeatResponse::Assignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_partitions", topic_partitions);
}

void ConsumerGroupHeartbeatResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("member_id", member_id, nullable());
    visitor.field("member_epoch", member_epoch);
    visitor.field("heartbeat_interval_ms", heartbeat_interval_ms);
    visitor.field("assignment", assignment, nullable());
}

void ConsumerGroupDescribeRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_ids", group_ids);
    visitor.field("include_authorized_operations", include_authorized_operations);
}

void ConsumerGroupDescribeResponse::TopicPartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("topic_name", topic_name);
    visitor.field("partitions", partitions);
}

void ConsumerGroupDescribeResponse::Assignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_partitions", topic_partitions);
}

void ConsumerGroupDescribeResponse::Member::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("instance_id", instance_id, nullable());
    visitor.field("rack_id", rack_id, nullable());
    visitor.field("member_epoch", member_epoch);
    visitor.field("client_id", client_id);
    visitor.field("client_host", client_host);
    visitor.field("subscribed_topic_names", subscribed_topic_names);
    visitor.field("subscribed_topic_regex", subscribed_topic_regex, nullable());
    visitor.field("assignment", assignment);
    visitor.field("target_assignment", target_assignment);
    visitor.field("member_type", member_type, since(1));
}

void ConsumerGroupDescribeResponse::DescribedGroup::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("group_id", group_id);
    visitor.field("group_state", group_state);
    visitor.field("group_epoch", group_epoch);
    visitor.field("assignment_epoch", assignment_epoch);
    visitor.field("assignor_name", assignor_name);
    visitor.field("members", members);
    visitor.field("authorized_operations", authorized_operations);
}

void ConsumerGroupDescribeResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("groups", groups);
}

void ShareGroupHeartbeatRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("member_id", member_id);
    visitor.field("member_epoch", member_epoch);
    visitor.field("rack_id", rack_id, nullable());
    visitor.field("subscribed_topic_names", subscribed_topic_names, nullable());
}

void ShareGroupHeartbeatResponse::TopicPartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void ShareGroupHeartbeatResponse::Assignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_partitions", topic_partitions);
}

void ShareGroupHeartbeatResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("member_id", member_id, nullable());
    visitor.field("member_epoch", member_epoch);
    visitor.field("heartbeat_interval_ms", heartbeat_interval_ms);
    visitor.field("assignment", assignment, nullable());
}

void ShareGroupDescribeRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_ids", group_ids);
    visitor.field("include_authorized_operations", include_authorized_operations);
}

void ShareGroupDescribeResponse::TopicPartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("topic_name", topic_name);
    visitor.field("partitions", partitions);
}

void ShareGroupDescribeResponse::Assignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_partitions", topic_partitions);
}

void ShareGroupDescribeResponse::Member::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("rack_id", rack_id, nullable());
    visitor.field("member_epoch", member_epoch);
    visitor.field("client_id", client_id);
    visitor.field("client_host", client_host);
    visitor.field("subscribed_topic_names", subscribed_topic_names);
    visitor.field("assignment", assignment);
}

void ShareGroupDescribeResponse::DescribedGroup::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("group_id", group_id);
    visitor.field("group_state", group_state);
    visitor.field("group_epoch", group_epoch);
    visitor.field("assignment_epoch", assignment_epoch);
    visitor.field("assignor_name", assignor_name);
    visitor.field("members", members);
    visitor.field("authorized_operations", authorized_operations);
}

void ShareGroupDescribeResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("groups", groups);
}

void DescribeShareGroupOffsetsRequest::DescribeShareGroupOffsetsRequestTopic::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("topic_name", topic_name);
    visitor.field("partitions", partitions);
}

void DescribeShareGroupOffsetsRequest::DescribeShareGroupOffsetsRequestGroup::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("topics", topics, nullable());
}

void DescribeShareGroupOffsetsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("groups", groups);
}

void DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponsePartition::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("start_offset", start_offset);
    visitor.field("leader_epoch", leader_epoch);
    visitor.field("lag", lag, since(1));
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponseTopic::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("topic_name", topic_name);
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponseGroup::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("topics", topics);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void DescribeShareGroupOffsetsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("groups", groups);
}

void AlterShareGroupOffsetsRequest::AlterShareGroupOffsetsRequestPartition::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("start_offset", start_offset);
}

void AlterShareGroupOffsetsRequest::AlterShareGroupOffsetsRequestTopic::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("topic_name", topic_name);
    visitor.field("partitions", partitions);
}

void AlterShareGroupOffsetsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("topics", topics);
}

void AlterShareGroupOffsetsResponse::AlterShareGroupOffsetsResponsePartition::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void AlterShareGroupOffsetsResponse::AlterShareGroupOffsetsResponseTopic::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("topic_name", topic_name);
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void AlterShareGroupOffsetsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("responses", responses);
}

void ReadShareGroupStateRequest::PartitionData::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition", partition);
    visitor.field("leader_epoch", leader_epoch);
}

void ReadShareGroupStateRequest::ReadStateData::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void ReadShareGroupStateRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("topics", topics);
}

void ReadShareGroupStateResponse::StateBatch::visit_fields(FieldVisitor& visitor) {
    visitor.field("first_offset", first_offset);
    visitor.field("last_offset", last_offset);
    visitor.field("delivery_state", delivery_state);
    visitor.field("delivery_count", delivery_count);
}

void ReadShareGroupStateResponse::PartitionResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition", partition);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("state_epoch", state_epoch);
    visitor.field("start_offset", start_offset);
    visitor.field("state_batches", state_batches);
}

void ReadShareGroupStateResponse::ReadStateResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id);
    visitor.field("partitions", partitions);
}

void ReadShareGroupStateResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("results", results);
}

LS_INSTANTIATE_CODEC(ConsumerGroupHeartbeatRequest);
LS_INSTANTIATE_CODEC(ConsumerGroupHeartbeatResponse);
LS_INSTANTIATE_CODEC(ConsumerGroupDescribeRequest);
LS_INSTANTIATE_CODEC(ConsumerGroupDescribeResponse);
LS_INSTANTIATE_CODEC(ShareGroupHeartbeatRequest);
LS_INSTANTIATE_CODEC(ShareGroupHeartbeatResponse);
LS_INSTANTIATE_CODEC(ShareGroupDescribeRequest);
LS_INSTANTIATE_CODEC(ShareGroupDescribeResponse);
LS_INSTANTIATE_CODEC(DescribeShareGroupOffsetsRequest);
LS_INSTANTIATE_CODEC(DescribeShareGroupOffsetsResponse);
LS_INSTANTIATE_CODEC(AlterShareGroupOffsetsRequest);
LS_INSTANTIATE_CODEC(AlterShareGroupOffsetsResponse);
LS_INSTANTIATE_CODEC(ReadShareGroupStateRequest);
LS_INSTANTIATE_CODEC(ReadShareGroupStateResponse);

}  // namespace lockstep::protocol
