#pragma once

// WriteTxnMarkers: writes commit and abort markers into partitions; needs the right
// CLUSTER_ACTION. Field lists: fields_transactions.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct WriteTxnMarkersResponse;

struct WriteTxnMarkersRequest {
    using Response = WriteTxnMarkersResponse;

    static constexpr std::string_view kName = "WriteTxnMarkersRequest";
    static constexpr ApiKey kKey = ApiKey::write_txn_markers;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct WritableTxnMarkerTopic {
        std::string name;
        std::vector<int32_t> partition_indexes;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct WritableTxnMarker {
        int64_t producer_id = 0;
        int16_t producer_epoch = 0;
        bool transaction_result = false;  ///< true: commit, false: abort
        std::vector<WritableTxnMarkerTopic> topics;
        int32_t coordinator_epoch = 0;
        int8_t transaction_version = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<WritableTxnMarker> markers;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct WriteTxnMarkersResponse {
    static constexpr std::string_view kName = "WriteTxnMarkersResponse";
    static constexpr ApiKey kKey = ApiKey::write_txn_markers;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 1;

    struct WritableTxnMarkerPartitionResult {
        int32_t partition_index = 0;
        int16_t error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct WritableTxnMarkerTopicResult {
        std::string name;
        std::vector<WritableTxnMarkerPartitionResult> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct WritableTxnMarkerResult {
        int64_t producer_id = 0;
        std::vector<WritableTxnMarkerTopicResult> topics;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::vector<WritableTxnMarkerResult> markers;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
