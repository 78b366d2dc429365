#pragma once

// Heartbeat: keeps a member of a classic group alive. Field lists: fields_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>

namespace lockstep::protocol {

struct HeartbeatResponse;

struct HeartbeatRequest {
    using Response = HeartbeatResponse;

    static constexpr std::string_view kName = "HeartbeatRequest";
    static constexpr ApiKey kKey = ApiKey::heartbeat;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    std::string group_id;
    int32_t generation_id = 0;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct HeartbeatResponse {
    static constexpr std::string_view kName = "HeartbeatResponse";
    static constexpr ApiKey kKey = ApiKey::heartbeat;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
