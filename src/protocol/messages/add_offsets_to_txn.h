#pragma once

// AddOffsetsToTxn: adds a group's offsets to a transaction. Field lists: fields_transactions.cpp.

#include "protocol/message.h"

#include <string>

namespace lockstep::protocol {

struct AddOffsetsToTxnResponse;

struct AddOffsetsToTxnRequest {
    using Response = AddOffsetsToTxnResponse;

    static constexpr std::string_view kName = "AddOffsetsToTxnRequest";
    static constexpr ApiKey kKey = ApiKey::add_offsets_to_txn;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    std::string transactional_id;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    std::string group_id;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct AddOffsetsToTxnResponse {
    static constexpr std::string_view kName = "AddOffsetsToTxnResponse";
    static constexpr ApiKey kKey = ApiKey::add_offsets_to_txn;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 4;
    static constexpr int16_t kFirstFlexibleVersion = 3;

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
