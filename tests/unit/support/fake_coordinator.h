#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "tests/unit/support/fake_broker.h"

#include <string>

namespace lockstep::test {

/// Broker 1 as the coordinator of one classic group with at most one member that is real: ours.
class FakeCoordinator {
public:
    explicit FakeCoordinator(FakeBroker& broker) {
        using enum protocol::ApiKey;
        broker.on(find_coordinator, [](const ReceivedRequest& r) { answer_find(r); });
        broker.on(join_group, [this](const ReceivedRequest& r) { answer_join(r); });
        broker.on(sync_group, [this](const ReceivedRequest& r) { answer_sync(r); });
        broker.on(heartbeat, [this](const ReceivedRequest& r) {
            ++heartbeats;
            if (!is_silent) {
                protocol::HeartbeatResponse response;
                response.error_code = heartbeat_error;
                r.answer(response);
            }
        });
        broker.on(leave_group, [this](const ReceivedRequest& r) {
            ++leaves;
            r.answer(protocol::LeaveGroupResponse{});
        });
    }
    FakeCoordinator(const FakeCoordinator&) = delete;
    FakeCoordinator& operator=(const FakeCoordinator&) = delete;

    bool other_has_the_turn = false;  // as another member that leads the group says
    bool is_silent = false;           // does not answer heartbeats
    int16_t heartbeat_error = 0;
    std::string forgotten_name;  // of a member that it knows no more
    int joins = 0;
    int names_given = 0;
    int heartbeats = 0;
    int leaves = 0;
    std::string last_metadata;  // of the last join
    std::string last_name;      // the same

private:
    static void answer_find(const ReceivedRequest& request) {
        protocol::FindCoordinatorResponse response;
        response.node_id = 1;
        auto& coordinator = response.coordinators.emplace_back();
        coordinator.node_id = 1;
        request.answer(response);
    }

    void answer_join(const ReceivedRequest& request) {
        const auto message = request.as<protocol::JoinGroupRequest>();
        protocol::JoinGroupResponse response;
        response.member_id = "us";
        if (message.member_id.empty()) {
            ++names_given;
            response.error_code = static_cast<int16_t>(protocol::KafkaError::member_id_required);
        } else if (message.member_id == forgotten_name) {
            response.error_code = static_cast<int16_t>(protocol::KafkaError::unknown_member_id);
        } else {
            ++joins;
            last_name = message.member_id;
            last_metadata = as_text(message.protocols.at(0).metadata);
            response.generation_id = joins;
            response.leader = other_has_the_turn ? "other" : "us";
            auto& member = response.members.emplace_back();
            member.member_id = "us";
            member.metadata = message.protocols.at(0).metadata;
        }
        request.answer(response);
    }

    void answer_sync(const ReceivedRequest& request) {
        const auto message = request.as<protocol::SyncGroupRequest>();
        protocol::SyncGroupResponse response;
        for (const auto& assignment : message.assignments) {
            if (assignment.member_id == message.member_id) {
                response.assignment = assignment.assignment;
            }
        }
        request.answer(response);
    }
};

}  // namespace lockstep::test
