#pragma once

// AlterShareGroupOffsets: sets where a share group starts to read. Field lists:
// fields_managed_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct AlterShareGroupOffsetsResponse;

struct AlterShareGroupOffsetsRequest {
    using Response = AlterShareGroupOffsetsResponse;

    static constexpr std::string_view kName = "AlterShareGroupOffsetsRequest";
    static constexpr ApiKey kKey = ApiKey::alter_share_group_offsets;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct AlterShareGroupOffsetsRequestPartition {
        int32_t partition_index = 0;
        int64_t start_offset = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct AlterShareGroupOffsetsRequestTopic {
        std::string topic_name;
        std::vector<AlterShareGroupOffsetsRequestPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    std::vector<AlterShareGroupOffsetsRequestTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct AlterShareGroupOffsetsResponse {
    static constexpr std::string_view kName = "AlterShareGroupOffsetsResponse";
    static constexpr ApiKey kKey = ApiKey::alter_share_group_offsets;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct AlterShareGroupOffsetsResponsePartition {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct AlterShareGroupOffsetsResponseTopic {
        std::string topic_name;
        Uuid topic_id;
        std::vector<AlterShareGroupOffsetsResponsePartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::vector<AlterShareGroupOffsetsResponseTopic> responses;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
