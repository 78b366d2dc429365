#pragma once

// ConsumerGroupDescribe: state and members of consumer groups (KIP-848). Field lists:
// fields_managed_groups.cpp.

#include "protocol/message.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct ConsumerGroupDescribeResponse;

struct ConsumerGroupDescribeRequest {
    using Response = ConsumerGroupDescribeResponse;

    static constexpr std::string_view kName = "ConsumerGroupDescribeRequest";
    static constexpr ApiKey kKey = ApiKey::consumer_group_describe;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    std::vector<std::string> group_ids;
    bool include_authorized_operations = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ConsumerGroupDescribeResponse {
    static constexpr std::string_view kName = "ConsumerGroupDescribeResponse";
    static constexpr ApiKey kKey = ApiKey::consumer_group_describe;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct TopicPartitions {
        Uuid topic_id;
        std::string topic_name;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct Assignment {
        std::vector<TopicPartitions> topic_partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct Member {
        std::string member_id;
        std::optional<std::string> instance_id;
        std::optional<std::string> rack_id;
        int32_t member_epoch = 0;
        std::string client_id;
        std::string client_host;
        std::vector<std::string> subscribed_topic_names;
        std::optional<std::string> subscribed_topic_regex;
        Assignment assignment;
        Assignment target_assignment;
        int8_t member_type = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribedGroup {
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        std::string group_id;
        std::string group_state;
        int32_t group_epoch = 0;
        int32_t assignment_epoch = 0;
        std::string assignor_name;
        std::vector<Member> members;
        int32_t authorized_operations = std::numeric_limits<int32_t>::min();
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DescribedGroup> groups;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
