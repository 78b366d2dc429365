#pragma once

// AddPartitionsToTxn: adds partitions to a transaction; versions 4 and above are for brokers only.
// Field lists: fields_transactions.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct AddPartitionsToTxnResponse;

struct AddPartitionsToTxnRequest {
    using Response = AddPartitionsToTxnResponse;

    static constexpr std::string_view kName = "AddPartitionsToTxnRequest";
    static constexpr ApiKey kKey = ApiKey::add_partitions_to_txn;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct AddPartitionsToTxnTopic {
        std::string name;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct AddPartitionsToTxnTransaction {
        std::string transactional_id;
        int64_t producer_id = 0;
        int16_t producer_epoch = 0;
        bool verify_only = false;
        std::vector<AddPartitionsToTxnTopic> topics;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    std::string v3_and_below_transactional_id;
    int64_t v3_and_below_producer_id = 0;
    int16_t v3_and_below_producer_epoch = 0;
    std::vector<AddPartitionsToTxnTopic> v3_and_below_topics;
    std::vector<AddPartitionsToTxnTransaction> transactions;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct AddPartitionsToTxnResponse {
    static constexpr std::string_view kName = "AddPartitionsToTxnResponse";
    static constexpr ApiKey kKey = ApiKey::add_partitions_to_txn;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    struct AddPartitionsToTxnPartitionResult {
        int32_t partition_index = 0;
        int16_t partition_error_code = 0;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct AddPartitionsToTxnTopicResult {
        std::string name;
        std::vector<AddPartitionsToTxnPartitionResult> results_by_partition;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct AddPartitionsToTxnResult {
        std::string transactional_id;
        std::vector<AddPartitionsToTxnTopicResult> topic_results;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<AddPartitionsToTxnTopicResult> results_by_topic_v3_and_below;
    int16_t error_code = 0;
    std::vector<AddPartitionsToTxnResult> results_by_transaction;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
