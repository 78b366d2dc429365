#include "sandbox/batch_rules.h"

#include "protocol/record_batch.h"
#include "protocol/records.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sandbox {

using protocol::Codec;
using protocol::KafkaError;
using protocol::RecordBatchView;
using protocol::RecordReader;

namespace {

constexpr int16_t kFirstVersionWithZstd = 7;

/// What can be told from the header alone.
Refusal judge_header(const RecordBatchView& batch, const LogConfig& config) {
    if (batch.base_offset().value() != 0) {
        return {KafkaError::invalid_record,
                fmt::format("The baseOffset of the record batch should be 0, but it is {}",
                            batch.base_offset().value()),
                {}};
    }
    if (static_cast<int64_t>(batch.size_bytes()) > config.max_message_bytes) {
        return {KafkaError::message_too_large,
                fmt::format("The record batch size is {} bytes which exceeds the maximum "
                            "configured value of {}",
                            batch.size_bytes(), config.max_message_bytes),
                {}};
    }
    if (!batch.verify_crc()) {
        return {KafkaError::corrupt_message, "Record is corrupt", {}};
    }
    if (static_cast<int64_t>(batch.size_bytes()) > config.segment_bytes) {
        return {KafkaError::record_list_too_large, "Message batch size exceeds segment.bytes", {}};
    }
    if (batch.record_count() <= 0 || !batch.is_dense()) {
        return {KafkaError::invalid_record,
                fmt::format("Inconsistent batch offset range [0, {}] and count of records {}",
                            batch.last_offset_delta(), batch.record_count()),
                {}};
    }
    if (batch.is_control()) {
        return {KafkaError::invalid_record, "Clients are not allowed to write control records", {}};
    }
    if (batch.producer_id().value() >= 0 && batch.base_sequence().value() < 0) {
        return {KafkaError::invalid_record, "A producer id needs a sequence", {}};
    }
    if (batch.is_transactional() && batch.producer_id().value() < 0) {
        return {KafkaError::invalid_record, "A transaction needs a producer id", {}};
    }
    if ((config.uses_append_time || config.refuses_append_time_bit) && batch.is_log_append_time()) {
        return {KafkaError::invalid_timestamp,
                "One or more records have been rejected due to invalid timestamp",
                {{0, "A producer must not say that its timestamps are the log's"}}};
    }
    return {};
}

bool is_time_refused(int64_t timestamp_ms, const LogConfig& config, int64_t now_ms) {
    return timestamp_ms != -1 && !config.uses_append_time &&
           (now_ms - timestamp_ms > config.timestamp_before_max_ms ||
            timestamp_ms - now_ms > config.timestamp_after_max_ms);
}

BatchVerdict refused(Refusal refusal) {
    return {std::move(refusal), -1};
}

BatchVerdict judge_records(const RecordBatchView& batch, const LogConfig& config, int64_t now_ms) {
    auto reader = RecordReader::open(batch);
    if (reader.has_error()) {
        // Brokers do not expect it: nothing that they have a code for.
        return refused({KafkaError::unknown_server_error, reader.error().message(), {}});
    }
    BatchVerdict verdict;
    Refusal& refusal = verdict.refusal;
    for (int32_t index = 0;; ++index) {
        auto next = reader->next();
        if (next.has_error()) {
            return refused({KafkaError::invalid_record, next.error().message(), {}});
        }
        if (!next->has_value()) {
            break;
        }
        const protocol::Record& record = **next;
        const int64_t timestamp_ms = reader->timestamp_of(record);
        verdict.max_timestamp_ms = std::max(verdict.max_timestamp_ms, timestamp_ms);
        if (config.is_compacted && !record.key) {
            refusal.error = KafkaError::invalid_record;
            refusal.message = "One or more records have been rejected due to record errors";
            refusal.records.push_back({index, "Compacted topic cannot accept message without key"});
        } else if (is_time_refused(timestamp_ms, config, now_ms)) {
            if (!refusal.is_refused()) {
                refusal.error = KafkaError::invalid_timestamp;
                refusal.message = "One or more records have been rejected due to invalid timestamp";
            }
            refusal.records.push_back({index, "Timestamp of message is out of range"});
        }
    }
    return verdict;
}

}  // namespace

BatchVerdict judge_batch(ByteView records, const LogConfig& config, int64_t now_ms,
                         int16_t version) {
    ByteView rest = records;
    const auto batch = protocol::next_batch(rest);
    Refusal refusal;
    refusal.is_of_request = true;
    if (batch.has_error()) {
        refusal.error = KafkaError::invalid_record;
        refusal.message = batch.error().message();
    } else if (!batch->has_value() || !rest.empty()) {
        refusal.error = KafkaError::invalid_record;
        refusal.message = "Produce requests must have exactly one record batch for each partition";
    } else if ((*batch)->codec() == Codec::zstd && version < kFirstVersionWithZstd) {
        refusal.error = KafkaError::unsupported_compression_type;
        refusal.message = "zstd needs Produce version 7";
    } else {
        refusal = judge_header(**batch, config);
        return refusal.is_refused() ? refused(std::move(refusal))
                                    : judge_records(**batch, config, now_ms);
    }
    return refused(std::move(refusal));
}

}  // namespace lockstep::sandbox
