#include "replication/log_cursor.h"

#include <fmt/core.h>

namespace lockstep::replication {

using protocol::RecordBatchView;
using runtime::Task;

LogCursor::LogCursor(client::Cluster& cluster, client::LogPlace from, Offset end, ReadRate* rate)
    : cluster_(cluster), rate_(rate), next_(std::move(from)), begin_(next_.offset), end_(end) {}

void LogCursor::give(client::FetchedLog fetched) {
    fetched_ = std::move(fetched);
    rest_ = fetched_.records;
    aborted_ = AbortedTransactions(fetched_.aborted);
}

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
    client::LogFetch how;
    if (rate_ != nullptr) {
        co_await wait_for_turn(stop);
        how.max_bytes = rate_->chunk_bytes(how.max_bytes);
    }
    auto fetched = co_await client::fetch_log(cluster_, next_, how, stop);
    LS_CO_TRY(log, std::move(fetched));
    give(std::move(log));
    if (rate_ != nullptr) {
        rate_->charge(static_cast<int64_t>(rest_.size()), loop().now());
    }
    co_return !rest_.empty();
}

Task<void> LogCursor::wait_for_turn(std::stop_token stop) {
    while (loop().now() < rate_->free_at() && !stop.stop_requested()) {
        co_await runtime::sleep_until(loop(), rate_->free_at(), stop);
    }
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
        const bool is_hidden = view_ && !view_->sees(*batch);
        if (is_before || is_aborted || is_hidden || batch->is_control() ||
            batch->record_count() == 0) {
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
            record_ = SeenRecord{offset, place_of(offset), timestamp_ms,
                                 batch_->is_log_append_time(), std::move(*record)};
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

Result<Offset> end_of_batches(ByteView records, Offset from) {
    Offset end = from;
    while (true) {
        LS_TRY(batch, protocol::next_batch(records));
        if (!batch) {
            return end;
        }
        end = std::max(end, batch->next_offset());
    }
}

}  // namespace lockstep::replication
