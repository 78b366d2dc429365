#pragma once

// JoinGroup: joins a classic group; the leader gets all members' subscriptions. Field lists:
// fields_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct JoinGroupResponse;

struct JoinGroupRequest {
    using Response = JoinGroupResponse;

    static constexpr std::string_view kName = "JoinGroupRequest";
    static constexpr ApiKey kKey = ApiKey::join_group;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 9;
    static constexpr int16_t kFirstFlexibleVersion = 6;

    struct JoinGroupRequestProtocol {
        std::string name;
        Bytes metadata;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    int32_t session_timeout_ms = 0;
    int32_t rebalance_timeout_ms = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string protocol_type;
    std::vector<JoinGroupRequestProtocol> protocols;
    std::optional<std::string> reason;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct JoinGroupResponse {
    static constexpr std::string_view kName = "JoinGroupResponse";
    static constexpr ApiKey kKey = ApiKey::join_group;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 9;
    static constexpr int16_t kFirstFlexibleVersion = 6;

    struct JoinGroupResponseMember {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        Bytes metadata;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int32_t generation_id = -1;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name = "";
    std::string leader;
    bool skip_assignment = false;
    std::string member_id;
    std::vector<JoinGroupResponseMember> members;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
