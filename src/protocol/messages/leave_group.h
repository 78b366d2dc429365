#pragma once

// LeaveGroup: takes members out of a classic group. Field lists: fields_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct LeaveGroupResponse;

struct LeaveGroupRequest {
    using Response = LeaveGroupResponse;

    static constexpr std::string_view kName = "LeaveGroupRequest";
    static constexpr ApiKey kKey = ApiKey::leave_group;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct MemberIdentity {
        std::string member_id;
        std::optional<std::string> group_instance_id;
        std::optional<std::string> reason;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    std::string member_id;
    std::vector<MemberIdentity> members;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct LeaveGroupResponse {
    static constexpr std::string_view kName = "LeaveGroupResponse";
    static constexpr ApiKey kKey = ApiKey::leave_group;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct MemberResponse {
        std::string member_id;
        std::optional<std::string> group_instance_id = "";
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<MemberResponse> members;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
