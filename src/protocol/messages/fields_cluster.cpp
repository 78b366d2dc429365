// The field lists of Metadata, DescribeTopicPartitions, DescribeCluster, ApiVersions,
// FindCoordinator, SaslHandshake, SaslAuthenticate, DescribeLogDirs.

#include "protocol/codec_impl.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/describe_cluster.h"
#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/sasl_authenticate.h"
#include "protocol/messages/sasl_handshake.h"

namespace lockstep::protocol {

void MetadataRequest::MetadataRequestTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_id", topic_id, since(10));
    visitor.field("name", name, nullable_since(10));
}

void MetadataRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics, nullable_since(1));
    visitor.field("allow_auto_topic_creation", allow_auto_topic_creation, since(4));
    visitor.field("include_cluster_authorized_operations", include_cluster_authorized_operations,
                  since(8).until(10));
    visitor.field("include_topic_authorized_operations", include_topic_authorized_operations,
                  since(8));
}

void MetadataResponse::MetadataResponseBroker::visit_fields(FieldVisitor& visitor) {
    visitor.field("node_id", node_id);
    visitor.field("host", host);
    visitor.field("port", port);
    visitor.field("rack", rack, since(1).nullable());
}

void MetadataResponse::MetadataResponsePartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("partition_index", partition_index);
    visitor.field("leader_id", leader_id);
    visitor.field("leader_epoch", leader_epoch, since(7));
    visitor.field("replica_nodes", replica_nodes);
    visitor.field("isr_nodes", isr_nodes);
    visitor.field("offline_replicas", offline_replicas, since(5));
}

void MetadataResponse::MetadataResponseTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("name", name, nullable_since(12));
    visitor.field("topic_id", topic_id, since(10));
    visitor.field("is_internal", is_internal, since(1));
    visitor.field("partitions", partitions);
    visitor.field("topic_authorized_operations", topic_authorized_operations, since(8));
}

void MetadataResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(3));
    visitor.field("brokers", brokers);
    visitor.field("cluster_id", cluster_id, since(2).nullable());
    visitor.field("controller_id", controller_id, since(1));
    visitor.field("topics", topics);
    visitor.field("cluster_authorized_operations", cluster_authorized_operations,
                  since(8).until(10));
    visitor.field("error_code", error_code, since(13));
}

void DescribeTopicPartitionsRequest::TopicRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
}

void DescribeTopicPartitionsRequest::Cursor::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_name", topic_name);
    visitor.field("partition_index", partition_index);
}

void DescribeTopicPartitionsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics);
    visitor.field("response_partition_limit", response_partition_limit);
    visitor.field("cursor", cursor, nullable());
}

void DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("partition_index", partition_index);
    visitor.field("leader_id", leader_id);
    visitor.field("leader_epoch", leader_epoch);
    visitor.field("replica_nodes", replica_nodes);
    visitor.field("isr_nodes", isr_nodes);
    visitor.field("eligible_leader_replicas", eligible_leader_replicas, nullable());
    visitor.field("last_known_elr", last_known_elr, nullable());
    visitor.field("offline_replicas", offline_replicas);
}

void DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("name", name, nullable());
    visitor.field("topic_id", topic_id);
    visitor.field("is_internal", is_internal);
    visitor.field("partitions", partitions);
    visitor.field("topic_authorized_operations", topic_authorized_operations);
}

void DescribeTopicPartitionsResponse::Cursor::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic_name", topic_name);
    visitor.field("partition_index", partition_index);
}

void DescribeTopicPartitionsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("topics", topics);
    visitor.field("next_cursor", next_cursor, nullable());
}

void DescribeClusterRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("include_cluster_authorized_operations", include_cluster_authorized_operations);
    visitor.field("endpoint_type", endpoint_type, since(1));
    visitor.field("include_fenced_brokers", include_fenced_brokers, since(2));
}

void DescribeClusterResponse::DescribeClusterBroker::visit_fields(FieldVisitor& visitor) {
    visitor.field("broker_id", broker_id);
    visitor.field("host", host);
    visitor.field("port", port);
    visitor.field("rack", rack, nullable());
    visitor.field("is_fenced", is_fenced, since(2));
}

void DescribeClusterResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("endpoint_type", endpoint_type, since(1));
    visitor.field("cluster_id", cluster_id);
    visitor.field("controller_id", controller_id);
    visitor.field("brokers", brokers);
    visitor.field("cluster_authorized_operations", cluster_authorized_operations);
}

void ApiVersionsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("client_software_name", client_software_name, since(3));
    visitor.field("client_software_version", client_software_version, since(3));
}

void ApiVersionsResponse::ApiVersion::visit_fields(FieldVisitor& visitor) {
    visitor.field("api_key", api_key);
    visitor.field("min_version", min_version);
    visitor.field("max_version", max_version);
}

void ApiVersionsResponse::SupportedFeatureKey::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("min_version", min_version);
    visitor.field("max_version", max_version);
}

void ApiVersionsResponse::FinalizedFeatureKey::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("max_version_level", max_version_level);
    visitor.field("min_version_level", min_version_level);
}

void ApiVersionsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("api_keys", api_keys);
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.tagged(0, "supported_features", supported_features, since(3));
    visitor.tagged(1, "finalized_features_epoch", finalized_features_epoch, -1, since(3));
    visitor.tagged(2, "finalized_features", finalized_features, since(3));
    visitor.tagged(3, "zk_migration_ready", zk_migration_ready, false, since(3));
}

void FindCoordinatorRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("key", key, until(3));
    visitor.field("key_type", key_type, since(1));
    visitor.field("coordinator_keys", coordinator_keys, since(4));
}

void FindCoordinatorResponse::Coordinator::visit_fields(FieldVisitor& visitor) {
    visitor.field("key", key);
    visitor.field("node_id", node_id);
    visitor.field("host", host);
    visitor.field("port", port);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void FindCoordinatorResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("error_code", error_code, until(3));
    visitor.field("error_message", error_message, since(1).until(3).nullable());
    visitor.field("node_id", node_id, until(3));
    visitor.field("host", host, until(3));
    visitor.field("port", port, until(3));
    visitor.field("coordinators", coordinators, since(4));
}

void SaslHandshakeRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("mechanism", mechanism);
}

void SaslHandshakeResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("mechanisms", mechanisms);
}

void SaslAuthenticateRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("auth_bytes", auth_bytes);
}

void SaslAuthenticateResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("auth_bytes", auth_bytes);
    visitor.field("session_lifetime_ms", session_lifetime_ms, since(1));
}

void DescribeLogDirsRequest::DescribableLogDirTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("topic", topic);
    visitor.field("partitions", partitions);
}

void DescribeLogDirsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("topics", topics, nullable());
}

void DescribeLogDirsResponse::DescribeLogDirsPartition::visit_fields(FieldVisitor& visitor) {
    visitor.field("partition_index", partition_index);
    visitor.field("partition_size", partition_size);
    visitor.field("offset_lag", offset_lag);
    visitor.field("is_future_key", is_future_key);
}

void DescribeLogDirsResponse::DescribeLogDirsTopic::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("partitions", partitions);
}

void DescribeLogDirsResponse::DescribeLogDirsResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("log_dir", log_dir);
    visitor.field("topics", topics);
    visitor.field("total_bytes", total_bytes, since(4));
    visitor.field("usable_bytes", usable_bytes, since(4));
    visitor.field("is_cordoned", is_cordoned, since(5));
}

void DescribeLogDirsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code, since(3));
    visitor.field("results", results);
}

LS_INSTANTIATE_CODEC(MetadataRequest);
LS_INSTANTIATE_CODEC(MetadataResponse);
LS_INSTANTIATE_CODEC(DescribeTopicPartitionsRequest);
LS_INSTANTIATE_CODEC(DescribeTopicPartitionsResponse);
LS_INSTANTIATE_CODEC(DescribeClusterRequest);
LS_INSTANTIATE_CODEC(DescribeClusterResponse);
LS_INSTANTIATE_CODEC(ApiVersionsRequest);
LS_INSTANTIATE_CODEC(ApiVersionsResponse);
LS_INSTANTIATE_CODEC(FindCoordinatorRequest);
LS_INSTANTIATE_CODEC(FindCoordinatorResponse);
LS_INSTANTIATE_CODEC(SaslHandshakeRequest);
LS_INSTANTIATE_CODEC(SaslHandshakeResponse);
LS_INSTANTIATE_CODEC(SaslAuthenticateRequest);
LS_INSTANTIATE_CODEC(SaslAuthenticateResponse);
LS_INSTANTIATE_CODEC(DescribeLogDirsRequest);
LS_INSTANTIATE_CODEC(DescribeLogDirsResponse);

}  // namespace lockstep::protocol
