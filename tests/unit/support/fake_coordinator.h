#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "tests/unit/support/fake_broker.h"

#include <functional>
#include <string>
#include <vector>

namespace lockstep::test {

/// Broker 1 as the coordinator of one classic group with at most one member that is real: ours,
/// whose id is "us".
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
                heartbeat_error = is_one_error ? int16_t{0} : heartbeat_error;
                r.answer(response);
            }
        });
        broker.on(leave_group, [this](const ReceivedRequest& r) {
            ++leaves;
            r.answer(protocol::LeaveGroupResponse{});
        });
        broker.on(describe_groups, [this](const ReceivedRequest& r) {
            protocol::DescribeGroupsResponse response;
            auto& group = response.groups.emplace_back();
            group.members.resize(members_before);
            for (auto& member : group.members) {
                member.member_assignment = assigned_before;
            }
            r.answer(response);
        });
    }
    FakeCoordinator(const FakeCoordinator&) = delete;
    FakeCoordinator& operator=(const FakeCoordinator&) = delete;

    /// The next heartbeat is told that all have to join again; the ones behind it are not.
    void rebalance() {
        heartbeat_error = static_cast<int16_t>(protocol::KafkaError::rebalance_in_progress);
        is_one_error = true;
    }
    /// Answers the joins that were held.
    void let_in() {
        holds_joins = false;
        for (const ReceivedRequest& request : std::exchange(held_, {})) {
            answer_join(request);
        }
    }

    /// Where it is set, another member, "other", leads the group, and gives us this.
    std::function<Bytes()> other_assigns;
    size_t members_before = 0;  // that a group without us is said to have
    Bytes assigned_before;      // to each of them
    bool is_silent = false;     // does not answer heartbeats
    bool holds_joins = false;
    int16_t heartbeat_error = 0;
    bool is_one_error = false;
    int16_t join_error = 0;
    std::string forgotten_name;  // of a member that it knows no more
    int joins = 0;
    int names_given = 0;
    int heartbeats = 0;
    int leaves = 0;
    Bytes last_metadata;    // of the last join
    std::string last_name;  // the same

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
        } else if (holds_joins) {
            held_.push_back(request);
            return;
        } else if (join_error != 0) {
            response.error_code = join_error;
        } else if (message.member_id == forgotten_name) {
            response.error_code = static_cast<int16_t>(protocol::KafkaError::unknown_member_id);
        } else {
            ++joins;
            last_name = message.member_id;
            last_metadata = message.protocols.at(0).metadata;
            response.generation_id = joins;
            response.leader = other_assigns ? "other" : "us";
            auto& member = response.members.emplace_back();
            member.member_id = "us";
            member.metadata = message.protocols.at(0).metadata;
        }
        request.answer(response);
    }

    void answer_sync(const ReceivedRequest& request) const {
        const auto message = request.as<protocol::SyncGroupRequest>();
        protocol::SyncGroupResponse response;
        if (other_assigns) {
            response.assignment = other_assigns();
        }
        for (const auto& assignment : message.assignments) {
            if (assignment.member_id == message.member_id) {
                response.assignment = assignment.assignment;
            }
        }
        request.answer(response);
    }

    std::vector<ReceivedRequest> held_;
};

}  // namespace lockstep::test
