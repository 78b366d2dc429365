#pragma once

#include "client/admin.h"
#include "model/link.h"

#include <functional>
#include <optional>
#include <vector>

namespace lockstep::replication {

/// Which leader epochs of the source the copied records came from (KIP-101). Small: leaders seldom
/// change.
class CopiedEpochs {
public:
    /// A batch of this epoch was fetched, from `base` to before `next`.
    void note(LeaderEpoch epoch, Offset base, Offset next);

    /// The epoch of the record before `next`; nothing where it was not fetched here, but by another
    /// worker, or not at all.
    std::optional<LeaderEpoch> before(Offset next) const;

private:
    struct Begin {
        LeaderEpoch epoch;
        Offset offset;
    };
    std::vector<Begin> begins_;
    Offset end_;  // of what was fetched without a gap
};

/// Where a copied record lies on both clusters.
struct CopiedRecord {
    client::LogPlace source;
    client::LogPlace target;
    AppendTimeRule append_time = AppendTimeRule::keep;
};

/// Looks whether both clusters still show the same at an offset that has been copied, by reading
/// its batch on both. False only where they certainly do not: what compaction has removed, and what
/// lies below a log's start, tells nothing.
runtime::Task<Result<bool>> may_be_same(client::Cluster& source, client::Cluster& target,
                                        CopiedRecord record, std::stop_token stop);

/// False where the cluster certainly has no record at that very offset, but a marker, say; what
/// lies below its log's start tells nothing.
runtime::Task<Result<bool>> may_have_record(client::Cluster& cluster, client::LogPlace place,
                                            std::stop_token stop);

/// Copied records by number: those up to `last`, which are all in the logs from `first` on.
struct CopiedRecords {
    int64_t first = 0;
    int64_t last = 0;
    std::function<CopiedRecord(int64_t)> at;
};

/// The first of the records that is seen to differ, where the last one does: O(log n) reads.
runtime::Task<Result<int64_t>> first_difference(client::Cluster& source, client::Cluster& target,
                                                CopiedRecords records, std::stop_token stop);

}  // namespace lockstep::replication
