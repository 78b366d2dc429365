// The field lists of DescribeConfigs, AlterConfigs, IncrementalAlterConfigs, ListConfigResources.

#include "protocol/codec_impl.h"
#include "protocol/messages/alter_configs.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"

namespace lockstep::protocol {

void DescribeConfigsRequest::DescribeConfigsResource::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("configuration_keys", configuration_keys, nullable());
}

void DescribeConfigsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("resources", resources);
    visitor.field("include_synonyms", include_synonyms, since(1));
    visitor.field("include_documentation", include_documentation, since(3));
}

void DescribeConfigsResponse::DescribeConfigsSynonym::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("value", value, nullable());
    visitor.field("source", source);
}

void DescribeConfigsResponse::DescribeConfigsResourceResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("value", value, nullable());
    visitor.field("read_only", read_only);
    visitor.field("is_default", is_default, until(0));
    visitor.field("config_source", config_source, since(1));
    visitor.field("is_sensitive", is_sensitive);
    visitor.field("synonyms", synonyms, since(1));
    visitor.field("config_type", config_type, since(3));
    visitor.field("documentation", documentation, since(3).nullable());
}

void DescribeConfigsResponse::DescribeConfigsResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("configs", configs);
}

void DescribeConfigsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("results", results);
}

void AlterConfigsRequest::AlterableConfig::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("value", value, nullable());
}

void AlterConfigsRequest::AlterConfigsResource::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("configs", configs);
}

void AlterConfigsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("resources", resources);
    visitor.field("validate_only", validate_only);
}

void AlterConfigsResponse::AlterConfigsResourceResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
}

void AlterConfigsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("responses", responses);
}

void IncrementalAlterConfigsRequest::AlterableConfig::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("config_operation", config_operation);
    visitor.field("value", value, nullable());
}

void IncrementalAlterConfigsRequest::AlterConfigsResource::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("configs", configs);
}

void IncrementalAlterConfigsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("resources", resources);
    visitor.field("validate_only", validate_only);
}

void IncrementalAlterConfigsResponse::AlterConfigsResourceResponse::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
}

void IncrementalAlterConfigsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("responses", responses);
}

void ListConfigResourcesRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_types", resource_types, since(1));
}

void ListConfigResourcesResponse::ConfigResource::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_name", resource_name);
    visitor.field("resource_type", resource_type, since(1));
}

void ListConfigResourcesResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("config_resources", config_resources);
}

LS_INSTANTIATE_CODEC(DescribeConfigsRequest);
LS_INSTANTIATE_CODEC(DescribeConfigsResponse);
LS_INSTANTIATE_CODEC(AlterConfigsRequest);
LS_INSTANTIATE_CODEC(AlterConfigsResponse);
LS_INSTANTIATE_CODEC(IncrementalAlterConfigsRequest);
LS_INSTANTIATE_CODEC(IncrementalAlterConfigsResponse);
LS_INSTANTIATE_CODEC(ListConfigResourcesRequest);
LS_INSTANTIATE_CODEC(ListConfigResourcesResponse);

}  // namespace lockstep::protocol
