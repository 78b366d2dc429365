#include "replication/preserved_stream.h"

#include "base/mutation.h"
#include "replication/batch_admission.h"
#include "replication/batch_rewrite.h"

namespace lockstep::replication {

using protocol::RecordBatchView;

PreservedStream::PreservedStream(Offset next, StreamChain chain, BatchLimits limits,
                                 MarkerRules markers)
    : OutgoingStream(next),
      chain_(std::move(chain)),
      limits_(limits),
      marker_rules_(std::move(markers)) {}

Result<void> PreservedStream::take(const FetchedBatch& fetched) {
    const RecordBatchView& batch = fetched.batch;
    const Offset end = batch.next_offset();  // before its header is written over
    const Admission admission = admit(batch, next_fetch_, fetched.is_aborted);
    if (admission == Admission::skip) {
        return {};
    }
    if (admission == Admission::fill) {
        LS_CHECK(check_crc(batch));  // what it is taken for must be true
    }
    const bool is_too_large = batch.size_bytes() > limits_.most_bytes;
    const bool is_tiny_one = limits_.may_merge && is_tiny(batch);
    const bool is_recoded = limits_.is_other_codec(batch) && !is_tiny_one;
    if (admission == Admission::rewrite ||
        (admission == Admission::copy && (is_too_large || is_recoded))) {
        LS_CHECK(send_rewritten(batch));
    } else if (admission == Admission::copy) {
        LS_CHECK(copy(fetched));
    }
    return fill_to(end);  // the rest has no records that are to be seen
}

Result<void> PreservedStream::flush() {
    const auto sent = send_tiny();
    close_gap();
    return sent;
}

Result<void> PreservedStream::copy(const FetchedBatch& fetched) {
    if (limits_.may_merge && is_tiny(fetched.batch)) {
        return keep_tiny(fetched);
    }
    LS_CHECK(send_tiny());
    return send_records(outgoing_batch(fetched.batch, fetched.bytes()));
}

Result<void> PreservedStream::keep_tiny(const FetchedBatch& fetched) {
    const RecordBatchView& batch = fetched.batch;
    if (!tiny_.empty() && !can_merge(tiny_.front(), batch, tiny_bytes_, limits_.merged_bytes)) {
        LS_CHECK(send_tiny());
    }
    LS_CHECK(fill_to(batch.base_offset()));
    close_gap();
    if (tiny_.empty()) {
        first_tiny_ = fetched.bytes();
        tiny_bytes_ = 0;
    }
    tiny_.push_back(batch);
    tiny_bytes_ += batch.size_bytes();
    next_fetch_ = batch.next_offset();
    return {};
}

/// Merged, or as it is where it is one alone.
Result<void> PreservedStream::send_tiny() {
    if (tiny_.empty()) {
        return {};
    }
    const std::vector<RecordBatchView> batches = std::exchange(tiny_, {});
    Slice first = std::exchange(first_tiny_, {});  // what is kept of an answer keeps all of it
    next_fetch_ = batches.front().base_offset();
    if (batches.size() == 1 && !limits_.is_other_codec(batches.front())) {
        return send_records(outgoing_batch(batches.front(), std::move(first)));
    }
    LS_TRY(merged, merge_batches(batches, limits_));
    has_merged_ = true;
    for (DenseBatch& each : merged) {
        LS_CHECK(send_records(outgoing_batch(std::move(each.bytes))));
    }
    return {};
}

Result<void> PreservedStream::send_rewritten(const RecordBatchView& batch) {
    LS_CHECK(send_tiny());
    LS_TRY(rows, rewrite_dense(batch, next_fetch_, limits_));
    for (DenseBatch& row : rows) {
        LS_CHECK(send_records(outgoing_batch(std::move(row.bytes))));
    }
    return {};
}

Result<void> PreservedStream::send_records(client::OutgoingBatch batch) {
    LS_CHECK(fill_to(batch.base_offset));
    close_gap();
    StreamChain after = chain_;
    const auto stamp = after.next_records(batch.record_count);
    LS_CHECK(protocol::rewrite_for_produce(batch.bytes.mutable_view(), stamp));
    chain_ = after;
    next_fetch_ = batch.base_offset + batch.record_count;
    outgoing_.emplace_back(std::move(batch));
    return {};
}

Result<void> PreservedStream::fill_to(Offset end) {
    if (end > next_fetch_) {
        LS_CHECK(send_tiny());
        open_gap_ += end - next_fetch_;
        next_fetch_ = end;
    }
    return {};
}

/// Sends the gap that ends at next_fetch_. One for as many offsets as possible: a gap is a stop.
void PreservedStream::close_gap() {
    if (open_gap_ == 0) {
        return;
    }
    const MarkerRun markers = chain_.next_gap(open_gap_);
    client::OutgoingGap gap;
    gap.base_offset = next_fetch_ - open_gap_;
    gap.count = mutated(Mutation::marker_skipped) ? open_gap_ - 1 : open_gap_;
    gap.marker_at = [markers](int64_t index) { return markers.at(index); };
    gap.coordinator_epoch = marker_rules_.coordinator_epoch;
    gap.may_write = marker_rules_.may_write;
    open_gap_ = 0;
    outgoing_.emplace_back(std::move(gap));
}

}  // namespace lockstep::replication
