#include "protocol/record_batch_builder.h"

#include "base/assert.h"
#include "base/crc32c.h"

#include <algorithm>

namespace lockstep::protocol {
namespace {

void put_sized(WireWriter& writer, std::optional<ByteView> bytes) {
    writer.put_varint(bytes ? static_cast<int32_t>(bytes->size()) : -1);
    writer.put_view(bytes.value_or(ByteView{}));
}

}  // namespace

void RecordBatchBuilder::add(int64_t timestamp_ms, const RecordContent& content) {
    add_at(last_offset_delta_ + 1, timestamp_ms, content);
}

void RecordBatchBuilder::add_at(int32_t offset_delta, int64_t timestamp_ms,
                                const RecordContent& content) {
    LS_ASSERT(offset_delta > last_offset_delta_);
    if (record_count_ == 0) {
        base_timestamp_ = options_.base_timestamp_ms.value_or(timestamp_ms);
    }
    max_timestamp_ = std::max(max_timestamp_, timestamp_ms);
    last_offset_delta_ = offset_delta;
    ++record_count_;

    record_.clear();
    record_.put_int8(0);
    // Unsigned, for timestamps that came from the network may be any numbers.
    record_.put_varlong(static_cast<int64_t>(static_cast<uint64_t>(timestamp_ms) -
                                             static_cast<uint64_t>(base_timestamp_)));
    record_.put_varint(offset_delta);
    put_sized(record_, content.key);
    put_sized(record_, content.value);
    record_.put_varint(static_cast<int32_t>(content.headers.size()));
    for (const RecordHeader& header : content.headers) {
        put_sized(record_, as_bytes(header.key));
        put_sized(record_, header.value);
    }
    put_sized(records_, record_.view());
}

void RecordBatchBuilder::set_last_offset_delta(int32_t last_offset_delta) {
    LS_ASSERT(last_offset_delta >= last_offset_delta_);
    last_offset_delta_ = last_offset_delta;
}

Result<Bytes> RecordBatchBuilder::build() const {
    LS_TRY(payload, compress(options_.codec, records_.view(), options_.level));
    const auto codec_bits = static_cast<int16_t>(options_.codec);
    WireWriter batch;
    batch.put_int64(options_.base_offset.value());
    batch.put_int32(static_cast<int32_t>(batch_layout::kHeaderSize - batch_layout::kUncountedSize +
                                         payload.size()));
    batch.put_int32(options_.partition_leader_epoch.value());
    batch.put_int8(2);
    batch.put_uint32(0);
    batch.put_int16(
        static_cast<int16_t>((options_.attributes & ~batch_attribute::kCodecMask) | codec_bits));
    batch.put_int32(std::max(last_offset_delta_, 0));
    batch.put_int64(base_timestamp_);
    batch.put_int64(max_timestamp_);
    batch.put_int64(options_.producer_id.value());
    batch.put_int16(options_.producer_epoch.value());
    batch.put_int32(options_.base_sequence.value());
    batch.put_int32(record_count_);
    batch.put_external(payload);
    Bytes bytes = batch.flatten();
    store_big_endian(bytes.data() + batch_layout::kCrc,
                     crc32c(ByteView(bytes).subspan(batch_layout::kAttributes)));
    return bytes;
}

Bytes make_control_batch(const ControlMarker& marker) {
    WireWriter key;
    key.put_int16(0);
    key.put_int16(static_cast<int16_t>(marker.type));
    WireWriter value;
    value.put_int16(0);
    value.put_int32(marker.coordinator_epoch);
    RecordBatchBuilder builder(
        {.base_offset = marker.offset,
         .producer_id = marker.producer_id,
         .producer_epoch = marker.producer_epoch,
         .attributes = batch_attribute::kTransactional | batch_attribute::kControl});
    const Bytes key_bytes = key.flatten();
    const Bytes value_bytes = value.flatten();
    builder.add(marker.timestamp_ms, {.key = key_bytes, .value = value_bytes});
    return *builder.build();
}

}  // namespace lockstep::protocol
