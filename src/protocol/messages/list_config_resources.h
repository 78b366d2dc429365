#pragma once

// ListConfigResources: names the resources that can have configurations; only client metrics at
// version 0. Field lists: fields_configs.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct ListConfigResourcesResponse;

struct ListConfigResourcesRequest {
    using Response = ListConfigResourcesResponse;

    static constexpr std::string_view kName = "ListConfigResourcesRequest";
    static constexpr ApiKey kKey = ApiKey::list_config_resources;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    std::vector<int8_t> resource_types;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ListConfigResourcesResponse {
    static constexpr std::string_view kName = "ListConfigResourcesResponse";
    static constexpr ApiKey kKey = ApiKey::list_config_resources;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct ConfigResource {
        std::string resource_name;
        int8_t resource_type = 16;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<ConfigResource> config_resources;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
