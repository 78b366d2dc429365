#pragma once

// PURE: record batches of magic 2, seen from outside: their 61-byte header. The records inside stay
// bytes; records.h looks into them.

#include "base/bytes.h"
#include "base/result.h"
#include "model/ids.h"
#include "protocol/compression.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace lockstep::protocol {

/// Where the fields of the header are. The CRC covers everything from the attributes on.
namespace batch_layout {
constexpr size_t kBaseOffset = 0;
constexpr size_t kBatchLength = 8;
constexpr size_t kPartitionLeaderEpoch = 12;
constexpr size_t kMagic = 16;
constexpr size_t kCrc = 17;
constexpr size_t kAttributes = 21;
constexpr size_t kLastOffsetDelta = 23;
constexpr size_t kBaseTimestamp = 27;
constexpr size_t kMaxTimestamp = 35;
constexpr size_t kProducerId = 43;
constexpr size_t kProducerEpoch = 51;
constexpr size_t kBaseSequence = 53;
constexpr size_t kRecordCount = 57;
constexpr size_t kHeaderSize = 61;

/// batch_length does not count the base offset and itself.
constexpr size_t kUncountedSize = 12;
}  // namespace batch_layout

/// The bits of the attributes above the codec's three.
namespace batch_attribute {
constexpr int16_t kCodecMask = 0x07;
constexpr int16_t kLogAppendTime = 0x08;
constexpr int16_t kTransactional = 0x10;
constexpr int16_t kControl = 0x20;
constexpr int16_t kDeleteHorizon = 0x40;
}  // namespace batch_attribute

/// A view of one whole batch. Made by next_batch or open, which check what the accessors rely on.
class RecordBatchView {
public:
    /// The batch that fills `bytes` exactly. Errors as in next_batch, `malformed` for other sizes.
    static Result<RecordBatchView> open(ByteView bytes);

    Offset base_offset() const { return Offset(get<int64_t>(batch_layout::kBaseOffset)); }
    Offset last_offset() const { return base_offset() + last_offset_delta(); }
    /// The offset after the batch; for compacted batches too, whose last records may be gone.
    Offset next_offset() const { return last_offset() + 1; }
    int32_t batch_length() const { return get<int32_t>(batch_layout::kBatchLength); }
    size_t size_bytes() const { return bytes_.size(); }
    LeaderEpoch partition_leader_epoch() const {
        return LeaderEpoch(get<int32_t>(batch_layout::kPartitionLeaderEpoch));
    }
    int8_t magic() const { return get<int8_t>(batch_layout::kMagic); }
    uint32_t crc() const { return get<uint32_t>(batch_layout::kCrc); }
    int16_t attributes() const { return get<int16_t>(batch_layout::kAttributes); }
    Codec codec() const { return static_cast<Codec>(attributes() & batch_attribute::kCodecMask); }
    bool is_log_append_time() const { return has(batch_attribute::kLogAppendTime); }
    bool is_transactional() const { return has(batch_attribute::kTransactional); }
    bool is_control() const { return has(batch_attribute::kControl); }
    bool has_delete_horizon() const { return has(batch_attribute::kDeleteHorizon); }
    int32_t last_offset_delta() const { return get<int32_t>(batch_layout::kLastOffsetDelta); }
    int64_t base_timestamp() const { return get<int64_t>(batch_layout::kBaseTimestamp); }
    int64_t max_timestamp() const { return get<int64_t>(batch_layout::kMaxTimestamp); }
    ProducerId producer_id() const { return ProducerId(get<int64_t>(batch_layout::kProducerId)); }
    ProducerEpoch producer_epoch() const {
        return ProducerEpoch(get<int16_t>(batch_layout::kProducerEpoch));
    }
    Sequence base_sequence() const { return Sequence(get<int32_t>(batch_layout::kBaseSequence)); }
    int32_t record_count() const { return get<int32_t>(batch_layout::kRecordCount); }
    /// Whether each of its offsets has its record. Brokers refuse to be sent any other batch.
    bool is_dense() const { return record_count() == int64_t{last_offset_delta()} + 1; }

    /// The records, compressed where codec() says so.
    ByteView payload() const { return bytes_.subspan(batch_layout::kHeaderSize); }
    ByteView bytes() const { return bytes_; }

    /// Whether the bytes are those that the producer or broker computed the CRC of.
    bool verify_crc() const;

private:
    explicit RecordBatchView(ByteView bytes) : bytes_(bytes) {}
    friend Result<std::optional<RecordBatchView>> next_batch(ByteView& rest);

    template <typename Int>
    Int get(size_t at) const {
        return load_big_endian<Int>(bytes_.data() + at);
    }
    bool has(int16_t attribute) const { return (attributes() & attribute) != 0; }

    ByteView bytes_;
};

/// Takes the next batch off the front of a records field. Nothing at the end, and nothing (with
/// `rest` left as it is) where only the beginning of a batch is there, as brokers send it.
///
/// Errors: `unsupported` for magic 0 and 1 (written before Kafka 0.11) and for what comes after 2;
/// `malformed` for sizes and counts that cannot be. Both say the offset.
Result<std::optional<RecordBatchView>> next_batch(ByteView& rest);

/// Under whose name a batch is sent.
struct BatchRewrite {
    ProducerId producer_id{-1};
    ProducerEpoch producer_epoch{-1};
    Sequence base_sequence{-1};
};

/// Gives the records of a batch with the broker's time (LogAppendTime) those of their producers
/// again. Errors, with the batch unchanged: `checksum_mismatch`, `malformed`.
Result<void> clear_append_time(MutableByteView batch);

/// Makes a fetched batch one that a broker takes from a client (LogValidator's rules): base offset
/// 0, no leader epoch, no log append time, transaction or delete horizon in the attributes, the
/// producer of `rewrite`. The payload is read once, for both the source's CRC and the new one:
///
///     crc(old 21..61), crc(new 21..61), crc(payload), then combined in O(log size)
///
/// Errors, with the batch unchanged: `checksum_mismatch` where the source's CRC does not fit,
/// `invalid_argument` for control batches and for those that are not dense, and next_batch's.
Result<void> rewrite_for_produce(MutableByteView batch, const BatchRewrite& rewrite);

}  // namespace lockstep::protocol
