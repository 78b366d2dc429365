#include "protocol/records.h"

namespace lockstep::protocol {
namespace {

std::optional<ByteView> read_sized(WireReader& reader) {
    const int32_t size = reader.read_varint();
    if (size == -1) {
        return std::nullopt;
    }
    if (size < 0) {
        reader.fail("negative length");
        return ByteView{};
    }
    return reader.read_view(static_cast<size_t>(size));
}

void read_headers(WireReader& reader, std::vector<RecordHeader>& headers) {
    const int32_t count = reader.read_varint();
    // A header takes at least the two bytes of its lengths.
    if (count < 0 || static_cast<size_t>(count) > reader.remaining() / 2) {
        reader.fail("header count");
        return;
    }
    for (int32_t i = 0; i < count && reader.ok(); ++i) {
        const auto key = read_sized(reader);
        if (!key) {
            reader.fail("null header key");
        }
        const auto value = read_sized(reader);
        headers.push_back({as_text(key.value_or(ByteView{})), value});
    }
}

Record read_record(WireReader& reader) {
    Record record;
    reader.read_int8();  // attributes: none so far
    record.timestamp_delta = reader.read_varlong();
    record.offset_delta = reader.read_varint();
    record.key = read_sized(reader);
    record.value = read_sized(reader);
    read_headers(reader, record.headers);
    if (reader.remaining() > 0) {
        reader.fail("bytes left over in a record");
    }
    return record;
}

}  // namespace

Result<RecordReader> RecordReader::open(const RecordBatchView& batch, size_t limit_bytes) {
    if (batch.codec() == Codec::none) {
        return RecordReader(batch, {});
    }
    LS_TRY(payload, decompress(batch.codec(), batch.payload(), limit_bytes));
    return RecordReader(batch, std::move(payload));
}

Result<std::optional<Record>> RecordReader::next() {
    if (left_ == 0) {
        if (reader_.remaining() > 0) {
            reader_.fail("more records than the header says");
            return reader_.error("record batch");
        }
        return std::optional<Record>();
    }
    --left_;
    const std::optional<ByteView> body = read_sized(reader_);
    if (!body) {
        reader_.fail("record without length");
    }
    if (!reader_.ok()) {
        return reader_.error("record batch");
    }
    WireReader inner(*body);
    Record record = read_record(inner);
    if (record.offset_delta < 0 || record.offset_delta > batch_.last_offset_delta()) {
        inner.fail("record outside of its batch's offsets");
    }
    if (!inner.ok()) {
        reader_.fail(inner.problem());
        return reader_.error("record batch");
    }
    return std::optional(std::move(record));
}

int64_t RecordReader::timestamp_of(const Record& record) const {
    if (batch_.is_log_append_time()) {
        return batch_.max_timestamp();
    }
    // Unsigned, for a sum of two numbers from the network must not overflow.
    return static_cast<int64_t>(static_cast<uint64_t>(batch_.base_timestamp()) +
                                static_cast<uint64_t>(record.timestamp_delta));
}

RecordReader::RecordReader(const RecordBatchView& batch, Bytes decompressed)
    : batch_(batch),
      decompressed_(std::move(decompressed)),
      reader_(batch.codec() == Codec::none ? batch.payload() : ByteView(decompressed_)),
      size_bytes_(reader_.remaining()),
      left_(batch.record_count()) {}

Result<ControlRecord> parse_control_record(const Record& record) {
    WireReader key(record.key.value_or(ByteView{}));
    ControlRecord control;
    control.version = key.read_int16();
    control.type = static_cast<ControlType>(key.read_int16());
    if (!key.ok()) {
        return key.error("control record's key");
    }
    if (control.type == ControlType::abort || control.type == ControlType::commit) {
        WireReader value(record.value.value_or(ByteView{}));
        value.read_int16();  // the value's own version
        control.coordinator_epoch = value.read_int32();
        if (!value.ok()) {
            return value.error("control record's value");
        }
    }
    return control;
}

}  // namespace lockstep::protocol
