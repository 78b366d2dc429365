#include "replication/batch_admission.h"

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
    return is_whole && !batch.is_log_append_time() ? Admission::copy : Admission::rewrite;
}

}  // namespace lockstep::replication
