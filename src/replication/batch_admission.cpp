#include "replication/batch_admission.h"

#include "base/mutation.h"

namespace lockstep::replication {

Admission admit(const protocol::RecordBatchView& batch, Offset next, bool is_aborted) {
    if (batch.last_offset() < next) {
        return Admission::skip;
    }
    if (batch.is_control() || is_aborted || batch.record_count() == 0) {
        return Admission::fill;
    }
    // A broker takes the append time of a batch for its header, but shows the producer's times of
    // the records then: they have to be written into the records.
    const bool is_whole = batch.base_offset() >= next && batch.is_dense();
    const bool has_own_time =
        !batch.is_log_append_time() || mutated(Mutation::append_time_forgotten);
    return is_whole && has_own_time ? Admission::copy : Admission::rewrite;
}

}  // namespace lockstep::replication
