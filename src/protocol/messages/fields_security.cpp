// The field lists of DescribeAcls, CreateAcls, DeleteAcls, DescribeUserScramCredentials,
// AlterUserScramCredentials, DescribeClientQuotas, AlterClientQuotas.

#include "protocol/codec_impl.h"
#include "protocol/messages/alter_client_quotas.h"
#include "protocol/messages/alter_user_scram_credentials.h"
#include "protocol/messages/create_acls.h"
#include "protocol/messages/delete_acls.h"
#include "protocol/messages/describe_acls.h"
#include "protocol/messages/describe_client_quotas.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace lockstep::protocol {

void DescribeAclsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type_filter", resource_type_filter);
    visitor.field("resource_name_filter", resource_name_filter, nullable());
    visitor.field("pattern_type_filter", pattern_type_filter, since(1));
    visitor.field("principal_filter", principal_filter, nullable());
    visitor.field("host_filter", host_filter, nullable());
    visitor.field("operation", operation);
    visitor.field("permission_type", permission_type);
}

void DescribeAclsResponse::AclDescription::visit_fields(FieldVisitor& visitor) {
    visitor.field("principal", principal);
    visitor.field("host", host);
    visitor.field("operation", operation);
    visitor.field("permission_type", permission_type);
}

void DescribeAclsResponse::DescribeAclsResource::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("pattern_type", pattern_type, since(1));
    visitor.field("acls", acls);
}

void DescribeAclsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("resources", resources);
}

void CreateAclsRequest::AclCreation::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("resource_pattern_type", resource_pattern_type, since(1));
    visitor.field("principal", principal);
    visitor.field("host", host);
    visitor.field("operation", operation);
    visitor.field("permission_type", permission_type);
}

void CreateAclsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("creations", creations);
}

void CreateAclsResponse::AclCreationResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void CreateAclsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("results", results);
}

void DeleteAclsRequest::DeleteAclsFilter::visit_fields(FieldVisitor& visitor) {
    visitor.field("resource_type_filter", resource_type_filter);
    visitor.field("resource_name_filter", resource_name_filter, nullable());
    visitor.field("pattern_type_filter", pattern_type_filter, since(1));
    visitor.field("principal_filter", principal_filter, nullable());
    visitor.field("host_filter", host_filter, nullable());
    visitor.field("operation", operation);
    visitor.field("permission_type", permission_type);
}

void DeleteAclsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("filters", filters);
}

void DeleteAclsResponse::DeleteAclsMatchingAcl::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("resource_type", resource_type);
    visitor.field("resource_name", resource_name);
    visitor.field("pattern_type", pattern_type, since(1));
    visitor.field("principal", principal);
    visitor.field("host", host);
    visitor.field("operation", operation);
    visitor.field("permission_type", permission_type);
}

void DeleteAclsResponse::DeleteAclsFilterResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("matching_acls", matching_acls);
}

void DeleteAclsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("filter_results", filter_results);
}

void DescribeUserScramCredentialsRequest::UserName::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
}

void DescribeUserScramCredentialsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("users", users, nullable());
}

void DescribeUserScramCredentialsResponse::CredentialInfo::visit_fields(FieldVisitor& visitor) {
    visitor.field("mechanism", mechanism);
    visitor.field("iterations", iterations);
}

void DescribeUserScramCredentialsResponse::DescribeUserScramCredentialsResult::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("user", user);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("credential_infos", credential_infos);
}

void DescribeUserScramCredentialsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("results", results);
}

void AlterUserScramCredentialsRequest::ScramCredentialDeletion::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("mechanism", mechanism);
}

void AlterUserScramCredentialsRequest::ScramCredentialUpsertion::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("mechanism", mechanism);
    visitor.field("iterations", iterations);
    visitor.field("salt", salt);
    visitor.field("salted_password", salted_password);
}

void AlterUserScramCredentialsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("deletions", deletions);
    visitor.field("upsertions", upsertions);
}

void AlterUserScramCredentialsResponse::AlterUserScramCredentialsResult::visit_fields(
    FieldVisitor& visitor) {
    visitor.field("user", user);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
}

void AlterUserScramCredentialsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("results", results);
}

void DescribeClientQuotasRequest::ComponentData::visit_fields(FieldVisitor& visitor) {
    visitor.field("entity_type", entity_type);
    visitor.field("match_type", match_type);
    visitor.field("match", match, nullable());
}

void DescribeClientQuotasRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("components", components);
    visitor.field("strict", strict);
}

void DescribeClientQuotasResponse::EntityData::visit_fields(FieldVisitor& visitor) {
    visitor.field("entity_type", entity_type);
    visitor.field("entity_name", entity_name, nullable());
}

void DescribeClientQuotasResponse::ValueData::visit_fields(FieldVisitor& visitor) {
    visitor.field("key", key);
    visitor.field("value", value);
}

void DescribeClientQuotasResponse::EntryData::visit_fields(FieldVisitor& visitor) {
    visitor.field("entity", entity);
    visitor.field("values", values);
}

void DescribeClientQuotasResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("entries", entries, nullable());
}

void AlterClientQuotasRequest::EntityData::visit_fields(FieldVisitor& visitor) {
    visitor.field("entity_type", entity_type);
    visitor.field("entity_name", entity_name, nullable());
}

void AlterClientQuotasRequest::OpData::visit_fields(FieldVisitor& visitor) {
    visitor.field("key", key);
    visitor.field("value", value);
    visitor.field("remove", remove);
}

void AlterClientQuotasRequest::EntryData::visit_fields(FieldVisitor& visitor) {
    visitor.field("entity", entity);
    visitor.field("ops", ops);
}

void AlterClientQuotasRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("entries", entries);
    visitor.field("validate_only", validate_only);
}

void AlterClientQuotasResponse::EntityData::visit_fields(FieldVisitor& visitor) {
    visitor.field("entity_type", entity_type);
    visitor.field("entity_name", entity_name, nullable());
}

void AlterClientQuotasResponse::EntryData::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, nullable());
    visitor.field("entity", entity);
}

void AlterClientQuotasResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("entries", entries);
}

LS_INSTANTIATE_CODEC(DescribeAclsRequest);
LS_INSTANTIATE_CODEC(DescribeAclsResponse);
LS_INSTANTIATE_CODEC(CreateAclsRequest);
LS_INSTANTIATE_CODEC(CreateAclsResponse);
LS_INSTANTIATE_CODEC(DeleteAclsRequest);
LS_INSTANTIATE_CODEC(DeleteAclsResponse);
LS_INSTANTIATE_CODEC(DescribeUserScramCredentialsRequest);
LS_INSTANTIATE_CODEC(DescribeUserScramCredentialsResponse);
LS_INSTANTIATE_CODEC(AlterUserScramCredentialsRequest);
LS_INSTANTIATE_CODEC(AlterUserScramCredentialsResponse);
LS_INSTANTIATE_CODEC(DescribeClientQuotasRequest);
LS_INSTANTIATE_CODEC(DescribeClientQuotasResponse);
LS_INSTANTIATE_CODEC(AlterClientQuotasRequest);
LS_INSTANTIATE_CODEC(AlterClientQuotasResponse);

}  // namespace lockstep::protocol
