// API        ConsumerGroupHeartbeat 0 and 1, ConsumerGroupDescribe 0 and 1 (KIP-848)
// Behaviour  See ConsumerGroup: assignors `uniform` and `range` on the broker, partitions handed
//            over one member after the other, static members, regular expressions.
// Gaps       Expressions are looked up at each heartbeat of their member. Classic members do not
//            join these groups, nor the other way round, unless the group is empty. Racks are not
//            looked at.

#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "sandbox/group_access.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/handler_table.h"
#include "sandbox/member_names.h"
#include "sandbox/topic_pattern.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::KafkaError;

namespace {

using Described = ConsumerGroupDescribeResponse::DescribedGroup;

/// Why a request is refused, in words for whoever has written the client.
struct Refusal {
    KafkaError error = KafkaError::none;
    const char* message = "";
};

Refusal judge_joining(const ConsumerGroupHeartbeatRequest& request) {
    if (request.rebalance_timeout_ms == -1) {
        return {KafkaError::invalid_request, "who joins has to say its rebalance timeout"};
    }
    if (!request.topic_partitions || !request.topic_partitions->empty()) {
        return {KafkaError::invalid_request, "who joins cannot have partitions"};
    }
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex) {
        return {KafkaError::invalid_request, "who joins has to subscribe to something"};
    }
    return {};
}

Refusal judge_form(const Call& call, const ConsumerGroupHeartbeatRequest& request) {
    constexpr int32_t kLeaves = -1;
    constexpr int32_t kLeavesForAWhile = -2;
    const int32_t epoch = request.member_epoch;
    const bool needs_member_id = call.version > 0 || epoch > 0 || epoch == kLeaves;
    if (needs_member_id && request.member_id.empty()) {
        return {KafkaError::invalid_request, "the member id is empty"};
    }
    if (request.group_id.empty() || request.instance_id == "" || request.rack_id == "") {
        return {KafkaError::invalid_request, "the group, instance or rack id is empty"};
    }
    if (epoch < kLeavesForAWhile || (epoch == kLeavesForAWhile && !request.instance_id)) {
        return {KafkaError::invalid_request, "this member epoch has no meaning"};
    }
    if (request.server_assignor && !is_assignor(*request.server_assignor)) {
        return {KafkaError::unsupported_assignor, "the assignors are uniform and range"};
    }
    if (request.subscribed_topic_regex &&
        !TopicPattern(*request.subscribed_topic_regex).is_valid()) {
        return {KafkaError::invalid_regular_expression, "this is no regular expression"};
    }
    return epoch == 0 ? judge_joining(request) : Refusal{};
}

Refusal judge_access(const Call& call, const ConsumerGroupHeartbeatRequest& request) {
    const KafkaError error = judge_group_access(call, request.group_id, AclOperation::read);
    if (error != KafkaError::none) {
        return {error, ""};
    }
    const auto names = request.subscribed_topic_names.value_or(std::vector<std::string>());
    const bool sees_all = std::ranges::all_of(names, [&](const std::string& name) {
        return call.cluster.acls().allows(call, AclOperation::describe, ResourceType::topic, name);
    });
    return sees_all ? Refusal{} : Refusal{KafkaError::topic_authorization_failed, ""};
}

ConsumerGroupHeartbeatResponse refused(const Refusal& refusal) {
    ConsumerGroupHeartbeatResponse response;
    response.error_code = code(refusal.error);
    response.error_message.reset();
    if (*refusal.message != '\0') {
        response.error_message = refusal.message;
    }
    return response;
}

ConsumerGroupHeartbeatResponse consumer_group_heartbeat(
    Call& call, const ConsumerGroupHeartbeatRequest& request) {
    Refusal refusal = judge_access(call, request);
    if (refusal.error == KafkaError::none) {
        refusal = judge_form(call, request);
    }
    if (refusal.error != KafkaError::none) {
        return refused(refusal);
    }
    GroupCoordinator& groups = call.cluster.groups();
    ConsumerGroup* group = request.member_epoch == 0 ? groups.consumer_to_join(request.group_id)
                                                     : groups.find_consumer(request.group_id);
    if (group == nullptr) {
        return refused({KafkaError::group_id_not_found, "there is no such consumer group"});
    }
    if (!request.member_id.empty()) {
        return group->heartbeat(call, request);
    }
    ConsumerGroupHeartbeatRequest named = request;  // version 0: the broker gives the id
    named.member_id = new_member_uuid(call.cluster.rng());
    return group->heartbeat(call, named);
}

bool sees_topics_of(const Call& call, const Described& group) {
    const auto sees = [&](const std::string& name) {
        return call.cluster.acls().allows(call, AclOperation::describe, ResourceType::topic, name);
    };
    return std::ranges::all_of(group.members, [&](const auto& member) {
        const auto sees_named = [&](const auto& topic) { return sees(topic.topic_name); };
        return std::ranges::all_of(member.subscribed_topic_names, sees) &&
               std::ranges::all_of(member.assignment.topic_partitions, sees_named) &&
               std::ranges::all_of(member.target_assignment.topic_partitions, sees_named);
    });
}

Described describe_one(Call& call, const std::string& id) {
    Described answer;
    answer.group_id = id;
    const KafkaError error = judge_group_access(call, id, AclOperation::describe);
    const ConsumerGroup* group = call.cluster.groups().find_consumer(id);
    if (error != KafkaError::none) {
        answer.error_code = code(error);
    } else if (group == nullptr) {
        answer.error_code = code(KafkaError::group_id_not_found);
        answer.error_message = "there is no consumer group of this name";
    } else {
        group->describe(answer);
    }
    if (!sees_topics_of(call, answer)) {
        answer = {};
        answer.group_id = id;
        answer.error_code = code(KafkaError::topic_authorization_failed);
        answer.error_message = "the group has topics that this client may not see";
    }
    return answer;
}

ConsumerGroupDescribeResponse consumer_group_describe(Call& call,
                                                      const ConsumerGroupDescribeRequest& request) {
    ConsumerGroupDescribeResponse response;
    for (const std::string& id : request.group_ids) {
        Described answer = describe_one(call, id);
        if (request.include_authorized_operations && answer.error_code == 0) {
            answer.authorized_operations = group_operations_of(call, id);
        }
        response.groups.push_back(std::move(answer));
    }
    return response;
}

}  // namespace

void add_consumer_group_handlers(HandlerTable& table) {
    table.add(consumer_group_heartbeat);
    table.add(consumer_group_describe);
}

}  // namespace lockstep::sandbox
