#pragma once

// OffsetForLeaderEpoch: asks where a leader epoch ended, to find out whether a log was truncated.
// Field lists: fields_records.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct OffsetForLeaderEpochResponse;

struct OffsetForLeaderEpochRequest {
    using Response = OffsetForLeaderEpochResponse;

    static constexpr std::string_view kName = "OffsetForLeaderEpochRequest";
    static constexpr ApiKey kKey = ApiKey::offset_for_leader_epoch;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct OffsetForLeaderPartition {
        int32_t partition = 0;
        int32_t current_leader_epoch = -1;
        int32_t leader_epoch = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetForLeaderTopic {
        std::string topic;
        std::vector<OffsetForLeaderPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t replica_id = -2;
    std::vector<OffsetForLeaderTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct OffsetForLeaderEpochResponse {
    static constexpr std::string_view kName = "OffsetForLeaderEpochResponse";
    static constexpr ApiKey kKey = ApiKey::offset_for_leader_epoch;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 4;

    struct EpochEndOffset {
        int16_t error_code = 0;
        int32_t partition = 0;
        int32_t leader_epoch = -1;
        int64_t end_offset = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct OffsetForLeaderTopicResult {
        std::string topic;
        std::vector<EpochEndOffset> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<OffsetForLeaderTopicResult> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
