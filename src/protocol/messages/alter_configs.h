#pragma once

// AlterConfigs: replaces the whole configuration of resources; see IncrementalAlterConfigs. Field
// lists: fields_configs.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct AlterConfigsResponse;

struct AlterConfigsRequest {
    using Response = AlterConfigsResponse;

    static constexpr std::string_view kName = "AlterConfigsRequest";
    static constexpr ApiKey kKey = ApiKey::alter_configs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct AlterableConfig {
        std::string name;
        std::optional<std::string> value = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct AlterConfigsResource {
        int8_t resource_type = 0;
        std::string resource_name;
        std::vector<AlterableConfig> configs;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<AlterConfigsResource> resources;
    bool validate_only = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct AlterConfigsResponse {
    static constexpr std::string_view kName = "AlterConfigsResponse";
    static constexpr ApiKey kKey = ApiKey::alter_configs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct AlterConfigsResourceResponse {
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        int8_t resource_type = 0;
        std::string resource_name;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<AlterConfigsResourceResponse> responses;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
