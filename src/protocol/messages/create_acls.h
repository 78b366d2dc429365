#pragma once

// CreateAcls: creates ACLs. Field lists: fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct CreateAclsResponse;

struct CreateAclsRequest {
    using Response = CreateAclsResponse;

    static constexpr std::string_view kName = "CreateAclsRequest";
    static constexpr ApiKey kKey = ApiKey::create_acls;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct AclCreation {
        int8_t resource_type = 0;
        std::string resource_name;
        int8_t resource_pattern_type = 3;
        std::string principal;
        std::string host;
        int8_t operation = 0;
        int8_t permission_type = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<AclCreation> creations;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct CreateAclsResponse {
    static constexpr std::string_view kName = "CreateAclsResponse";
    static constexpr ApiKey kKey = ApiKey::create_acls;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct AclCreationResult {
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<AclCreationResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
