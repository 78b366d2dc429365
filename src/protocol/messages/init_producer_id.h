#pragma once

// InitProducerId: gets a producer id and epoch; fences earlier users of a transactional id. Field
// lists: fields_transactions.cpp.

#include "protocol/message.h"

#include <optional>
#include <string>

namespace lockstep::protocol {

struct InitProducerIdResponse;

struct InitProducerIdRequest {
    using Response = InitProducerIdResponse;

    static constexpr std::string_view kName = "InitProducerIdRequest";
    static constexpr ApiKey kKey = ApiKey::init_producer_id;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    /// null: idempotent producer without transactions
    std::optional<std::string> transactional_id = "";
    int32_t transaction_timeout_ms = 0;
    int64_t producer_id = -1;
    int16_t producer_epoch = -1;
    bool enable2_pc = false;
    bool keep_prepared_txn = false;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

struct InitProducerIdResponse {
    static constexpr std::string_view kName = "InitProducerIdResponse";
    static constexpr ApiKey kKey = ApiKey::init_producer_id;
    static constexpr int16_t kMinVersion = 0;
    static constexpr int16_t kMaxVersion = 6;
    static constexpr int16_t kFirstFlexibleVersion = 2;

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int64_t producer_id = -1;
    int16_t producer_epoch = 0;
    int64_t ongoing_txn_producer_id = -1;
    int16_t ongoing_txn_producer_epoch = -1;
    UnknownTags unknown_tags;

    void visit_fields(FieldVisitor& visitor);
};

}  // namespace lockstep::protocol
