#pragma once

// PURE: which batches of a fetched answer stand where they should. A batch's checksum says nothing
// of its base offset and its length, and a broker that cannot read a batch goes on behind it.

#include "base/result.h"
#include "protocol/record_batch.h"

#include <vector>

namespace lockstep::replication {

enum class HoleRule {
    refuse,  // batches follow each other offset by offset, as they do unless a log is compacted
    pass,
};

struct FetchedBatches {
    std::vector<protocol::RecordBatchView> batches;  // that can be taken, in order
    Result<void> rest;     // why nothing behind them can be, if so: `malformed`, `unsupported`
    bool is_hole = false;  // that is only because of the rule for holes
};

/// `records` of an answer to a fetch at `next`. Nothing is taken on whose place its successor in
/// the answer casts doubt. An incomplete batch at the end is none, but there is one that is whole.
FetchedBatches check_fetched(ByteView records, Offset next, HoleRule holes);

}  // namespace lockstep::replication
