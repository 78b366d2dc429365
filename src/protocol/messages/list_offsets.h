#pragma once

// ListOffsets: finds offsets by timestamp; negative timestamps ask for special places in the log.
// Field lists: fields_records.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct ListOffsetsResponse;

struct ListOffsetsRequest {
    using Response = ListOffsetsResponse;

    static constexpr std::string_view kName = "ListOffsetsRequest";
    static constexpr ApiKey kKey = ApiKey::list_offsets;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 11;
    static constexpr int16_t kFirstFlexibleVersion = 6;

    struct ListOffsetsPartition {
        int32_t partition_index = 0;
        int32_t current_leader_epoch = -1;
        /// -1: latest, -2: earliest, -3: max timestamp, -4: earliest local, -5: latest tiered
        int64_t timestamp = 0;
        int32_t max_num_offsets = 1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ListOffsetsTopic {
        std::string name;
        std::vector<ListOffsetsPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t replica_id = 0;      ///< -1 for consumers
    int8_t isolation_level = 0;  ///< 0: read uncommitted, 1: read committed
    std::vector<ListOffsetsTopic> topics;
    int32_t timeout_ms = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ListOffsetsResponse {
    static constexpr std::string_view kName = "ListOffsetsResponse";
    static constexpr ApiKey kKey = ApiKey::list_offsets;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 11;
    static constexpr int16_t kFirstFlexibleVersion = 6;

    struct ListOffsetsPartitionResponse {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        std::vector<int64_t> old_style_offsets;
        int64_t timestamp = -1;
        int64_t offset = -1;
        int32_t leader_epoch = -1;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ListOffsetsTopicResponse {
        std::string name;
        std::vector<ListOffsetsPartitionResponse> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<ListOffsetsTopicResponse> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
