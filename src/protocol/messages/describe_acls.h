#pragma once

// DescribeAcls: lists the ACLs that match a filter. Field lists: fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeAclsResponse;

struct DescribeAclsRequest {
    using Response = DescribeAclsResponse;

    static constexpr std::string_view kName = "DescribeAclsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_acls;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    int8_t resource_type_filter = 0;
    std::optional<std::string> resource_name_filter = "";
    int8_t pattern_type_filter = 3;
    std::optional<std::string> principal_filter = "";
    std::optional<std::string> host_filter = "";
    int8_t operation = 0;
    int8_t permission_type = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeAclsResponse {
    static constexpr std::string_view kName = "DescribeAclsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_acls;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct AclDescription {
        std::string principal;
        std::string host;
        int8_t operation = 0;
        int8_t permission_type = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeAclsResource {
        int8_t resource_type = 0;
        std::string resource_name;
        int8_t pattern_type = 3;
        std::vector<AclDescription> acls;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message = "";
    std::vector<DescribeAclsResource> resources;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
