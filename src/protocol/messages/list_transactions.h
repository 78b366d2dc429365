#pragma once

// ListTransactions: the transactions that a broker coordinates. Field lists:
// fields_transactions.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::protocol {

struct ListTransactionsResponse;

struct ListTransactionsRequest {
    using Response = ListTransactionsResponse;

    static constexpr std::string_view kName = "ListTransactionsRequest";
    static constexpr ApiKey kKey = ApiKey::list_transactions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    std::vector<std::string> state_filters;
    std::vector<int64_t> producer_id_filters;
    int64_t duration_filter = -1;
    std::optional<std::string> transactional_id_pattern;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct ListTransactionsResponse {
    static constexpr std::string_view kName = "ListTransactionsResponse";
    static constexpr ApiKey kKey = ApiKey::list_transactions;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 2;
    static constexpr int16_t kFirstFlexibleVersion = 0;

    struct TransactionState {
        std::string transactional_id;
        int64_t producer_id = 0;
        std::string transaction_state;
        UnknownTags unknown_tags;

        void visit_fields(FieldVisitor& visitor);
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<std::string> unknown_state_filters;
    std::vector<TransactionState> transaction_states;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
