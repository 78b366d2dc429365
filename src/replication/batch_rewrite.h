#pragma once

// PURE: the records of a batch that brokers would refuse, or change, in new batches which they take
// as they are.

#include "base/bytes.h"
#include "protocol/record_batch.h"

#include <vector>

namespace lockstep::replication {

/// A batch whose offsets follow one another.
struct DenseBatch {
    Offset base_offset;
    int32_t record_count = 0;
    Bytes bytes;
};

/// The records of `batch` from offset `from` on, a batch for each row of offsets without a hole,
/// in the same codec. Keys, values, headers and timestamps are kept; where the source stamped its
/// own time on the batch (LogAppendTime), that is the records' time.
///
/// Errors: `checksum_mismatch` where the batch is not what the source wrote, `malformed` where its
/// records cannot be read, and compress()'s.
Result<std::vector<DenseBatch>> rewrite_dense(const protocol::RecordBatchView& batch, Offset from);

}  // namespace lockstep::replication
