#pragma once

#include "base/bytes.h"
#include "protocol/kafka_error.h"
#include "sandbox/log_config.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::sandbox {

/// Why records are refused; `none` where they are not.
struct Refusal {
    struct OfRecord {
        int32_t index = 0;
        std::string message;
    };

    protocol::KafkaError error = protocol::KafkaError::none;
    std::string message;
    std::vector<OfRecord> records;
    /// The request itself is wrong: no log was looked at.
    bool is_of_request = false;

    bool is_refused() const { return error != protocol::KafkaError::none; }
};

/// What came of looking at a batch, which happens only once.
struct BatchVerdict {
    Refusal refusal;
    int64_t max_timestamp_ms = -1;  // the largest of its records'
};

/// PURE: whether a leader takes what a client produced for one partition: exactly one batch, its
/// header, its CRC, and each of its records (ProduceRequest.validateRecords and LogValidator;
/// docs/kafka-notes.md). `now_ms` is the broker's clock, `version` that of the request.
BatchVerdict judge_batch(ByteView records, const LogConfig& config, int64_t now_ms,
                         int16_t version);

}  // namespace lockstep::sandbox
