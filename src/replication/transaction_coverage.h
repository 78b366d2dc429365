#pragma once

// PURE: whether enough of the source's logs was scanned to trust a cut.

#include "replication/transaction_cut.h"
#include "replication/transaction_identity.h"

#include <optional>
#include <vector>

namespace lockstep::replication {

/// A partition of which more must be scanned.
struct ScanDemand {
    size_t partition = 0;
    /// From the first marker on that is stamped then or later; nothing: some way further back.
    std::optional<int64_t> since_ms;
};

/// What must be scanned before `cut` can be trusted; nothing: it can.
///
/// Every transaction that is behind the cut must be known whole: all partitions where it has
/// records, and its first one in each. It has none in a partition before a scan
///   - that begins at the log's start;
///   - in which an earlier transaction of its producer was seen;
///   - that holds all markers since before the transaction was decided, as far as the clocks of the
///     brokers can be trusted. A marker is stamped when it is made, and those of a transaction are
///     made after it was decided, and so after all of its records were written, whatever stands
///     before them in a log; and after its producer's earlier transactions were complete.
std::vector<ScanDemand> missing_scans(const std::vector<PartitionScan>& scans,
                                      const std::vector<SourceTransaction>& transactions,
                                      const TransactionCut& cut);

}  // namespace lockstep::replication
