#pragma once

// PURE: makes record batches.

#include "base/result.h"
#include "protocol/records.h"
#include "protocol/wire_writer.h"

#include <optional>
#include <span>

namespace lockstep::protocol {

/// What the header of a batch says; the defaults are those of a plain producer.
struct BatchOptions {
    Offset base_offset{0};
    LeaderEpoch partition_leader_epoch = kNoLeaderEpoch;
    ProducerId producer_id{-1};
    ProducerEpoch producer_epoch{-1};
    Sequence base_sequence{-1};
    Codec codec = Codec::none;
    std::optional<int> level = std::nullopt;  ///< of the codec
    int16_t attributes = 0;  ///< bits of batch_attribute; the codec's are set from `codec`
    /// Else the first record's; in batches with a delete horizon, that.
    std::optional<int64_t> base_timestamp_ms = std::nullopt;
};

/// What a record carries; only read while it is being added.
struct RecordContent {
    std::optional<ByteView> key = std::nullopt;
    std::optional<ByteView> value = std::nullopt;
    std::span<const RecordHeader> headers = {};
};

/// Collects records, then makes the batch.
class RecordBatchBuilder {
public:
    explicit RecordBatchBuilder(BatchOptions options) : options_(options) {}

    /// The next record, at the offset after the one before.
    void add(int64_t timestamp_ms, const RecordContent& content);

    /// A record after a hole, as in compacted logs. `offset_delta` must grow from record to record.
    void add_at(int32_t offset_delta, int64_t timestamp_ms, const RecordContent& content);

    /// Where the last records of the batch are missing: the offset it ends with.
    void set_last_offset_delta(int32_t last_offset_delta);

    int32_t record_count() const { return record_count_; }
    /// Of the batch before compression.
    size_t size_bytes() const { return batch_layout::kHeaderSize + records_.size(); }

    /// The batch, CRC included. Errors: compress()'s.
    Result<Bytes> build() const;

private:
    BatchOptions options_;
    WireWriter records_;
    WireWriter record_;  // the one being written: its size comes before it
    int32_t record_count_ = 0;
    int32_t last_offset_delta_ = -1;
    int64_t base_timestamp_ = -1;
    int64_t max_timestamp_ = -1;
};

/// Which transaction a control batch ends, and where.
struct ControlMarker {
    ControlType type{};
    Offset offset{0};
    int64_t timestamp_ms = 0;
    ProducerId producer_id{-1};
    ProducerEpoch producer_epoch{-1};
    int32_t coordinator_epoch = 0;
};

/// A batch as brokers write it at the end of a transaction: 78 bytes.
Bytes make_control_batch(const ControlMarker& marker);

}  // namespace lockstep::protocol
