// The field lists of CreateTopics, DeleteTopics, CreatePartitions, ElectLeaders.

#include "protocol/codec_impl.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/elect_leaders.h"

namespace lockstep::protocol {

void CreateTopicsRequest::CreatableReplicaAssignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("broker_ids", broker_ids);
}

void CreateTopicsRequest::CreatableTopicConfig::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("value", value, nullable());
}

void CreateTopicsRequest::CreatableTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("num_partitions", num_partitions);
    visitor.field("replication_factor", replication_factor);
    visitor.field("assignments", assignments);
    visitor.field("configs", configs);
}

void CreateTopicsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics);
    visitor.field("timeout_ms", timeout_ms);
    visitor.field("validate_only", validate_only, since(1));
}

void CreateTopicsResponse::CreatableTopicConfigs::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("value", value, nullable());
    visitor.field("read_only", read_only);
    visitor.field("config_source", config_source);
    visitor.field("is_sensitive", is_sensitive);
}

void CreateTopicsResponse::CreatableTopicResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("topic_id", topic_id, since(7));
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, since(1).nullable());
    visitor.field("num_partitions", num_partitions, since(5));
    visitor.field("replication_factor", replication_factor, since(5));
    visitor.field("configs", configs, since(5).nullable());
    visitor.tagged(0, "topic_config_error_code", topic_config_error_code, 0, since(5));
}

void CreateTopicsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(2));
    visitor.field("topics", topics);
}

void DeleteTopicsRequest::DeleteTopicState::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, nullable());
    visitor.field("topic_id", topic_id);
}

void DeleteTopicsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_names", topic_names, until(5));
    visitor.field("topics", topics, since(6));
    visitor.field("timeout_ms", timeout_ms);
}

void DeleteTopicsResponse::DeletableTopicResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name, nullable_since(6));
    visitor.field("topic_id", topic_id, since(6));
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, since(5).nullable());
}

void DeleteTopicsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("responses", responses);
}

void CreatePartitionsRequest::CreatePartitionsAssignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("broker_ids", broker_ids);
}

void CreatePartitionsRequest::CreatePartitionsTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("count", count);
    visitor.field("assignments", assignments, nullable());
}

void CreatePartitionsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics);
    visitor.field("timeout_ms", timeout_ms);
    visitor.field("validate_only", validate_only);
}

void CreatePartitionsResponse::CreatePartitionsTopicResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void CreatePartitionsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("results", results);
}

void ElectLeadersRequest::TopicPartitions::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic);
    visitor.field("partitions", partitions);
}

void ElectLeadersRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("election_type", election_type, since(1));
    visitor.field("topic_partitions", topic_partitions, nullable());
    visitor.field("timeout_ms", timeout_ms);
}

void ElectLeadersResponse::PartitionResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_id", partition_id);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void ElectLeadersResponse::ReplicaElectionResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic);
    visitor.field("partition_result", partition_result);
}

void ElectLeadersResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code, since(1));
    visitor.field("replica_election_results", replica_election_results);
}

LS_INSTANTIATE_CODEC(CreateTopicsRequest);
LS_INSTANTIATE_CODEC(CreateTopicsResponse);
LS_INSTANTIATE_CODEC(DeleteTopicsRequest);
LS_INSTANTIATE_CODEC(DeleteTopicsResponse);
LS_INSTANTIATE_CODEC(CreatePartitionsRequest);
LS_INSTANTIATE_CODEC(CreatePartitionsResponse);
LS_INSTANTIATE_CODEC(ElectLeadersRequest);
LS_INSTANTIATE_CODEC(ElectLeadersResponse);

}  // namespace lockstep::protocol
