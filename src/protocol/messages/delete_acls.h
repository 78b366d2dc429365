#pragma once

// DeleteAcls: deletes the ACLs that match filters. Field lists: fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DeleteAclsResponse;

struct DeleteAclsRequest {
    using Response = DeleteAclsResponse;

    static constexpr std::string_view kName = "DeleteAclsRequest";
    static constexpr ApiKey kKey = ApiKey::delete_acls;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DeleteAclsFilter {
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

    std::vector<DeleteAclsFilter> filters;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DeleteAclsResponse {
    static constexpr std::string_view kName = "DeleteAclsResponse";
    static constexpr ApiKey kKey = ApiKey::delete_acls;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DeleteAclsMatchingAcl {
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        int8_t resource_type = 0;
        std::string resource_name;
        int8_t pattern_type = 3;
        std::string principal;
        std::string host;
        int8_t operation = 0;
        int8_t permission_type = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DeleteAclsFilterResult {
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        std::vector<DeleteAclsMatchingAcl> matching_acls;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DeleteAclsFilterResult> filter_results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
