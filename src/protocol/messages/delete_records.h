#pragma once

// DeleteRecords: moves the start of a partition's log forward. Field lists: fields_records.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct DeleteRecordsResponse;

struct DeleteRecordsRequest {
    using Response = DeleteRecordsResponse;

    static constexpr std::string_view kName = "DeleteRecordsRequest";
    static constexpr ApiKey kKey = ApiKey::delete_records;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DeleteRecordsPartition {
        int32_t partition_index = 0;
        int64_t offset = 0;  ///< the new log start; -1: the high watermark
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DeleteRecordsTopic {
        std::string name;
        std::vector<DeleteRecordsPartition> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<DeleteRecordsTopic> topics;
    int32_t timeout_ms = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DeleteRecordsResponse {
    static constexpr std::string_view kName = "DeleteRecordsResponse";
    static constexpr ApiKey kKey = ApiKey::delete_records;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    struct DeleteRecordsPartitionResult {
        int32_t partition_index = 0;
        int64_t low_watermark = 0;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct DeleteRecordsTopicResult {
        std::string name;
        std::vector<DeleteRecordsPartitionResult> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<DeleteRecordsTopicResult> topics;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
