#include "replication/batch_rewrite.h"

#include "protocol/record_batch_builder.h"
#include "protocol/records.h"

#include <fmt/core.h>

#include <optional>

namespace lockstep::replication {
namespace {

using protocol::Record;
using protocol::RecordBatchBuilder;
using protocol::RecordReader;

/// A forwarded batch of one record takes a broker as long as 40 records in one batch.
constexpr size_t kTinyBytes = 2048;
constexpr int32_t kTinyRecords = 8;
constexpr size_t kMergedBytes = 128 << 10;

Result<void> check_crc(const protocol::RecordBatchView& batch) {
    if (!batch.verify_crc()) {
        return Error(Errc::checksum_mismatch,
                     fmt::format("batch at offset {}: CRC-32C", batch.base_offset().value()));
    }
    return {};
}

class DenseRows {
public:
    explicit DenseRows(protocol::Codec codec) : codec_(codec) {}

    Result<void> add(Offset offset, int64_t timestamp_ms, const Record& record) {
        if (offset < next_) {
            return Error(Errc::malformed,
                         fmt::format("offset {} comes a second time, or too late", offset.value()));
        }
        if (row_ && offset != next_) {
            LS_CHECK(finish());
        }
        if (!row_) {
            row_.emplace(protocol::BatchOptions{.base_offset = offset, .codec = codec_});
            begin_ = offset;
        }
        row_->add(timestamp_ms, {record.key, record.value, record.headers});
        next_ = offset + 1;
        return {};
    }

    Result<void> finish() {
        if (row_) {
            LS_TRY(bytes, row_->build());
            done_.push_back({begin_, row_->record_count(), std::move(bytes)});
            row_.reset();
        }
        return {};
    }

    std::vector<DenseBatch> take() { return std::move(done_); }

private:
    protocol::Codec codec_;
    std::optional<RecordBatchBuilder> row_;
    Offset begin_;
    Offset next_;
    std::vector<DenseBatch> done_;
};

}  // namespace

Result<std::vector<DenseBatch>> rewrite_dense(const protocol::RecordBatchView& batch, Offset from) {
    LS_CHECK(check_crc(batch));
    LS_TRY(reader, RecordReader::open(batch));
    DenseRows rows(batch.codec());
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            break;
        }
        const Offset offset = reader.offset_of(*record);
        if (offset >= from) {
            LS_CHECK(rows.add(offset, reader.timestamp_of(*record), *record));
        }
    }
    LS_CHECK(rows.finish());
    return rows.take();
}

bool is_tiny(const protocol::RecordBatchView& batch) {
    return batch.size_bytes() <= kTinyBytes && batch.record_count() <= kTinyRecords;
}

bool can_merge(const protocol::RecordBatchView& first, const protocol::RecordBatchView& next,
               size_t bytes) {
    return first.codec() == next.codec() && bytes + next.size_bytes() <= kMergedBytes;
}

Result<DenseBatch> merge_batches(std::span<const protocol::RecordBatchView> batches) {
    const Offset base = batches.front().base_offset();
    RecordBatchBuilder builder({.base_offset = base, .codec = batches.front().codec()});
    for (const protocol::RecordBatchView& batch : batches) {
        LS_CHECK(check_crc(batch));
        LS_TRY(reader, RecordReader::open(batch));
        while (true) {
            LS_TRY(record, reader.next());
            if (!record) {
                break;
            }
            const auto delta = static_cast<int32_t>(reader.offset_of(*record) - base);
            builder.add_at(delta, reader.timestamp_of(*record),
                           {record->key, record->value, record->headers});
        }
    }
    LS_TRY(bytes, builder.build());
    return DenseBatch{base, builder.record_count(), std::move(bytes)};
}

}  // namespace lockstep::replication
