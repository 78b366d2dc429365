#pragma once

// ListGroups: the groups that a broker coordinates. Field lists: fields_groups.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct ListGroupsResponse;

struct ListGroupsRequest {
    using Response = ListGroupsResponse;

    static constexpr std::string_view kName = "ListGroupsRequest";
    static constexpr ApiKey kKey = ApiKey::list_groups;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    std::vector<std::string> states_filter;
    std::vector<std::string> types_filter;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ListGroupsResponse {
    static constexpr std::string_view kName = "ListGroupsResponse";
    static constexpr ApiKey kKey = ApiKey::list_groups;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct ListedGroup {
        std::string group_id;
        std::string protocol_type;
        std::string group_state;
        std::string group_type;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<ListedGroup> groups;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
