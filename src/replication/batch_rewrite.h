#pragma once

// PURE: the records of a batch that brokers would refuse, or change, in new batches which they take
// as they are.

#include "base/bytes.h"
#include "protocol/compression.h"
#include "protocol/record_batch.h"
#include "protocol/records.h"

#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace lockstep::replication {

/// Batches are merged up to so many bytes of records.
constexpr size_t kMergedBytes = 512 << 10;

/// What the target's topic takes, and what is wanted there.
struct BatchLimits {
    static constexpr size_t kNone = std::numeric_limits<size_t>::max();

    bool may_merge = true;                      // tiny batches
    size_t most_bytes = kNone;                  // larger ones are split
    std::optional<protocol::Codec> codec = {};  // nothing: as at the source
    size_t merged_bytes = kMergedBytes;         // of batches, as they are, that are merged
    size_t made_bytes = kNone;                  // of a batch made anew, before it is compressed

    bool is_other_codec(const protocol::RecordBatchView& batch) const {
        return codec && *codec != batch.codec();
    }
};

/// Errors: `checksum_mismatch` where the batch is not what the source wrote.
Result<void> check_crc(const protocol::RecordBatchView& batch);

/// A batch whose offsets follow one another.
struct DenseBatch {
    Offset base_offset;
    int32_t record_count = 0;
    Bytes bytes;
};

/// The records of `batch` from offset `from` on, a batch for each row of offsets without a hole,
/// in the same codec, or in that of `limits`. Keys, values, headers and timestamps are kept; where
/// the source stamped its own time on the batch (LogAppendTime), that is the records' time. A row
/// that would become larger than `limits` say is split; a record that is larger alone stays whole.
///
/// Errors: `checksum_mismatch` where the batch is not what the source wrote, `malformed` where its
/// records cannot be read, and compress()'s.
Result<std::vector<DenseBatch>> rewrite_dense(const protocol::RecordBatchView& batch, Offset from,
                                              const BatchLimits& limits = {});

/// Whether so small a batch costs its broker more than its bytes do: neighbours are worth merging.
bool is_tiny(const protocol::RecordBatchView& batch);

/// About how many bytes of records make a batch as large as `limits` allow, judged by how well
/// `batch` is compressed.
size_t records_within(const protocol::RecordReader& batch, const BatchLimits& limits);

/// About what a record takes up in a batch.
size_t size_of(const protocol::Record& record);

/// Whether `next` can join `first` and those behind it, which have `bytes` together.
bool can_merge(const protocol::RecordBatchView& first, const protocol::RecordBatchView& next,
               size_t bytes, size_t merged_bytes = kMergedBytes);

/// The records of several batches, which follow one another without a hole and have one codec, in
/// one batch, or in more where it would become larger than `limits.made_bytes`. Errors as of
/// rewrite_dense().
Result<std::vector<DenseBatch>> merge_batches(std::span<const protocol::RecordBatchView> batches,
                                              const BatchLimits& limits = {});

}  // namespace lockstep::replication
