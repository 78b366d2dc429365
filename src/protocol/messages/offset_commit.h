#pragma once

// OffsetCommit: stores a group's offsets; topics go by id from version 10 on. Field lists:
// fields_offsets.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct OffsetCommitResponse;

struct OffsetCommitRequest {
    using Response = OffsetCommitResponse;

    static constexpr std::string_view kName = "OffsetCommitRequest";
    static constexpr ApiKey kKey = ApiKey::offset_commit;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 10;
    static constexpr int16_t kFirstFlexibleVersion = 8;

    struct OffsetCommitRequestPartition {
        int32_t partition_index = 0;
        int64_t committed_offset = 0;
        int64_t commit_timestamp = -1;
        int32_t committed_leader_epoch = -1;
        std::optional<std::string> committed_metadata = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetCommitRequestTopic {
        std::string name;
        Uuid topic_id;
        std::vector<OffsetCommitRequestPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    int32_t generation_id_or_member_epoch = -1;  ///< -1 when committed from outside of the group
    std::string member_id;
    int64_t retention_time_ms = -1;
    std::optional<std::string> group_instance_id;
    std::vector<OffsetCommitRequestTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct OffsetCommitResponse {
    static constexpr std::string_view kName = "OffsetCommitResponse";
    static constexpr ApiKey kKey = ApiKey::offset_commit;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 10;
    static constexpr int16_t kFirstFlexibleVersion = 8;

    struct OffsetCommitResponsePartition {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetCommitResponseTopic {
        std::string name;
        Uuid topic_id;
        std::vector<OffsetCommitResponsePartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<OffsetCommitResponseTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
