#pragma once

// PURE: whether the next batch of a source partition can be copied as it is, and what it looks like
// on the way to the target.

#include "model/ids.h"
#include "protocol/record_batch.h"

#include <string>

namespace lockstep::replication {

struct Admission {
    enum class Verdict {
        copy,
        skip,   // wholly below the next offset: the target has it already
        block,  // copying it as it is would lose, double or change something
    };
    Verdict verdict = Verdict::copy;
    std::string reason;  // for block: what was seen, with offsets
};

/// Holds `batch` against `next`, the offset that the target's log ends with (offsets are kept, so
/// it is also the next source offset).
Admission admit(const protocol::RecordBatchView& batch, Offset next);

/// The sequence number of the record at `offset`: while a log is dense, a stream's count of records
/// is its offset, modulo 2^31 as sequence numbers wrap (ProducerAppendInfo in the broker).
Sequence sequence_at(Offset offset);

}  // namespace lockstep::replication
