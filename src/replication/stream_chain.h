#pragma once

// PURE: under which name each write to a target partition is sent, so that the broker takes it once
// and in its place, whoever sends it and however often.
//
//     records     (id, epoch e, sequence s), (id, e, s + n), ...
//     first gap   one marker an offset: (id, e), (id, e + 1), ... (id, e + k - 1)
//     records     (id, e + k, sequence 0), ...
//     next gap    (id, e + k + 1), ...
//
// The sequence makes a broker take each record batch once (KIP-98). A marker that comes again is
// refused once a later write is there, as its epoch is below the newest then. The newest marker
// alone could be written twice: by another worker, so that only one at a time writes markers
// (Fleet); or by a request that was thought to be lost, and comes late. Against those, each
// chain has a coordinator epoch above all before it, and its first marker repeats the epoch that
// the log ends with: if a late marker has come before it, that one's epoch is higher and the first
// marker is refused; if one comes after it, its coordinator epoch is too low.

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
    bool has_gap_ = false;  // one of its own
};

}  // namespace lockstep::replication
