#pragma once

// PURE: which records and markers in different partitions are those of one transaction.

#include "replication/commit_alignment.h"
#include "replication/transaction_history.h"
#include "replication/transaction_scan.h"

#include <vector>

namespace lockstep::replication {

/// What one transaction has in one partition.
struct IdentifiedPart {
    size_t partition = 0;
    Offset first;
    Offset last;  // kNeverWhole while it is open
    bool is_start_known = false;
    /// Null where it lies before the scan, right before which `first` and `last` then are.
    const ScannedTransaction* scanned = nullptr;

    static constexpr Offset kNeverWhole{INT64_MAX};
};

/// A committed or an open transaction. Aborted ones have no record that anybody is shown, and are
/// left out.
struct SourceTransaction {
    enum class Identity {
        epoch,        // it has an epoch of its own (KIP-890), the same in all partitions
        coordinator,  // its coordinator wrote down where it has markers
        unknown,      // all that the producer committed in this epoch: it cannot be told apart
    };
    Identity identity = Identity::unknown;
    ProducerId producer_id;
    ProducerEpoch epoch;
    std::vector<IdentifiedPart> parts;
};

struct SourceView {
    const std::vector<PartitionScan>& scans;   // by partition; must outlive the result
    const TransactionHistory* history;         // null: not known
    const std::vector<SourceMoment>& moments;  // in the order of time
};

/// Puts the transactions of all partitions together.
///
/// With an epoch of its own a transaction is known by producer id and epoch. Otherwise one producer
/// id and epoch is used by many, one after the other, and a marker says no more than that: its
/// timestamp is the time at which its partition's leader made it. Then the coordinator's own notes
/// say which of the commits in different partitions belong together (align_commits). Where that is
/// not sure, all that the producer committed in the epoch is taken as one transaction.
std::vector<SourceTransaction> identify_transactions(const SourceView& view);

}  // namespace lockstep::replication
