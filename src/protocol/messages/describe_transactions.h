#pragma once

// DescribeTransactions: the state of transactions by transactional id. Field lists:
// fields_transactions.cpp.

#include "protocol/message.h"

#include <string>
#include <vector>

namespace lockstep::protocol {

struct DescribeTransactionsResponse;

struct DescribeTransactionsRequest {
    using Response = DescribeTransactionsResponse;

    static constexpr std::string_view kName = "DescribeTransactionsRequest";
    static constexpr ApiKey kKey = ApiKey::describe_transactions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    std::vector<std::string> transactional_ids;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct DescribeTransactionsResponse {
    static constexpr std::string_view kName = "DescribeTransactionsResponse";
    static constexpr ApiKey kKey = ApiKey::describe_transactions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 0;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct TopicData {
        std::string topic;
        std::vector<int32_t> partitions;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    struct TransactionState {
        int16_t error_code = 0;
        std::string transactional_id;
        std::string transaction_state;
        int32_t transaction_timeout_ms = 0;
        int64_t transaction_start_time_ms = 0;
        int64_t producer_id = 0;
        int16_t producer_epoch = 0;
        std::vector<TopicData> topics;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    std::vector<TransactionState> transaction_states;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
