#pragma once

// ShareGroupHeartbeat: join, heartbeat and leave in one for share groups (KIP-932). Field lists:
// fields_managed_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct ShareGroupHeartbeatResponse;

struct ShareGroupHeartbeatRequest {
    using Response = ShareGroupHeartbeatResponse;

    static constexpr std::string_view kName = "ShareGroupHeartbeatRequest";
    static constexpr ApiKey kKey = ApiKey::share_group_heartbeat;
    static constexpr int16_t kMinVersion = 1;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    std::string group_id;
    std::string member_id;
    int32_t member_epoch = 0;
    std::optional<std::string> rack_id;
    std::optional<std::vector<std::string>> subscribed_topic_names;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ShareGroupHeartbeatResponse {
    static constexpr std::string_view kName = "ShareGroupHeartbeatResponse";
    static constexpr ApiKey kKey = ApiKey::share_group_heartbeat;
    static constexpr int16_t kMinVersion = 1;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct TopicPartitions {
        Uuid topic_id;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct Assignment {
        std::vector<TopicPartitions> topic_partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::optional<std::string> member_id;
    int32_t member_epoch = 0;
    int32_t heartbeat_interval_ms = 0;
    std::optional<Assignment> assignment;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
