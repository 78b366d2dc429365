#pragma once

// PURE: the records of a batch that brokers would refuse, or change, in new batches which they take
// as they are.

#include "base/bytes.h"
#include "protocol/record_batch.h"

#include <span>
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

/// Whether so small a batch costs its broker more than its bytes do: neighbours are worth merging.
bool is_tiny(const protocol::RecordBatchView& batch);

/// Whether `next` can join `first` and those behind it, which have `bytes` together.
bool can_merge(const protocol::RecordBatchView& first, const protocol::RecordBatchView& next,
               size_t bytes);

/// One batch with the records of several, which follow one another without a hole and have one
/// codec. Errors as of rewrite_dense().
Result<DenseBatch> merge_batches(std::span<const protocol::RecordBatchView> batches);

}  // namespace lockstep::replication
