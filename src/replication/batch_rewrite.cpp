#include "replication/batch_rewrite.h"

#include "base/mutation.h"
#include "protocol/record_batch_builder.h"
#include "protocol/records.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace lockstep::replication {
namespace {

using protocol::Codec;
using protocol::Record;
using protocol::RecordBatchBuilder;
using protocol::RecordReader;

/// A forwarded batch of one record takes a broker as long as 40 records in one batch.
constexpr size_t kTinyBytes = 2048;
constexpr int32_t kTinyRecords = 8;

class DenseRows {
public:
    DenseRows(protocol::Codec codec, size_t most_bytes) : codec_(codec), most_bytes_(most_bytes) {}

    Result<void> add(Offset offset, int64_t timestamp_ms, const Record& record) {
        if (offset < next_) {
            return Error(Errc::malformed,
                         fmt::format("offset {} comes a second time, or too late", offset.value()));
        }
        const bool is_full = row_ && row_->size_bytes() + size_of(record) > most_bytes_;
        if (row_ && (offset != next_ || is_full)) {
            LS_CHECK(finish());
        }
        if (!row_) {
            row_.emplace(protocol::BatchOptions{.base_offset = offset, .codec = codec_});
            begin_ = offset;
        }
        protocol::RecordContent content{record.key, record.value, record.headers};
        if (mutated(Mutation::headers_dropped)) {
            content.headers = {};
        }
        row_->add(timestamp_ms, content);
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
    size_t most_bytes_;
    std::optional<RecordBatchBuilder> row_;
    Offset begin_;
    Offset next_;
    std::vector<DenseBatch> done_;
};

}  // namespace

Result<void> check_crc(const protocol::RecordBatchView& batch) {
    if (!batch.verify_crc() && !mutated(Mutation::crc_unchecked_when_made_anew)) {
        return Error(Errc::checksum_mismatch,
                     fmt::format("batch at offset {}: CRC-32C", batch.base_offset().value()));
    }
    return {};
}

Result<std::vector<DenseBatch>> rewrite_dense(const protocol::RecordBatchView& batch, Offset from,
                                              const BatchLimits& limits) {
    LS_CHECK(check_crc(batch));
    LS_TRY(reader, RecordReader::open(batch));
    DenseRows rows(limits.codec.value_or(batch.codec()), records_within(reader, limits));
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            break;
        }
        const Offset offset = reader.offset_of(*record);
        if (offset >= from || mutated(Mutation::begin_sent_again)) {
            LS_CHECK(rows.add(offset, reader.timestamp_of(*record), *record));
        }
    }
    LS_CHECK(rows.finish());
    return rows.take();
}

size_t records_within(const protocol::RecordReader& batch, const BatchLimits& limits) {
    constexpr size_t kHeader = protocol::batch_layout::kHeaderSize;
    const size_t packed = std::max<size_t>(batch.batch().payload().size(), 1);
    if (batch.batch().size_bytes() <= limits.most_bytes) {
        return limits.made_bytes;
    }
    const auto room = static_cast<double>(std::max(limits.most_bytes, kHeader + 1) - kHeader);
    // A tenth is left: parts are not all compressed as well as the whole.
    const auto within = static_cast<size_t>(static_cast<double>(batch.size_bytes()) /
                                            static_cast<double>(packed) * room * 0.9);
    return std::min(within, limits.made_bytes);
}

size_t size_of(const Record& record) {
    constexpr size_t kLengthsAndDeltas = 24;
    size_t size = kLengthsAndDeltas + (record.key ? record.key->size() : 0) +
                  (record.value ? record.value->size() : 0);
    for (const protocol::RecordHeader& header : record.headers) {
        size += header.key.size() + (header.value ? header.value->size() : 0) + 4;
    }
    return size;
}

bool is_tiny(const protocol::RecordBatchView& batch) {
    return batch.size_bytes() <= kTinyBytes && batch.record_count() <= kTinyRecords;
}

bool can_merge(const protocol::RecordBatchView& first, const protocol::RecordBatchView& next,
               size_t bytes, size_t merged_bytes) {
    return first.codec() == next.codec() && bytes + next.size_bytes() <= merged_bytes;
}

Result<std::vector<DenseBatch>> merge_batches(std::span<const protocol::RecordBatchView> batches,
                                              const BatchLimits& limits) {
    DenseRows rows(limits.codec.value_or(batches.front().codec()), limits.made_bytes);
    for (const protocol::RecordBatchView& batch : batches) {
        LS_CHECK(check_crc(batch));
        LS_TRY(reader, RecordReader::open(batch));
        while (true) {
            LS_TRY(record, reader.next());
            if (!record) {
                break;
            }
            const int64_t timestamp_ms = mutated(Mutation::merged_times)
                                             ? batches.front().base_timestamp()
                                             : reader.timestamp_of(*record);
            LS_CHECK(rows.add(reader.offset_of(*record), timestamp_ms, *record));
        }
    }
    LS_CHECK(rows.finish());
    return rows.take();
}

}  // namespace lockstep::replication
