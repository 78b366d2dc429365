#include "replication/stream_chain.h"

#include "base/assert.h"
#include "base/mutation.h"
#include "model/tagged_producer_id.h"

namespace lockstep::replication {
namespace {

constexpr int64_t kEpochs = int64_t{1} << 15;

TxnMarker stamp_of(ProducerId first, int64_t ordinal) {
    return {producer_id_of_generation(first, ordinal / kEpochs),
            ProducerEpoch(static_cast<int16_t>(ordinal % kEpochs))};
}

}  // namespace

TxnMarker MarkerRun::at(int64_t index) const {
    return stamp_of(first_, ordinal_ + index);
}

StreamChain::StreamChain(ProducerId first, const StreamTail& tail)
    : first_(first), is_after_marker_(tail.is_marker) {
    const auto generation = generation_of(tail.producer_id, first);
    LS_ASSERT(generation.has_value());
    ordinal_ = *generation * kEpochs + tail.epoch.value();
    next_sequence_ = sequence_at(int64_t{tail.last_sequence.value()} + 1);
}

protocol::BatchRewrite StreamChain::next_records(int32_t record_count) {
    if (is_after_marker_ && !mutated(Mutation::epoch_reused)) {
        ++ordinal_;
        // The last epoch of an id is a marker's, so that nothing can follow under that id.
        if (ordinal_ % kEpochs == kEpochs - 1) {
            ++ordinal_;
        }
        next_sequence_ =
            Sequence(0);  // a higher epoch begins at 0 (ProducerAppendInfo.checkSequence)
        is_after_marker_ = false;
    }
    const TxnMarker stamp = stamp_of(first_, ordinal_);
    const Sequence sequence = next_sequence_;
    next_sequence_ = sequence_at(int64_t{sequence.value()} + record_count);
    return {stamp.producer_id, stamp.epoch, sequence};
}

MarkerRun StreamChain::next_gap(int64_t count) {
    const MarkerRun run(first_, has_gap_ ? ordinal_ + 1 : ordinal_, count);
    ordinal_ += has_gap_ ? count : count - 1;
    has_gap_ = true;
    is_after_marker_ = true;
    return run;
}

}  // namespace lockstep::replication
