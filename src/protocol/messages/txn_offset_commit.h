#pragma once

// TxnOffsetCommit: stores a group's offsets as a part of a transaction. Field lists:
// fields_offsets.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct TxnOffsetCommitResponse;

struct TxnOffsetCommitRequest {
    using Response = TxnOffsetCommitResponse;

    static constexpr std::string_view kName = "TxnOffsetCommitRequest";
    static constexpr ApiKey kKey = ApiKey::txn_offset_commit;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct TxnOffsetCommitRequestPartition {
        int32_t partition_index = 0;
        int64_t committed_offset = 0;
        int32_t committed_leader_epoch = -1;
        std::optional<std::string> committed_metadata = "";
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct TxnOffsetCommitRequestTopic {
        std::string name;
        std::vector<TxnOffsetCommitRequestPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string transactional_id;
    std::string group_id;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    int32_t generation_id = -1;
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::vector<TxnOffsetCommitRequestTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct TxnOffsetCommitResponse {
    static constexpr std::string_view kName = "TxnOffsetCommitResponse";
    static constexpr ApiKey kKey = ApiKey::txn_offset_commit;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct TxnOffsetCommitResponsePartition {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct TxnOffsetCommitResponseTopic {
        std::string name;
        std::vector<TxnOffsetCommitResponsePartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<TxnOffsetCommitResponseTopic> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
