#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/alter_share_group_offsets.h"
#include "protocol/messages/describe_share_group_offsets.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/read_share_group_state.h"
#include "tests/unit/support/fake_broker.h"

#include <fmt/core.h>

#include <map>
#include <string>
#include <vector>

namespace lockstep::test {

/// The share groups of a cluster of one broker, in partition 0 of one topic, as Kafka 4.3 has them.
class FakeShareGroups {
public:
    struct Batch {
        int64_t first;
        int64_t last;
        int8_t state = 2;  // acknowledged
    };
    struct Group {
        int64_t start = -1;         // -1: nobody has fetched yet
        std::vector<Batch> done{};  // the delivery state
        int16_t error = 0;          // of the group, when it is asked for
        int16_t partition_error = 0;
        int16_t state_error = 0;
        int16_t coordinator_error = 0;
    };

    FakeShareGroups(FakeBroker& broker, FakeTopic topic) : topic_(std::move(topic)) {
        using enum protocol::ApiKey;
        for (const auto& [key, version] :
             {std::pair(describe_share_group_offsets, 1), std::pair(alter_share_group_offsets, 0),
              std::pair(read_share_group_state, 0)}) {
            auto& api = broker.versions.api_keys.emplace_back();
            api.api_key = static_cast<int16_t>(key);
            api.max_version = static_cast<int16_t>(version);
        }
        for (auto& api : broker.versions.api_keys) {
            if (api.api_key == static_cast<int16_t>(find_coordinator)) {
                api.max_version = 6;
            }
        }
        broker.on(describe_share_group_offsets, [this](const auto& r) { answer_describe(r); });
        broker.on(alter_share_group_offsets, [this](const auto& r) { answer_alter(r); });
        broker.on(read_share_group_state, [this](const auto& r) { answer_read(r); });
        broker.on(find_coordinator, [this](const auto& r) { answer_find(r); });
        broker.on(list_groups, [this](const auto& r) { answer_list(r); });
    }
    FakeShareGroups(const FakeShareGroups&) = delete;
    FakeShareGroups& operator=(const FakeShareGroups&) = delete;

    std::map<std::string, Group> groups;
    std::map<std::string, std::string> states;  // of those that are listed
    std::vector<std::string> changes;           // "billing 17", with what went wrong behind it
    int16_t change_error = 0;
    bool tells_groups = true;  // else its answers lack all groups
    int32_t leader_epoch = 7;
    int reads = 0;

private:
    void answer_describe(const ReceivedRequest& request) {
        protocol::DescribeShareGroupOffsetsResponse response;
        const auto message = request.as<protocol::DescribeShareGroupOffsetsRequest>();
        for (const auto& asked : message.groups) {
            if (!tells_groups) {
                continue;
            }
            const Group& group = groups[asked.group_id];
            auto& entry = response.groups.emplace_back();
            entry.group_id = asked.group_id;
            entry.error_code = group.error;
            auto& topic = entry.topics.emplace_back();
            topic.topic_name = topic_.name;
            topic.topic_id = topic_.id;
            auto& partition = topic.partitions.emplace_back();
            partition.start_offset = group.start;
            partition.error_code = group.partition_error;
            partition.leader_epoch = leader_epoch;
        }
        request.answer(response);
    }

    void answer_list(const ReceivedRequest& request) {
        protocol::ListGroupsResponse response;
        for (const auto& [name, state] : states) {
            auto& entry = response.groups.emplace_back();
            entry.group_id = name;
            entry.group_state = state;
            entry.group_type = "share";
        }
        request.answer(response);
    }

    void answer_find(const ReceivedRequest& request) {
        protocol::FindCoordinatorResponse response;
        const auto message = request.as<protocol::FindCoordinatorRequest>();
        for (const std::string& key : message.coordinator_keys) {
            auto& coordinator = response.coordinators.emplace_back();
            coordinator.key = key;
            coordinator.node_id = 1;
            if (message.key_type == 2) {
                const std::string group = key.substr(0, key.find(':'));
                EXPECT_EQ(key, group + ":" + topic_.id.to_string() + ":0");
                coordinator.error_code = groups[group].coordinator_error;
            }
        }
        request.answer(response);
    }

    void answer_read(const ReceivedRequest& request) {
        ++reads;
        protocol::ReadShareGroupStateResponse response;
        const auto message = request.as<protocol::ReadShareGroupStateRequest>();
        const Group& group = groups[message.group_id];
        EXPECT_EQ(message.topics.at(0).partitions.at(0).leader_epoch, leader_epoch);
        auto& topic = response.results.emplace_back();
        topic.topic_id = message.topics.at(0).topic_id;
        auto& partition = topic.partitions.emplace_back();
        partition.error_code = group.state_error;
        partition.start_offset = group.start;
        for (const Batch& batch : group.done) {
            auto& entry = partition.state_batches.emplace_back();
            entry.first_offset = batch.first;
            entry.last_offset = batch.last;
            entry.delivery_state = batch.state;
        }
        request.answer(response);
    }

    /// As a broker: makes the group where there is none, and forgets its deliveries.
    void answer_alter(const ReceivedRequest& request) {
        protocol::AlterShareGroupOffsetsResponse response;
        const auto message = request.as<protocol::AlterShareGroupOffsetsRequest>();
        const int64_t start = message.topics.at(0).partitions.at(0).start_offset;
        changes.push_back(
            fmt::format("{} {}{}", message.group_id, start, change_error == 0 ? "" : " refused"));
        response.error_code = change_error;
        if (change_error == 0) {
            groups[message.group_id].start = start;
            groups[message.group_id].done.clear();
        }
        request.answer(response);
    }

    FakeTopic topic_;
};

}  // namespace lockstep::test
