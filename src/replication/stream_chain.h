#pragma once

// PURE: under which name each write to a target partition is sent, so that the broker takes it once
// and in its place, whoever sends it and however often.
//
//     records   (id, epoch e, sequence s), (id, e, s + n), ...
//     a gap     one marker an offset: (id, e + 1), (id, e + 2), ... (id, e + k)
//     records   (id, e + k + 1, sequence 0), ...
//
// The sequence makes a broker take each record batch once (KIP-98). A marker that comes again is
// refused once a later write is there, as its epoch is below the newest then; the newest marker
// alone could be written twice, so that only one worker at a time writes markers (GroupLease). All
// of it follows from the last batch in the target's log: every worker that reads that log sends the
// same.

#include "model/ids.h"
#include "protocol/record_batch.h"

#include <cstdint>

namespace lockstep::replication {

/// The last batch of a stream in the target's log.
struct StreamTail {
    ProducerId producer_id;
    ProducerEpoch epoch;
    Sequence last_sequence;
    bool is_marker = false;
};

/// The markers of one gap, an offset each.
class MarkerRun {
public:
    MarkerRun(ProducerId first, int64_t ordinal, int64_t count)
        : first_(first), ordinal_(ordinal), count_(count) {}

    int64_t count() const { return count_; }
    TxnMarker at(int64_t index) const;

private:
    ProducerId first_;
    int64_t ordinal_;
    int64_t count_;
};

class StreamChain {
public:
    /// A stream that has written nothing yet. `first` is its tagged producer id.
    explicit StreamChain(ProducerId first) : first_(first) {}

    /// After `tail`, which belongs to the stream.
    StreamChain(ProducerId first, const StreamTail& tail);

    /// The name of the next batch of `record_count` records.
    protocol::BatchRewrite next_records(int32_t record_count);

    /// The names of the next `count` markers.
    MarkerRun next_gap(int64_t count);

private:
    ProducerId first_;
    /// Of the newest write: ids and epochs in one row, 2^15 epochs and then the next generation's.
    int64_t ordinal_ = 0;
    Sequence next_sequence_{0};
    bool is_after_marker_ = false;
};

}  // namespace lockstep::replication
