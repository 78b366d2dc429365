#pragma once

// PURE: the records of a batch that brokers would refuse, or change, in new batches which they take
// as they are.

#include "base/bytes.h"
#include "protocol/record_batch.h"
#include "protocol/records.h"

#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace lockstep::replication {

/// Batches are merged up to so many bytes of records.
constexpr size_t kMergedBytes = 512 << 10;

/// Errors: `checksum_mismatch` where the batch is not what the source wrote.
Result<void> check_crc(const protocol::RecordBatchView& batch);

/// A batch whose offsets follow one another.
struct DenseBatch {
    Offset base_offset;
    int32_t record_count = 0;
    Bytes bytes;
};

/// The records of `batch` from offset `from` on, a batch for each row of offsets without a hole,
/// in the same codec, or in `codec`. Keys, values, headers and timestamps are kept; where the
/// source stamped its own time on the batch (LogAppendTime), that is the records' time. A row that
/// would become larger than `most_bytes` is split; a record that is larger alone stays whole.
///
/// Errors: `checksum_mismatch` where the batch is not what the source wrote, `malformed` where its
/// records cannot be read, and compress()'s.
Result<std::vector<DenseBatch>> rewrite_dense(
    const protocol::RecordBatchView& batch, Offset from,
    size_t most_bytes = std::numeric_limits<size_t>::max(),
    std::optional<protocol::Codec> codec = std::nullopt);

/// Whether so small a batch costs its broker more than its bytes do: neighbours are worth merging.
bool is_tiny(const protocol::RecordBatchView& batch);

/// About how many bytes of records make a batch of `most_bytes`, judged by how well `batch` is
/// compressed.
size_t records_within(const protocol::RecordReader& batch, size_t most_bytes);

/// About what a record takes up in a batch.
size_t size_of(const protocol::Record& record);

/// Whether `next` can join `first` and those behind it, which have `bytes` together.
bool can_merge(const protocol::RecordBatchView& first, const protocol::RecordBatchView& next,
               size_t bytes);

/// One batch with the records of several, which follow one another without a hole and have one
/// codec; or in `codec`. Errors as of rewrite_dense().
Result<DenseBatch> merge_batches(std::span<const protocol::RecordBatchView> batches,
                                 std::optional<protocol::Codec> codec = std::nullopt);

}  // namespace lockstep::replication
