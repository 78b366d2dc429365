#include "replication/log_cursor.h"

#include <fmt/core.h>

namespace lockstep::replication {

using protocol::RecordBatchView;
using runtime::Task;

LogCursor::LogCursor(client::Cluster& cluster, client::LogPlace from, Offset end)
    : cluster_(cluster), next_(std::move(from)), begin_(next_.offset), end_(end) {}

Task<Result<bool>> LogCursor::load(std::stop_token stop) {
    while (!batch_) {
        LS_CO_TRY(has_batch, open_next_batch());
        if (has_batch) {
            break;
        }
        auto fetching = co_await fetch(stop);
        LS_CO_TRY(has_more, std::move(fetching));
        if (!has_more) {
            co_return false;
        }
    }
    co_return true;
}

Task<Result<bool>> LogCursor::fetch(std::stop_token stop) {
    if (next_.offset >= end_) {
        co_return false;
    }
    auto fetched = co_await client::fetch_log(cluster_, next_, stop);
    LS_CO_TRY(log, std::move(fetched));
    fetched_ = std::move(log);
    rest_ = fetched_.records;
    aborted_ = AbortedTransactions(fetched_.aborted);
    co_return !rest_.empty();
}

/// False where what was fetched is used up.
Result<bool> LogCursor::open_next_batch() {
    while (true) {
        LS_TRY(batch, protocol::next_batch(rest_));
        if (!batch) {
            return false;
        }
        LS_TRY(is_aborted, aborted_.covers(*batch));
        const bool is_before = batch->last_offset() < next_.offset;
        next_.offset = std::max(next_.offset, batch->next_offset());
        if (is_before || is_aborted || batch->is_control() || batch->record_count() == 0) {
            continue;
        }
        if (batch->base_offset() >= end_) {
            rest_ = {};
            return false;
        }
        if (!batch->verify_crc()) {
            return Error(Errc::checksum_mismatch,
                         fmt::format("batch at offset {} of {} on {}", batch->base_offset().value(),
                                     next_.partition.to_string(), cluster_.name()));
        }
        batch_ = *batch;
        return true;
    }
}

Result<bool> LogCursor::unpack() {
    if (!record_ && !reader_) {
        LS_TRY(reader, protocol::RecordReader::open(*batch_));
        reader_.emplace(std::move(reader));
    }
    while (!record_) {
        LS_TRY(record, reader_->next());
        if (!record) {
            skip_batch();
            return false;
        }
        const Offset offset = reader_->offset_of(*record);
        if (offset >= begin_ && offset < end_) {
            const int64_t timestamp_ms = reader_->timestamp_of(*record);
            record_ = SeenRecord{offset, timestamp_ms, std::move(*record)};
        }
    }
    return true;
}

const RecordBatchView* LogCursor::whole_batch() const {
    const bool is_whole =
        batch_ && !reader_ && batch_->base_offset() >= begin_ && batch_->next_offset() <= end_;
    return is_whole ? &*batch_ : nullptr;
}

void LogCursor::skip_batch() {
    record_.reset();
    reader_.reset();
    batch_.reset();
}

}  // namespace lockstep::replication
