#pragma once

// EndTxn: commits or aborts a transaction. Field lists: fields_transactions.cpp.

#include "protocol/message.h"

#include <string>

namespace lockstep::protocol {

struct EndTxnResponse;

struct EndTxnRequest {
    using Response = EndTxnResponse;

    static constexpr std::string_view kName = "EndTxnRequest";
    static constexpr ApiKey kKey = ApiKey::end_txn;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    std::string transactional_id;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    bool committed = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct EndTxnResponse {
    static constexpr std::string_view kName = "EndTxnResponse";
    static constexpr ApiKey kKey = ApiKey::end_txn;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 5;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int64_t producer_id = -1;
    int16_t producer_epoch = -1;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
