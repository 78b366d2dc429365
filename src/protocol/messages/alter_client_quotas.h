#pragma once

// AlterClientQuotas: sets and removes client quotas. Field lists: fields_security.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct AlterClientQuotasResponse;

struct AlterClientQuotasRequest {
    using Response = AlterClientQuotasResponse;

    static constexpr std::string_view kName = "AlterClientQuotasRequest";
    static constexpr ApiKey kKey = ApiKey::alter_client_quotas;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct EntityData {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OpData {
        std::string key;
        double value = 0.0;
        bool remove = false;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct EntryData {
        std::vector<EntityData> entity;
        std::vector<OpData> ops;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<EntryData> entries;
    bool validate_only = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct AlterClientQuotasResponse {
    static constexpr std::string_view kName = "AlterClientQuotasResponse";
    static constexpr ApiKey kKey = ApiKey::alter_client_quotas;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 1;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct EntityData {
        std::string entity_type;
        std::optional<std::string> entity_name = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct EntryData {
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        std::vector<EntityData> entity;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<EntryData> entries;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
