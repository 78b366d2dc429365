#pragma once

// DeleteGroups: deletes empty groups with their offsets. Field lists: fields_groups.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct DeleteGroupsResponse;

struct DeleteGroupsRequest {
    using Response = DeleteGroupsResponse;

    static constexpr std::string_view kName = "DeleteGroupsRequest";
    static constexpr ApiKey kKey = ApiKey::delete_groups;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    std::vector<std::string> groups_names;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DeleteGroupsResponse {
    static constexpr std::string_view kName = "DeleteGroupsResponse";
    static constexpr ApiKey kKey = ApiKey::delete_groups;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DeletableGroupResult {
        std::string group_id;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DeletableGroupResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
