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

class DenseRows {
public:
    explicit DenseRows(protocol::Codec codec) : codec_(codec) {}

    Result<void> add(Offset offset, int64_t timestamp_ms, const Record& record) {
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
    if (!batch.verify_crc()) {
        return Error(Errc::checksum_mismatch,
                     fmt::format("batch at offset {}: CRC-32C", batch.base_offset().value()));
    }
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

}  // namespace lockstep::replication
