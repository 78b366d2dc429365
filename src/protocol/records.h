#pragma once

// PURE: the records inside of a batch. Only what must look inside uses this: the re-encode path,
// control batches, the sandbox, verification.

#include "base/result.h"
#include "protocol/record_batch.h"
#include "protocol/wire_reader.h"

#include <optional>
#include <string_view>
#include <vector>

namespace lockstep::protocol {

struct RecordHeader {
    std::string_view key;
    std::optional<ByteView> value;
};

/// One record; its keys and values are views of the reader's bytes.
struct Record {
    int64_t timestamp_delta = 0;
    int32_t offset_delta = 0;
    std::optional<ByteView> key = std::nullopt;
    std::optional<ByteView> value = std::nullopt;
    std::vector<RecordHeader> headers = {};
};

/// What a batch may become when it is decompressed, unless the caller says otherwise.
constexpr size_t kDefaultPayloadLimitBytes = 256U << 20;

/// Goes through the records of one batch, in order. What it returns is valid for as long as both
/// the reader and the batch are.
class RecordReader {
public:
    /// Decompresses the payload. Does not look at the CRC. Errors: decompress()'s.
    static Result<RecordReader> open(const RecordBatchView& batch,
                                     size_t limit_bytes = kDefaultPayloadLimitBytes);

    /// The next record, or nothing after the last. Errors: `malformed`, also where the batch holds
    /// more or fewer records than its header says.
    Result<std::optional<Record>> next();

    RecordReader(RecordReader&&) = default;
    RecordReader& operator=(RecordReader&&) = default;

    Offset offset_of(const Record& record) const {
        return batch_.base_offset() + record.offset_delta;
    }
    /// Milliseconds since 1970; the broker's time of appending where the batch has that.
    int64_t timestamp_of(const Record& record) const;

    const RecordBatchView& batch() const { return batch_; }

    /// Of all the records, decompressed.
    size_t size_bytes() const { return size_bytes_; }

private:
    RecordReader(const RecordBatchView& batch, Bytes decompressed);

    RecordBatchView batch_;
    Bytes
        decompressed_;  // empty where the batch is not compressed; moving keeps its memory in place
    WireReader reader_;
    size_t size_bytes_;
    int32_t left_;
};

enum class ControlType : int16_t { abort = 0, commit = 1 };

/// The one record of a control batch: what ended a transaction of the batch's producer.
struct ControlRecord {
    int16_t version = 0;
    ControlType type{};              ///< other values are KRaft's, to be passed over
    int32_t coordinator_epoch = -1;  ///< -1 where the type is neither abort nor commit
};

/// Errors: `malformed`.
Result<ControlRecord> parse_control_record(const Record& record);

}  // namespace lockstep::protocol
