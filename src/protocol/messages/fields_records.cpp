// The field lists of Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, DeleteRecords.

#include "protocol/codec_impl.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/messages/produce.h"

namespace lockstep::protocol {

void ProduceRequest::PartitionProduceData::visit_fields(FieldVisitor& visitor) {
    visitor.field("index", index);
    visitor.field("records", records);
}

void ProduceRequest::TopicProduceData::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, until(12));
    visitor.field("topic_id", topic_id, since(13));
    visitor.field("partition_data", partition_data);
}

void ProduceRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("transactional_id", transactional_id, since(3).nullable());
    visitor.field("acks", acks);
    visitor.field("timeout_ms", timeout_ms);
    visitor.field("topic_data", topic_data);
}

void ProduceResponse::BatchIndexAndErrorMessage::visit_fields(FieldVisitor& visitor) {
    visitor.field("batch_index", batch_index);
    visitor.field("batch_index_error_message", batch_index_error_message, nullable());
}

void ProduceResponse::LeaderIdAndEpoch::visit_fields(FieldVisitor& visitor) {
    visitor.field("leader_id", leader_id);
    visitor.field("leader_epoch", leader_epoch);
}

void ProduceResponse::PartitionProduceResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("index", index);
    visitor.field("error_code", error_code);
    visitor.field("base_offset", base_offset);
    visitor.field("log_append_time_ms", log_append_time_ms, since(2));
    visitor.field("log_start_offset", log_start_offset, since(5));
    visitor.field("record_errors", record_errors, since(8));
    visitor.field("error_message", error_message, since(8).nullable());
    visitor.tagged(0, "current_leader", current_leader, {}, since(10));
}

void ProduceResponse::TopicProduceResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, until(12));
    visitor.field("topic_id", topic_id, since(13));
    visitor.field("partition_responses", partition_responses);
}

void ProduceResponse::NodeEndpoint::visit_fields(FieldVisitor& visitor) {
    visitor.field("node_id", node_id);
    visitor.field("host", host);
    visitor.field("port", port);
    visitor.field("rack", rack, nullable());
}

void ProduceResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("responses", responses);
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.tagged(0, "node_endpoints", node_endpoints, since(10));
}

void FetchRequest::FetchPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition", partition);
    visitor.field("current_leader_epoch", current_leader_epoch, since(9));
    visitor.field("fetch_offset", fetch_offset);
    visitor.field("last_fetched_epoch", last_fetched_epoch, since(12));
    visitor.field("log_start_offset", log_start_offset, since(5));
    visitor.field("partition_max_bytes", partition_max_bytes);
    visitor.tagged(0, "replica_directory_id", replica_directory_id, {}, since(17));
    visitor.tagged(1, "high_watermark", high_watermark, std::numeric_limits<int64_t>::max(),
                   since(18));
}

void FetchRequest::FetchTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic, until(12));
    visitor.field("topic_id", topic_id, since(13));
    visitor.field("partitions", partitions);
}

void FetchRequest::ForgottenTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic, until(12));
    visitor.field("topic_id", topic_id, since(13));
    visitor.field("partitions", partitions);
}

void FetchRequest::ReplicaState::visit_fields(FieldVisitor& visitor) {
    visitor.field("replica_id", replica_id);
    visitor.field("replica_epoch", replica_epoch);
}

void FetchRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("replica_id", replica_id, until(14));
    visitor.field("max_wait_ms", max_wait_ms);
    visitor.field("min_bytes", min_bytes);
    visitor.field("max_bytes", max_bytes, since(3));
    visitor.field("isolation_level", isolation_level, since(4));
    visitor.field("session_id", session_id, since(7));
    visitor.field("session_epoch", session_epoch, since(7));
    visitor.field("topics", topics);
    visitor.field("forgotten_topics_data", forgotten_topics_data, since(7));
    visitor.field("rack_id", rack_id, since(11));
    visitor.tagged(0, "cluster_id", cluster_id, {}, since(12).nullable());
    visitor.tagged(1, "replica_state", replica_state, {}, since(15));
}

void FetchResponse::AbortedTransaction::visit_fields(FieldVisitor& visitor) {
    visitor.field("producer_id", producer_id);
    visitor.field("first_offset", first_offset);
}

void FetchResponse::EpochEndOffset::visit_fields(FieldVisitor& visitor) {
    visitor.field("epoch", epoch);
    visitor.field("end_offset", end_offset);
}

void FetchResponse::LeaderIdAndEpoch::visit_fields(FieldVisitor& visitor) {
    visitor.field("leader_id", leader_id);
    visitor.field("leader_epoch", leader_epoch);
}

void FetchResponse::SnapshotId::visit_fields(FieldVisitor& visitor) {
    visitor.field("end_offset", end_offset);
    visitor.field("epoch", epoch);
}

void FetchResponse::PartitionData::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
    visitor.field("high_watermark", high_watermark);
    visitor.field("last_stable_offset", last_stable_offset, since(4));
    visitor.field("log_start_offset", log_start_offset, since(5));
    visitor.field("aborted_transactions", aborted_transactions, since(4).nullable());
    visitor.field("preferred_read_replica", preferred_read_replica, since(11));
    visitor.field("records", records);
    visitor.tagged(0, "diverging_epoch", diverging_epoch, {}, since(12));
    visitor.tagged(1, "current_leader", current_leader, {}, since(12));
    visitor.tagged(2, "snapshot_id", snapshot_id, {}, since(12));
}

void FetchResponse::FetchableTopicResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic, until(12));
    visitor.field("topic_id", topic_id, since(13));
    visitor.field("partitions", partitions);
}

void FetchResponse::NodeEndpoint::visit_fields(FieldVisitor& visitor) {
    visitor.field("node_id", node_id);
    visitor.field("host", host);
    visitor.field("port", port);
    visitor.field("rack", rack, nullable());
}

void FetchResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("error_code", error_code, since(7));
    visitor.field("session_id", session_id, since(7));
    visitor.field("responses", responses);
    visitor.tagged(0, "node_endpoints", node_endpoints, since(16));
}

void ListOffsetsRequest::ListOffsetsPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("current_leader_epoch", current_leader_epoch, since(4));
    visitor.field("timestamp", timestamp);
    visitor.field("max_num_offsets", max_num_offsets, until(0));
}

void ListOffsetsRequest::ListOffsetsTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void ListOffsetsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("replica_id", replica_id);
    visitor.field("isolation_level", isolation_level, since(2));
    visitor.field("topics", topics);
    visitor.field("timeout_ms", timeout_ms, since(10));
}

void ListOffsetsResponse::ListOffsetsPartitionResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("error_code", error_code);
    visitor.field("old_style_offsets", old_style_offsets, until(0));
    visitor.field("timestamp", timestamp, since(1));
    visitor.field("offset", offset, since(1));
    visitor.field("leader_epoch", leader_epoch, since(4));
}

void ListOffsetsResponse::ListOffsetsTopicResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void ListOffsetsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(2));
    visitor.field("topics", topics);
}

void OffsetForLeaderEpochRequest::OffsetForLeaderPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition", partition);
    visitor.field("current_leader_epoch", current_leader_epoch, since(2));
    visitor.field("leader_epoch", leader_epoch);
}

void OffsetForLeaderEpochRequest::OffsetForLeaderTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic);
    visitor.field("partitions", partitions);
}

void OffsetForLeaderEpochRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("replica_id", replica_id, since(3));
    visitor.field("topics", topics);
}

void OffsetForLeaderEpochResponse::EpochEndOffset::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("partition", partition);
    visitor.field("leader_epoch", leader_epoch, since(1));
    visitor.field("end_offset", end_offset);
}

void OffsetForLeaderEpochResponse::OffsetForLeaderTopicResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic);
    visitor.field("partitions", partitions);
}

void OffsetForLeaderEpochResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(2));
    visitor.field("topics", topics);
}

void DeleteRecordsRequest::DeleteRecordsPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("offset", offset);
}

void DeleteRecordsRequest::DeleteRecordsTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void DeleteRecordsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics);
    visitor.field("timeout_ms", timeout_ms);
}

void DeleteRecordsResponse::DeleteRecordsPartitionResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("low_watermark", low_watermark);
    visitor.field("error_code", error_code);
}

void DeleteRecordsResponse::DeleteRecordsTopicResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void DeleteRecordsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("topics", topics);
}

LS_INSTANTIATE_CODEC(ProduceRequest);
LS_INSTANTIATE_CODEC(ProduceResponse);
LS_INSTANTIATE_CODEC(FetchRequest);
LS_INSTANTIATE_CODEC(FetchResponse);
LS_INSTANTIATE_CODEC(ListOffsetsRequest);
LS_INSTANTIATE_CODEC(ListOffsetsResponse);
LS_INSTANTIATE_CODEC(OffsetForLeaderEpochRequest);
LS_INSTANTIATE_CODEC(OffsetForLeaderEpochResponse);
LS_INSTANTIATE_CODEC(DeleteRecordsRequest);
LS_INSTANTIATE_CODEC(DeleteRecordsResponse);

}  // namespace lockstep::protocol
