#include "replication/transaction_scan.h"

#include <algorithm>

namespace lockstep::replication {

using End = ScannedTransaction::End;
using protocol::RecordBatchView;
using Records = ScannedTransaction::Records;

namespace {

constexpr ProducerEpoch kNoEpoch{-1};

/// The marker in a control batch; nothing where it was compacted away, or is none.
Result<std::optional<End>> end_of(const RecordBatchView& batch) {
    LS_TRY(reader, protocol::RecordReader::open(batch));
    LS_TRY(record, reader.next());
    if (!record) {
        return std::optional<End>();
    }
    LS_TRY(control, protocol::parse_control_record(*record));
    switch (control.type) {
        case protocol::ControlType::commit: return std::optional(End::committed);
        case protocol::ControlType::abort: return std::optional(End::aborted);
    }
    return std::optional<End>();
}

}  // namespace

TransactionScanner::TransactionScanner(Offset from, Offset end, bool is_from_log_start)
    : next_(from) {
    scan_.from = from;
    scan_.end = end;
    scan_.dense_from = from;
    scan_.is_from_log_start = is_from_log_start;
    if (is_from_log_start) {
        scan_.since_ms = kBeforeAllTime;
    }
}

Result<void> TransactionScanner::take(const RecordBatchView& batch) {
    note_holes(batch);
    if (batch.is_control()) {
        return take_marker(batch);
    }
    if (batch.is_transactional()) {
        take_records(batch);
    }
    return {};
}

/// A Fetch may begin with a batch that starts before the offset asked for.
void TransactionScanner::note_holes(const RecordBatchView& batch) {
    if (batch.base_offset() > next_) {
        scan_.dense_from = batch.base_offset();
    }
    if (!batch.is_dense()) {
        scan_.dense_from = batch.next_offset();
    }
    next_ = std::max(next_, batch.next_offset());
}

void TransactionScanner::take_records(const RecordBatchView& batch) {
    if (batch.record_count() == 0) {
        return;  // kept by compaction for its sequence
    }
    Producer& producer = producers_[batch.producer_id()];
    ScannedTransaction& transaction = producer.transaction;
    if (!producer.is_open) {
        transaction = {};
        transaction.producer_id = batch.producer_id();
        transaction.first = batch.base_offset();
        // Sequences begin at 0 with each epoch; 2^31 records later they do so again.
        transaction.begins_epoch = batch.base_sequence().value() == 0;
        transaction.is_start_known =
            producer.was_seen || transaction.begins_epoch || scan_.is_from_log_start;
        producer.is_open = true;
    }
    transaction.epoch = batch.producer_epoch();
    transaction.last = batch.last_offset();
    transaction.after_ms = newest_stamp_ms_;
}

Result<void> TransactionScanner::take_marker(const RecordBatchView& batch) {
    LS_TRY(end, end_of(batch));
    if (!end) {
        return {};
    }
    newest_stamp_ms_ = std::max(newest_stamp_ms_, batch.max_timestamp());
    Producer& producer = producers_[batch.producer_id()];
    ScannedTransaction& transaction = producer.transaction;
    if (!producer.is_open) {
        transaction = {};
        transaction.producer_id = batch.producer_id();
        transaction.epoch = kNoEpoch;
        const bool is_unseen = !producer.was_seen && !scan_.is_from_log_start;
        transaction.records = is_unseen ? Records::unseen : Records::none;
    }
    transaction.end = *end;
    transaction.marker = batch.base_offset();
    transaction.marker_epoch = batch.producer_epoch();
    transaction.stamp_ms = batch.max_timestamp();
    // Markers of nothing are many where the log is itself a copy with filled offsets.
    if (*end == End::committed || transaction.records == Records::seen) {
        scan_.transactions.push_back(transaction);
    }
    producer.is_open = false;
    producer.was_seen = true;
    return {};
}

PartitionScan TransactionScanner::finish() && {
    for (auto& [id, producer] : producers_) {
        if (producer.is_open) {
            producer.transaction.marker_epoch = kNoEpoch;
            scan_.transactions.push_back(producer.transaction);
        }
    }
    return std::move(scan_);
}

}  // namespace lockstep::replication
