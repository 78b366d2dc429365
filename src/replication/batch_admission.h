#pragma once

// PURE: what becomes of the next batch of a source partition on its way to the target.

#include "model/ids.h"
#include "protocol/record_batch.h"

namespace lockstep::replication {

enum class Admission {
    copy,     // as it is, with another header
    rewrite,  // brokers would refuse it, or change it: its records go into new batches
    fill,     // nothing of it is to be seen on the target, but its offsets are to be taken up
    skip,     // wholly below the next offset: the target has it already
};

/// Holds `batch` against `next`, the offset that the target's log ends with (offsets are kept, so
/// it is also the next source offset). `is_aborted`: its transaction was.
Admission admit(const protocol::RecordBatchView& batch, Offset next, bool is_aborted);

}  // namespace lockstep::replication
