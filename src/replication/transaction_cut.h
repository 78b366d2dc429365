#pragma once

// PURE: the largest vector of offsets that tears no transaction.

#include "model/ids.h"

#include <cstddef>
#include <vector>

namespace lockstep::replication {

/// The records of one transaction in one partition: its first and its last one. Others may lie
/// between them.
struct TransactionRange {
    size_t partition = 0;
    Offset first;
    Offset last;
};

/// What must be in the cut whole, or not at all: where one transaction has records.
using TransactionExtent = std::vector<TransactionRange>;

struct TransactionCut {
    std::vector<Offset> ends;      // by partition: the first offset behind the cut
    std::vector<bool> is_outside;  // by transaction: wholly behind the cut
};

/// The largest cut of which no end is behind the `copied` one and in which every transaction has
/// all of its records or none.
///
/// There is one largest: where two cuts tear nothing, their larger ends together do not either. It
/// is found from above: a transaction that is not whole before the present ends is moved out, which
/// moves ends back to its first records, which can take records from other transactions, until all
/// that have any are whole. Nothing is moved that had a choice, and an end that was moved is at the
/// first record of the transaction that moved it. O(n log n) of the ranges.
TransactionCut largest_cut(const std::vector<Offset>& copied,
                           const std::vector<TransactionExtent>& transactions);

}  // namespace lockstep::replication
