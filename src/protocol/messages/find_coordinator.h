#pragma once

// FindCoordinator: which broker coordinates a group or a transactional id. Field lists:
// fields_cluster.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct FindCoordinatorResponse;

struct FindCoordinatorRequest {
    using Response = FindCoordinatorResponse;

    static constexpr std::string_view kName = "FindCoordinatorRequest";
    static constexpr ApiKey kKey = ApiKey::find_coordinator;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    std::string key;
    int8_t key_type = 0;  ///< 0: group, 1: transactional id, 2: share group partition
    std::vector<std::string> coordinator_keys;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct FindCoordinatorResponse {
    static constexpr std::string_view kName = "FindCoordinatorResponse";
    static constexpr ApiKey kKey = ApiKey::find_coordinator;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct Coordinator {
        std::string key;
        int32_t node_id = 0;
        std::string host;
        int32_t port = 0;
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message = "";
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::vector<Coordinator> coordinators;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
