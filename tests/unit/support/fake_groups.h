#pragma once

#include "protocol/kafka_error.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "tests/unit/support/fake_broker.h"

#include <fmt/core.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace lockstep::test {

/// The consumer groups of a cluster of one broker, with offsets of partition 0 of one topic.
class FakeGroups {
public:
    struct Group {
        std::string state = "Empty";
        int64_t offset = -1;  // -1: none committed
        int16_t fetch_error = 0;
        std::string type = "classic";
    };

    FakeGroups(FakeBroker& broker, std::string topic) : topic_(std::move(topic)) {
        using enum protocol::ApiKey;
        broker.on(describe_configs, [this](const ReceivedRequest& r) { answer_configs(r); });
        broker.on(list_groups, [this](const ReceivedRequest& r) { answer_list(r); });
        broker.on(offset_fetch, [this](const ReceivedRequest& r) { answer_fetch(r); });
        broker.on(offset_commit, [this](const ReceivedRequest& r) { answer_commit(r); });
    }
    FakeGroups(const FakeGroups&) = delete;
    FakeGroups& operator=(const FakeGroups&) = delete;

    std::map<std::string, Group> groups;
    std::vector<std::string> commits;  // "billing 17", with what went wrong behind it
    int16_t list_error = 0;
    std::string retention_minutes = "10080";  // of offsets
    int lists = 0;
    std::function<void()> on_fetched = [] {};  // after its offsets were told

private:
    void answer_list(const ReceivedRequest& request) {
        ++lists;
        protocol::ListGroupsResponse response;
        response.error_code = list_error;
        for (const auto& [name, group] : groups) {
            auto& entry = response.groups.emplace_back();
            entry.group_id = name;
            entry.group_state = group.state;
            entry.group_type = group.type;
        }
        request.answer(response);
    }

    void answer_configs(const ReceivedRequest& request) {
        protocol::DescribeConfigsResponse response;
        auto& config = response.results.emplace_back().configs.emplace_back();
        config.name = "offsets.retention.minutes";
        config.value = retention_minutes;
        request.answer(response);
    }

    void answer_fetch(const ReceivedRequest& request) {
        protocol::OffsetFetchResponse response;
        const auto message = request.as<protocol::OffsetFetchRequest>();
        for (const auto& asked : message.groups) {
            const Group& group = groups[asked.group_id];
            auto& entry = response.groups.emplace_back();
            entry.group_id = asked.group_id;
            entry.error_code = group.fetch_error;
            if (group.fetch_error == 0 && group.offset >= 0) {
                auto& topic = entry.topics.emplace_back();
                topic.name = topic_;
                topic.partitions.emplace_back().committed_offset = group.offset;
            }
        }
        request.answer(response);
        on_fetched();
    }

    void answer_commit(const ReceivedRequest& request) {
        protocol::OffsetCommitResponse response;
        const auto message = request.as<protocol::OffsetCommitRequest>();
        Group& group = groups[message.group_id];
        const bool is_active = group.state != "Empty";
        const auto& committed = message.topics.at(0).partitions.at(0);
        commits.push_back(fmt::format("{} {}{}{}", message.group_id, committed.committed_offset,
                                      committed.committed_leader_epoch == -1 ? "" : " with epoch",
                                      is_active ? " refused" : ""));
        if (!is_active) {
            group.offset = committed.committed_offset;
        }
        auto& topic = response.topics.emplace_back();
        topic.name = topic_;
        topic.partitions.emplace_back().error_code =
            is_active ? static_cast<int16_t>(protocol::KafkaError::unknown_member_id) : 0;
        request.answer(response);
    }

    std::string topic_;
};

}  // namespace lockstep::test
