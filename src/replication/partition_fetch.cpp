// What a partition fetches from the source, and what becomes of it.

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "replication/aborted_transactions.h"
#include "replication/partition_replicator.h"
#include "replication/source_reader.h"

#include <fmt/core.h>

namespace lockstep::replication {

using protocol::KafkaError;

namespace {

/// When the first record of a batch is of, by the batch's header.
int64_t first_time_ms(const protocol::RecordBatchView& batch) {
    return batch.is_log_append_time() ? batch.max_timestamp() : batch.base_timestamp();
}

}  // namespace

void PartitionReplicator::on_fetched(const protocol::FetchResponse::PartitionData& data,
                                     const Slice& frame) {
    if (!outgoing_) {
        return;
    }
    if (data.error_code != 0) {
        on_fetch_failed(Error(make_error_code(KafkaError(data.error_code)),
                              fmt::format("fetch {} at offset {}", id().to_string(),
                                          outgoing_->next_fetch().value())));
        return;
    }
    status_.source_high_watermark = Offset(data.high_watermark);
    if (data.log_start_offset >= 0) {
        status_.source_log_start = Offset(data.log_start_offset);
    }
    note_open_transaction(data);
    auto taken = take_records(data, frame);
    if (!outgoing_) {
        return;  // the lane has stopped meanwhile: what is damaged will be met again
    }
    if (taken.has_error()) {
        is_damaged_ = true;
        on_fetch_failed(std::move(taken).error().within(fmt::format(
            "fetch {} at offset {}", id().to_string(), outgoing_->next_fetch().value())));
        return;
    }
    if (lane_->is_stopped()) {
        return;
    }
    if (lane_->queued_bytes() > lane_bytes_ || !waiting_for_map_.empty()) {
        pause_fetching();
    } else {
        fetch_on();
    }
}

void PartitionReplicator::note_waiting(const FetchedBatches& fetched,
                                       const protocol::FetchResponse::PartitionData& data) {
    Offset end = outgoing_->next_fetch();
    for (const protocol::RecordBatchView& batch : fetched.batches) {
        waiting_.add(batch.base_offset(), batch.next_offset(), first_time_ms(batch));
        end = std::max(end, batch.next_offset());
    }
    const int64_t shown =
        data.last_stable_offset >= 0 ? data.last_stable_offset : data.high_watermark;
    waiting_.set_has_more(end.value() < shown);
    tell_waiting();
}

void PartitionReplicator::on_waiting(Offset next, const protocol::RecordBatchView& batch) {
    if (status_.next_offset == next && wants_waiting_time()) {
        waiting_.clear();
        waiting_.add(batch.base_offset(), batch.next_offset(), first_time_ms(batch));
        tell_waiting();
    }
}

void PartitionReplicator::on_source_end(Offset end) {
    status_.source_high_watermark = end;
    tell_waiting();
}

void PartitionReplicator::tell_waiting() {
    status_.oldest_waiting_ms = status_.next_offset && status_.lag_records() > 0
                                    ? waiting_.oldest_at(*status_.next_offset)
                                    : std::nullopt;
}

/// Records behind the last stable offset wait for the end of the transaction that begins there.
void PartitionReplicator::note_open_transaction(
    const protocol::FetchResponse::PartitionData& data) {
    if (data.last_stable_offset < 0 || data.last_stable_offset >= data.high_watermark) {
        status_.open_transaction.reset();
        return;
    }
    const Offset first(data.last_stable_offset);
    if (!status_.open_transaction || status_.open_transaction->first_offset != first) {
        status_.open_transaction =
            OpenTransaction{first, ProducerId(-1), link_.runtime().loop.wall_clock_ms()};
    }
}

void PartitionReplicator::on_producer_known(ProducerId producer) {
    if (status_.open_transaction) {
        status_.open_transaction->producer_id = producer;
    }
}

/// Whatever comes of it, what has been taken is sent.
Result<void> PartitionReplicator::take_records(const protocol::FetchResponse::PartitionData& data,
                                               const Slice& frame) {
    AbortedTransactions aborted(data.aborted_transactions);
    const FetchedBatches fetched =
        check_fetched(data.records.view(), outgoing_->next_fetch(), hole_rule());
    note_waiting(fetched, data);
    Result<void> taken;
    for (const protocol::RecordBatchView& batch : fetched.batches) {
        copied_epochs_.note(batch.partition_leader_epoch(), batch.base_offset(),
                            batch.next_offset());
        note_hole(batch.base_offset());
        const auto is_aborted = aborted.covers(batch);
        taken = is_aborted.has_error() ? Result<void>(is_aborted.error())
                                       : take_batch(FetchedBatch{batch, *is_aborted, frame});
        if (taken.has_error()) {
            break;
        }
    }
    auto flushed = outgoing_->flush();
    send_out();
    LS_CHECK(std::move(taken));
    LS_CHECK(std::move(flushed));
    wants_cleanup_policy_ = fetched.is_hole;
    return fetched.rest;
}

Result<void> PartitionReplicator::take_batch(const FetchedBatch& fetched) {
    if (fetched.batch.is_log_append_time() && link_.spec().append_time == AppendTimeRule::clear) {
        LS_CHECK(protocol::clear_append_time(fetched.bytes().mutable_view()));
    }
    return outgoing_->take(fetched);
}

/// What a compacted log lacks is meant to be lacking. Elsewhere it is lost, like what was deleted
/// before it was copied.
HoleRule PartitionReplicator::hole_rule() const {
    const bool is_allowed =
        is_compacted_ && (*is_compacted_ || link_.spec().on_overrun == OverrunRule::continue_past);
    return is_allowed ? HoleRule::pass : HoleRule::refuse;
}

void PartitionReplicator::note_hole(Offset end) {
    const Offset from = outgoing_->next_fetch();
    if (end <= from || end <= noted_hole_end_ || is_compacted_ != false) {
        return;
    }
    noted_hole_end_ = end;
    status_.lost_offsets += static_cast<uint64_t>(end - from);
    log::warn(
        "link {}: {}: offsets [{}, {}) are missing at the source; going on behind them, as "
        "on_overrun says",
        link_.spec().name, id().to_string(), from.value(), end.value());
}

void PartitionReplicator::fetch_on() {
    if (reader_ != nullptr) {
        reader_->add(*this);
    }
}

void PartitionReplicator::pause_fetching() {
    SourceReader* reader = reader_;
    stop_fetching();
    paused_reader_ = reader;
    paused_reader_->count_paused(1);
}

void PartitionReplicator::resume_fetching() {
    if (paused_reader_ != nullptr) {
        reader_ = paused_reader_;
        paused_reader_->count_paused(-1);
        paused_reader_ = nullptr;
        fetch_on();
    }
}

void PartitionReplicator::stop_fetching() {
    if (reader_ != nullptr) {
        reader_->remove(*this);
        reader_ = nullptr;
    }
    if (paused_reader_ != nullptr) {
        paused_reader_->count_paused(-1);
        paused_reader_ = nullptr;
    }
}

}  // namespace lockstep::replication
