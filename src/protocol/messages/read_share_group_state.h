#pragma once

// ReadShareGroupState: what members of a share group have done with the records of a partition, as
// the share coordinator keeps it. Field lists: fields_managed_groups.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct ReadShareGroupStateResponse;

struct ReadShareGroupStateRequest {
    using Response = ReadShareGroupStateResponse;

    static constexpr std::string_view kName = "ReadShareGroupStateRequest";
    static constexpr ApiKey kKey = ApiKey::read_share_group_state;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct PartitionData {
        int32_t partition = 0;
        int32_t leader_epoch = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ReadStateData {
        Uuid topic_id;
        std::vector<PartitionData> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string group_id;
    std::vector<ReadStateData> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ReadShareGroupStateResponse {
    static constexpr std::string_view kName = "ReadShareGroupStateResponse";
    static constexpr ApiKey kKey = ApiKey::read_share_group_state;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct StateBatch {
        int64_t first_offset = 0;
        int64_t last_offset = 0;
        int8_t delivery_state = 0;  ///< 0: available, 2: acknowledged, 4: archived
        int16_t delivery_count = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct PartitionResult {
        int32_t partition = 0;
        int16_t error_code = 0;
        std::optional<std::string> error_message;
        int32_t state_epoch = 0;
        int64_t start_offset = 0;
        std::vector<StateBatch> state_batches;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct ReadStateResult {
        Uuid topic_id;
        std::vector<PartitionResult> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<ReadStateResult> results;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
