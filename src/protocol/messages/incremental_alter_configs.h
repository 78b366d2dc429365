#pragma once

// IncrementalAlterConfigs: sets, removes and appends single configuration values. Field lists:
// fields_configs.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct IncrementalAlterConfigsResponse;

struct IncrementalAlterConfigsRequest {
    using Response = IncrementalAlterConfigsResponse;

    static constexpr std::string_view kName = "IncrementalAlterConfigsRequest";
    static constexpr ApiKey kKey = ApiKey::incremental_alter_configs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct AlterableConfig {
        std::string name;
        int8_t config_operation = 0;  ///< 0: set, 1: delete, 2: append, 3: subtract
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

struct IncrementalAlterConfigsResponse {
    static constexpr std::string_view kName = "IncrementalAlterConfigsResponse";
    static constexpr ApiKey kKey = ApiKey::incremental_alter_configs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

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
