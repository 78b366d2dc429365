#include "protocol/record_batch.h"

#include "base/crc32c.h"
#include "base/mutation.h"

namespace lockstep::protocol {
namespace {

using namespace batch_layout;

// Enough to know the size and the magic.
constexpr size_t kPrefixSize = kMagic + 1;

// The smallest message of magic 0, as Kafka counts it in its length field.
constexpr int32_t kLeastLength = 14;

ByteView covered_header(ByteView batch) {
    return batch.subspan(kAttributes, kHeaderSize - kAttributes);
}

Error bad_batch(Errc errc, ByteView batch, std::string_view what) {
    const auto offset = load_big_endian<int64_t>(batch.data() + kBaseOffset);
    return {errc, "batch at offset " + std::to_string(offset) + ": " + std::string(what)};
}

void write_header(MutableByteView batch, const BatchRewrite& rewrite) {
    constexpr int16_t kCleared = batch_attribute::kLogAppendTime | batch_attribute::kTransactional |
                                 batch_attribute::kDeleteHorizon;
    uint8_t* to = batch.data();
    const auto attributes = load_big_endian<int16_t>(to + kAttributes);
    store_big_endian<int64_t>(to + kBaseOffset, 0);
    store_big_endian<int32_t>(to + kPartitionLeaderEpoch, -1);
    store_big_endian<int16_t>(to + kAttributes, static_cast<int16_t>(attributes & ~kCleared));
    store_big_endian(to + kProducerId, rewrite.producer_id.value());
    store_big_endian(to + kProducerEpoch, rewrite.producer_epoch.value());
    store_big_endian(to + kBaseSequence, rewrite.base_sequence.value());
}

}  // namespace

Result<RecordBatchView> RecordBatchView::open(ByteView bytes) {
    ByteView rest = bytes;
    LS_TRY(batch, next_batch(rest));
    if (!batch || !rest.empty()) {
        return Error(Errc::malformed, "not exactly one batch");
    }
    return *batch;
}

bool RecordBatchView::verify_crc() const {
    return crc32c(bytes_.subspan(kAttributes)) == crc();
}

Result<std::optional<RecordBatchView>> next_batch(ByteView& rest) {
    if (rest.size() < kPrefixSize) {
        return std::optional<RecordBatchView>();
    }
    const auto length = load_big_endian<int32_t>(rest.data() + kBatchLength);
    const auto magic = load_big_endian<int8_t>(rest.data() + kMagic);
    if (length < kLeastLength) {
        return bad_batch(Errc::malformed, rest, "length " + std::to_string(length));
    }
    if (magic != 2) {
        return bad_batch(Errc::unsupported, rest, "magic " + std::to_string(magic));
    }
    const size_t size = static_cast<size_t>(length) + kUncountedSize;
    if (size < kHeaderSize) {
        return bad_batch(Errc::malformed, rest, "length " + std::to_string(length));
    }
    if (size > rest.size()) {
        return std::optional<RecordBatchView>();
    }
    const RecordBatchView batch(rest.first(size));
    if (batch.last_offset_delta() < 0 || batch.record_count() < 0 ||
        batch.base_offset().value() < 0 ||
        batch.base_offset().value() > INT64_MAX - batch.last_offset_delta() - 1) {
        return bad_batch(Errc::malformed, rest, "impossible offsets or counts");
    }
    rest = rest.subspan(size);
    return std::optional(batch);
}

Result<void> clear_append_time(MutableByteView batch) {
    LS_TRY(view, RecordBatchView::open(batch));
    if (!view.verify_crc()) {
        return bad_batch(Errc::checksum_mismatch, batch, "CRC-32C");
    }
    const auto attributes = load_big_endian<int16_t>(batch.data() + kAttributes);
    store_big_endian<int16_t>(batch.data() + kAttributes,
                              static_cast<int16_t>(attributes & ~batch_attribute::kLogAppendTime));
    store_big_endian(batch.data() + kCrc, crc32c(batch.subspan(kAttributes)));
    return {};
}

Result<void> rewrite_for_produce(MutableByteView batch, const BatchRewrite& rewrite) {
    LS_TRY(view, RecordBatchView::open(batch));
    if (view.is_control()) {
        return bad_batch(Errc::invalid_argument, batch, "control batches cannot be produced");
    }
    if (!view.is_dense()) {
        return bad_batch(Errc::invalid_argument, batch, "has offsets without records");
    }
    const uint32_t payload_crc = crc32c(view.payload());
    const uint64_t payload_size = view.payload().size();
    const uint32_t source_crc =
        crc32c_combine(crc32c(covered_header(batch)), payload_crc, payload_size);
    if (source_crc != view.crc() && !mutated(Mutation::crc_unchecked_when_forwarded)) {
        return bad_batch(Errc::checksum_mismatch, batch, "CRC-32C");
    }
    write_header(batch, rewrite);
    const uint32_t new_crc =
        crc32c_combine(crc32c(covered_header(batch)), payload_crc, payload_size);
    store_big_endian(batch.data() + kCrc, new_crc);
    return {};
}

}  // namespace lockstep::protocol
