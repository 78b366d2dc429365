#pragma once

// SyncGroup: the leader of a classic group hands out the assignment, the members fetch theirs.
// Field lists: fields_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct SyncGroupResponse;

struct SyncGroupRequest {
    using Response = SyncGroupResponse;

    static constexpr std::string_view kName = "SyncGroupRequest";
    static constexpr ApiKey kKey = ApiKey::sync_group;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct SyncGroupRequestAssignment {
        std::string member_id;
        Bytes assignment;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    int32_t generation_id = 0;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    std::vector<SyncGroupRequestAssignment> assignments;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct SyncGroupResponse {
    static constexpr std::string_view kName = "SyncGroupResponse";
    static constexpr ApiKey kKey = ApiKey::sync_group;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> protocol_type;
    std::optional<std::string> protocol_name;
    Bytes assignment;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
