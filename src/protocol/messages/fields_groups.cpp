// The field lists of JoinGroup, SyncGroup, Heartbeat, LeaveGroup, ListGroups, DescribeGroups,
// DeleteGroups.

#include "protocol/codec_impl.h"
#include "protocol/messages/delete_groups.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/sync_group.h"

namespace lockstep::protocol {

void JoinGroupRequest::JoinGroupRequestProtocol::visit_fields(FieldVisitor& visitor) {
    visitor.field("name", name);
    visitor.field("metadata", metadata);
}

void JoinGroupRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("session_timeout_ms", session_timeout_ms);
    visitor.field("rebalance_timeout_ms", rebalance_timeout_ms, since(1));
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, since(5).nullable());
    visitor.field("protocol_type", protocol_type);
    visitor.field("protocols", protocols);
    visitor.field("reason", reason, since(8).nullable());
}

void JoinGroupResponse::JoinGroupResponseMember::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, since(5).nullable());
    visitor.field("metadata", metadata);
}

void JoinGroupResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(2));
    visitor.field("error_code", error_code);
    visitor.field("generation_id", generation_id);
    visitor.field("protocol_type", protocol_type, since(7).nullable());
    visitor.field("protocol_name", protocol_name, nullable_since(7));
    visitor.field("leader", leader);
    visitor.field("skip_assignment", skip_assignment, since(9));
    visitor.field("member_id", member_id);
    visitor.field("members", members);
}

void SyncGroupRequest::SyncGroupRequestAssignment::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("assignment", assignment);
}

void SyncGroupRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("generation_id", generation_id);
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, since(3).nullable());
    visitor.field("protocol_type", protocol_type, since(5).nullable());
    visitor.field("protocol_name", protocol_name, since(5).nullable());
    visitor.field("assignments", assignments);
}

void SyncGroupResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("error_code", error_code);
    visitor.field("protocol_type", protocol_type, since(5).nullable());
    visitor.field("protocol_name", protocol_name, since(5).nullable());
    visitor.field("assignment", assignment);
}

void HeartbeatRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("generation_id", generation_id);
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, since(3).nullable());
}

void HeartbeatResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("error_code", error_code);
}

void LeaveGroupRequest::MemberIdentity::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, nullable());
    visitor.field("reason", reason, since(5).nullable());
}

void LeaveGroupRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("member_id", member_id, until(2));
    visitor.field("members", members, since(3));
}

void LeaveGroupResponse::MemberResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, nullable());
    visitor.field("error_code", error_code);
}

void LeaveGroupResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("error_code", error_code);
    visitor.field("members", members, since(3));
}

void ListGroupsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("states_filter", states_filter, since(4));
    visitor.field("types_filter", types_filter, since(5));
}

void ListGroupsResponse::ListedGroup::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("protocol_type", protocol_type);
    visitor.field("group_state", group_state, since(4));
    visitor.field("group_type", group_type, since(5));
}

void ListGroupsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("error_code", error_code);
    visitor.field("groups", groups);
}

void DescribeGroupsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("groups", groups);
    visitor.field("include_authorized_operations", include_authorized_operations, since(3));
}

void DescribeGroupsResponse::DescribedGroupMember::visit_fields(FieldVisitor& visitor) {
    visitor.field("member_id", member_id);
    visitor.field("group_instance_id", group_instance_id, since(4).nullable());
    visitor.field("client_id", client_id);
    visitor.field("client_host", client_host);
    visitor.field("member_metadata", member_metadata);
    visitor.field("member_assignment", member_assignment);
}

void DescribeGroupsResponse::DescribedGroup::visit_fields(FieldVisitor& visitor) {
    visitor.field("error_code", error_code);
    visitor.field("error_message", error_message, since(6).nullable());
    visitor.field("group_id", group_id);
    visitor.field("group_state", group_state);
    visitor.field("protocol_type", protocol_type);
    visitor.field("protocol_data", protocol_data);
    visitor.field("members", members);
    visitor.field("authorized_operations", authorized_operations, since(3));
}

void DescribeGroupsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms, since(1));
    visitor.field("groups", groups);
}

void DeleteGroupsRequest::visit_fields(FieldVisitor& visitor) {
    visitor.field("groups_names", groups_names);
}

void DeleteGroupsResponse::DeletableGroupResult::visit_fields(FieldVisitor& visitor) {
    visitor.field("group_id", group_id);
    visitor.field("error_code", error_code);
}

void DeleteGroupsResponse::visit_fields(FieldVisitor& visitor) {
    visitor.field("throttle_time_ms", throttle_time_ms);
    visitor.field("results", results);
}

LS_INSTANTIATE_CODEC(JoinGroupRequest);
LS_INSTANTIATE_CODEC(JoinGroupResponse);
LS_INSTANTIATE_CODEC(SyncGroupRequest);
LS_INSTANTIATE_CODEC(SyncGroupResponse);
LS_INSTANTIATE_CODEC(HeartbeatRequest);
LS_INSTANTIATE_CODEC(HeartbeatResponse);
LS_INSTANTIATE_CODEC(LeaveGroupRequest);
LS_INSTANTIATE_CODEC(LeaveGroupResponse);
LS_INSTANTIATE_CODEC(ListGroupsRequest);
LS_INSTANTIATE_CODEC(ListGroupsResponse);
LS_INSTANTIATE_CODEC(DescribeGroupsRequest);
LS_INSTANTIATE_CODEC(DescribeGroupsResponse);
LS_INSTANTIATE_CODEC(DeleteGroupsRequest);
LS_INSTANTIATE_CODEC(DeleteGroupsResponse);

}  // namespace lockstep::protocol
