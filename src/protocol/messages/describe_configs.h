#pragma once

// DescribeConfigs: configuration of topics, brokers and other resources. Field lists:
// fields_configs.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeConfigsResponse;

struct DescribeConfigsRequest {
    using Response = DescribeConfigsResponse;

    static constexpr std::string_view kName = "DescribeConfigsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_configs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct DescribeConfigsResource {
        int8_t resource_type = 0;
        std::string resource_name;
        std::optional<std::vector<std::string>> configuration_keys = std::vector<std::string>{};
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<DescribeConfigsResource> resources;
    bool include_synonyms = false;
    bool include_documentation = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeConfigsResponse {
    static constexpr std::string_view kName = "DescribeConfigsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_configs;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct DescribeConfigsSynonym {
        std::string name;
        std::optional<std::string> value = "";
        int8_t source = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeConfigsResourceResult {
        std::string name;
        std::optional<std::string> value = "";
        bool read_only = false;
        bool is_default = false;
        int8_t config_source = -1;
        bool is_sensitive = false;
        std::vector<DescribeConfigsSynonym> synonyms;
        int8_t config_type = 0;
        std::optional<std::string> documentation = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DescribeConfigsResult {
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        int8_t resource_type = 0;
        std::string resource_name;
        std::vector<DescribeConfigsResourceResult> configs;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DescribeConfigsResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
