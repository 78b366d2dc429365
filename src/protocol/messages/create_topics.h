#pragma once

// CreateTopics: creates topics. Field lists: fields_topics.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct CreateTopicsResponse;

struct CreateTopicsRequest {
    using Response = CreateTopicsResponse;

    static constexpr std::string_view kName = "CreateTopicsRequest";
    static constexpr ApiKey kKey = ApiKey::create_topics;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 7;
    static constexpr int16_t kFirstFlexibleVersion = 5;

    struct CreatableReplicaAssignment {
        int32_t partition_index = 0;
        std::vector<int32_t> broker_ids;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct CreatableTopicConfig {
        std::string name;
        std::optional<std::string> value = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct CreatableTopic {
        std::string name;
        int32_t num_partitions =
            0;  ///< -1 where assignments are given, or for the broker's default
        /// -1 where assignments are given, or for the broker's default
        int16_t replication_factor = 0;
        std::vector<CreatableReplicaAssignment> assignments;
        std::vector<CreatableTopicConfig> configs;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<CreatableTopic> topics;
    int32_t timeout_ms = 60000;
    bool validate_only = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct CreateTopicsResponse {
    static constexpr std::string_view kName = "CreateTopicsResponse";
    static constexpr ApiKey kKey = ApiKey::create_topics;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 7;
    static constexpr int16_t kFirstFlexibleVersion = 5;

    struct CreatableTopicConfigs {
        std::string name;
        std::optional<std::string> value = "";
        bool read_only = false;
        int8_t config_source = -1;
        bool is_sensitive = false;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct CreatableTopicResult {
        std::string name;
        Uuid topic_id;
        int16_t error_code = 0;
        std::optional<std::string> error_message = "";
        int32_t num_partitions = -1;
        int16_t replication_factor = -1;
        std::optional<std::vector<CreatableTopicConfigs>> configs =
            std::vector<CreatableTopicConfigs>{};
        int16_t topic_config_error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<CreatableTopicResult> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
