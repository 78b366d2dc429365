#pragma once

// DescribeGroups: state and members of classic groups. Field lists: fields_groups.cpp.

#include "protocol/message.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeGroupsResponse;

struct DescribeGroupsRequest {
    using Response = DescribeGroupsResponse;

    static constexpr std::string_view kName = "DescribeGroupsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_groups;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 5;

    std::vector<std::string> groups;
    bool include_authorized_operations = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeGroupsResponse {
    static constexpr std::string_view kName = "DescribeGroupsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_groups;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 5;

    struct DescribedGroupMember {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        std::string client_id;
        std::string client_host;
        Bytes member_metadata;
        Bytes member_assignment;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribedGroup {
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        std::string group_id;
        std::string group_state;
        std::string protocol_type;
        std::string protocol_data;
        std::vector<DescribedGroupMember> members;
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
