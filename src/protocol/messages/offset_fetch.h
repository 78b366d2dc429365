#pragma once

// OffsetFetch: reads groups' committed offsets; several groups at once from version 8 on. Field
// lists: fields_offsets.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct OffsetFetchResponse;

struct OffsetFetchRequest {
    using Response = OffsetFetchResponse;

    static constexpr std::string_view kName = "OffsetFetchRequest";
    static constexpr ApiKey kKey = ApiKey::offset_fetch;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 10;
    static constexpr int16_t kFirstFlexibleVersion = 6;

    struct OffsetFetchRequestTopic {
        std::string name;
        std::vector<int32_t> partition_indexes;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetFetchRequestTopics {
        std::string name;
        Uuid topic_id;
        std::vector<int32_t> partition_indexes;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetFetchRequestGroup {
        std::string group_id;
        std::optional<std::string> member_id;
        int32_t member_epoch = -1;
        std::optional<std::vector<OffsetFetchRequestTopics>> topics =
            std::vector<OffsetFetchRequestTopics>{};
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    /// null: all topics of the group
    std::optional<std::vector<OffsetFetchRequestTopic>> topics =
        std::vector<OffsetFetchRequestTopic>{};
    std::vector<OffsetFetchRequestGroup> groups;
    bool require_stable = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct OffsetFetchResponse {
    static constexpr std::string_view kName = "OffsetFetchResponse";
    static constexpr ApiKey kKey = ApiKey::offset_fetch;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 10;
    static constexpr int16_t kFirstFlexibleVersion = 6;

    struct OffsetFetchResponsePartition {
        int32_t partition_index = 0;
        int64_t committed_offset = 0;
        int32_t committed_leader_epoch = -1;
        std::optional<std::string> metadata = "";
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetFetchResponseTopic {
        std::string name;
        std::vector<OffsetFetchResponsePartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetFetchResponsePartitions {
        int32_t partition_index = 0;
        int64_t committed_offset = 0;
        int32_t committed_leader_epoch = -1;
        std::optional<std::string> metadata = "";
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetFetchResponseTopics {
        std::string name;
        Uuid topic_id;
        std::vector<OffsetFetchResponsePartitions> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetFetchResponseGroup {
        std::string group_id;
        std::vector<OffsetFetchResponseTopics> topics;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<OffsetFetchResponseTopic> topics;
    int16_t error_code = 0;
    std::vector<OffsetFetchResponseGroup> groups;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
