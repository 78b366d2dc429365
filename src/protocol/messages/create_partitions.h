#pragma once

// CreatePartitions: adds partitions to topics. Field lists: fields_topics.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct CreatePartitionsResponse;

struct CreatePartitionsRequest {
    using Response = CreatePartitionsResponse;

    static constexpr std::string_view kName = "CreatePartitionsRequest";
    static constexpr ApiKey kKey = ApiKey::create_partitions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct CreatePartitionsAssignment {
        std::vector<int32_t> broker_ids;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct CreatePartitionsTopic {
        std::string name;
        int32_t count = 0;
        std::optional<std::vector<CreatePartitionsAssignment>> assignments =
            std::vector<CreatePartitionsAssignment>{};
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<CreatePartitionsTopic> topics;
    int32_t timeout_ms = 0;
    bool validate_only = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct CreatePartitionsResponse {
    static constexpr std::string_view kName = "CreatePartitionsResponse";
    static constexpr ApiKey kKey = ApiKey::create_partitions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 3;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct CreatePartitionsTopicResult {
        std::string name;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<CreatePartitionsTopicResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
