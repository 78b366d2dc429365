#pragma once

// DescribeClientQuotas: lists the client quotas that match a filter. Field lists:
// fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeClientQuotasResponse;

struct DescribeClientQuotasRequest {
    using Response = DescribeClientQuotasResponse;

    static constexpr std::string_view kName = "DescribeClientQuotasRequest";
    static constexpr ApiKey kKey = ApiKey::describe_client_quotas;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct ComponentData {
        std::string entity_type;
        int8_t match_type = 0;
        std::optional<std::string> match = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<ComponentData> components;
    bool strict = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeClientQuotasResponse {
    static constexpr std::string_view kName = "DescribeClientQuotasResponse";
    static constexpr ApiKey kKey = ApiKey::describe_client_quotas;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct EntityData {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ValueData {
        std::string key;
        double value = 0.0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct EntryData {
        std::vector<EntityData> entity;
        std::vector<ValueData> values;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message = "";
    std::optional<std::vector<EntryData>> entries = std::vector<EntryData>{};
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
