// API        JoinGroup 0 to 9, SyncGroup 0 to 5, Heartbeat 0 to 4, LeaveGroup 0 to 5,
//            DescribeGroups 0 to 6, ListGroups 0 to 5, DeleteGroups 0 to 2
// Behaviour  Classic groups of any protocol type: see ClassicGroup. A group is found on its
//            coordinator only. Consumer groups (KIP-848) are listed and deleted here too.
// Gaps       A classic member cannot join a consumer group that has members, nor the other way
//            round (no online migration). Groups have no maximum size.

#include "protocol/messages/delete_groups.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "sandbox/group_access.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/group_settings.h"
#include "sandbox/handler_table.h"

#include <algorithm>
#include <cctype>

namespace lockstep::sandbox {

using protocol::DeleteGroupsRequest;
using protocol::DeleteGroupsResponse;
using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;
using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::KafkaError;
using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;
using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;
using runtime::Task;

// offsets.cpp
protocol::OffsetCommitResponse offset_commit(Call& call,
                                             const protocol::OffsetCommitRequest& request);
protocol::OffsetFetchResponse offset_fetch(Call& call, const protocol::OffsetFetchRequest& request);
protocol::OffsetDeleteResponse offset_delete(Call& call,
                                             const protocol::OffsetDeleteRequest& request);

namespace {

constexpr int64_t kDefaultMinSessionTimeoutMs = 6'000;
constexpr int64_t kDefaultMaxSessionTimeoutMs = 1'800'000;

KafkaError judge_member_request(const Call& call, const std::string& group) {
    const KafkaError error = judge_group_access(call, group, AclOperation::read);
    return error == KafkaError::none && group.empty() ? KafkaError::invalid_group_id : error;
}

bool is_session_timeout(const Cluster& cluster, int32_t timeout_ms) {
    return timeout_ms >= broker_number(cluster, "group.min.session.timeout.ms",
                                       kDefaultMinSessionTimeoutMs) &&
           timeout_ms <=
               broker_number(cluster, "group.max.session.timeout.ms", kDefaultMaxSessionTimeoutMs);
}

using JoinTicket = ClassicGroup::JoinTicket;
using SyncTicket = ClassicGroup::SyncTicket;

constexpr int16_t kFirstJoinWithNull = 7;

JoinGroupResponse refusal_of_join(const Call& call, const JoinGroupRequest& request,
                                  KafkaError error) {
    JoinGroupResponse response;
    response.error_code = code(error);
    response.member_id = request.member_id;
    if (call.version >= kFirstJoinWithNull) {
        response.protocol_name.reset();
    }
    return response;
}

std::shared_ptr<JoinTicket> begin_join(const Call& call, const JoinGroupRequest& request) {
    Cluster& cluster = call.cluster;
    KafkaError error = judge_member_request(call, request.group_id);
    ClassicGroup* group = nullptr;
    if (error == KafkaError::none && !is_session_timeout(cluster, request.session_timeout_ms)) {
        error = KafkaError::invalid_session_timeout;
    } else if (error == KafkaError::none && !request.member_id.empty() &&
               cluster.groups().find(request.group_id) == nullptr) {
        error = KafkaError::unknown_member_id;
    } else if (error == KafkaError::none) {
        group = cluster.groups().classic_to_join(request.group_id);
        error = group == nullptr ? KafkaError::inconsistent_group_protocol : KafkaError::none;
    }
    if (group != nullptr) {
        return group->join(call, request);
    }
    auto refused = std::make_shared<JoinTicket>(cluster.loop());
    refused->give(refusal_of_join(call, request, error));
    return refused;
}

Task<JoinGroupResponse> join_group(Call& call, const JoinGroupRequest& request) {
    std::shared_ptr<JoinTicket> ticket = begin_join(call, request);
    JoinGroupResponse response = co_await answer_of(ticket, call.stop);
    if (response.member_id.empty()) {
        response.member_id = request.member_id;
    }
    if (call.version >= kFirstJoinWithNull && response.error_code != 0) {
        response.protocol_name.reset();
    }
    co_return response;
}

Task<SyncGroupResponse> sync_group(Call& call, const SyncGroupRequest& request) {
    constexpr int16_t kFirstSyncWithProtocol = 5;
    KafkaError error = judge_member_request(call, request.group_id);
    ClassicGroup* group = call.cluster.groups().find_classic(request.group_id);
    if (error == KafkaError::none && call.version >= kFirstSyncWithProtocol &&
        (!request.protocol_type || !request.protocol_name)) {
        error = KafkaError::inconsistent_group_protocol;
    }
    if (error == KafkaError::none && group == nullptr) {
        error = KafkaError::unknown_member_id;
    }
    if (error != KafkaError::none) {
        SyncGroupResponse refused;
        refused.error_code = code(error);
        co_return refused;
    }
    std::shared_ptr<SyncTicket> ticket = group->sync(request);
    SyncGroupResponse response = co_await answer_of(ticket, call.stop);
    co_return response;
}

HeartbeatResponse heartbeat(Call& call, const HeartbeatRequest& request) {
    KafkaError error = judge_member_request(call, request.group_id);
    if (error == KafkaError::none) {
        ClassicGroup* group = call.cluster.groups().find_classic(request.group_id);
        error = group == nullptr ? KafkaError::unknown_member_id : group->heartbeat(request);
    }
    HeartbeatResponse response;
    response.error_code = code(error);
    return response;
}

LeaveGroupResponse leave_group(Call& call, const LeaveGroupRequest& request) {
    constexpr int16_t kFirstVersionWithMany = 3;
    LeaveGroupResponse response;
    const KafkaError error = judge_member_request(call, request.group_id);
    if (error != KafkaError::none) {
        response.error_code = code(error);
        return response;
    }
    std::vector<ClassicGroup::Identity> leaving = request.members;
    if (call.version < kFirstVersionWithMany) {
        leaving.assign(1, {});
        leaving.front().member_id = request.member_id;
    }
    ClassicGroup* group = call.cluster.groups().find_classic(request.group_id);
    for (const ClassicGroup::Identity& identity : leaving) {
        auto& told = response.members.emplace_back();
        told.member_id = identity.member_id;
        told.group_instance_id = identity.group_instance_id;
        told.error_code =
            code(group == nullptr ? KafkaError::unknown_member_id : group->leave(identity));
    }
    if (call.version < kFirstVersionWithMany) {
        response.error_code = response.members.front().error_code;
        response.members.clear();
    }
    return response;
}

DescribeGroupsResponse::DescribedGroup describe_one(Call& call, const std::string& id) {
    constexpr int16_t kFirstVersionWithNotFound = 6;
    DescribeGroupsResponse::DescribedGroup answer;
    answer.group_id = id;
    const KafkaError error = judge_group_access(call, id, AclOperation::describe);
    const ClassicGroup* group = call.cluster.groups().find_classic(id);
    if (error != KafkaError::none) {
        answer.error_code = code(error);
    } else if (group != nullptr) {
        group->describe(answer);
    } else {
        answer.group_state = "Dead";
        if (call.version >= kFirstVersionWithNotFound) {
            answer.error_code = code(KafkaError::group_id_not_found);
            answer.error_message = "there is no classic group of this name";
        }
    }
    return answer;
}

DescribeGroupsResponse describe_groups(Call& call, const DescribeGroupsRequest& request) {
    DescribeGroupsResponse response;
    for (const std::string& id : request.groups) {
        auto answer = describe_one(call, id);
        if (request.include_authorized_operations && answer.error_code == 0) {
            answer.authorized_operations = group_operations_of(call, id);
        }
        response.groups.push_back(std::move(answer));
    }
    return response;
}

/// Whatever is upper or lower case, as brokers compare states and types.
bool is_wanted(const std::vector<std::string>& filter, std::string_view value) {
    const auto is_same = [&](const std::string& wanted) {
        return std::ranges::equal(wanted, value, [](unsigned char left, unsigned char right) {
            return std::tolower(left) == std::tolower(right);
        });
    };
    return filter.empty() || std::ranges::any_of(filter, is_same);
}

ListGroupsResponse list_groups(Call& call, const ListGroupsRequest& request) {
    ListGroupsResponse response;
    const bool sees_all = call.cluster.acls().allows(call, AclOperation::describe,
                                                     ResourceType::cluster, kClusterResource);
    for (const auto& [id, group] : call.cluster.groups().groups()) {
        ListGroupsResponse::ListedGroup told;
        told.group_id = id;
        told.protocol_type = group.classic ? group.classic->protocol_type() : "consumer";
        told.group_state =
            group.classic ? group.classic->state_name() : group.consumer->state_name();
        told.group_type = group.classic ? "classic" : "consumer";
        const bool is_seen = sees_all || call.cluster.acls().allows(call, AclOperation::describe,
                                                                    ResourceType::group, id);
        if (is_seen && call.cluster.coordinator_of(id) == call.broker &&
            is_wanted(request.states_filter, told.group_state) &&
            is_wanted(request.types_filter, told.group_type)) {
            response.groups.push_back(std::move(told));
        }
    }
    return response;
}

DeleteGroupsResponse delete_groups(Call& call, const DeleteGroupsRequest& request) {
    DeleteGroupsResponse response;
    for (const std::string& id : request.groups_names) {
        const KafkaError error = judge_group_access(call, id, AclOperation::erase);
        auto& told = response.results.emplace_back();
        told.group_id = id;
        told.error_code = code(error == KafkaError::none ? call.cluster.groups().erase(id) : error);
    }
    return response;
}

}  // namespace

void add_group_handlers(HandlerTable& table) {
    table.add(join_group);
    table.add(sync_group);
    table.add(heartbeat);
    table.add(leave_group);
    table.add(describe_groups);
    table.add(list_groups);
    table.add(delete_groups);
    table.add(offset_commit);
    table.add(offset_fetch);
    table.add(offset_delete);
}

}  // namespace lockstep::sandbox
