#pragma once

#include "model/link.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A transaction, or its part in one partition, that was copied and is behind the cut.
struct CutTransaction {
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    int64_t first_offset = 0;
    int64_t last_offset = 0;               // of its records, as far as they are written
    std::optional<int64_t> marker_offset;  // none: it is still open
    /// False where it cannot be told from other transactions of that producer and epoch, which
    /// therefore are behind the cut too.
    bool is_told_apart = true;
};

struct CutPartition {
    std::string topic;
    std::string renamed_to;  // its name on the target; "" where it is the same
    int32_t partition = 0;
    int64_t copied_to = 0;  // all that is before this source offset is on the target
    int64_t cut = 0;        // at most copied_to
    uint64_t transactions_cut = 0;
    std::vector<CutTransaction> first;  // the first of them; the very first has set the cut

    int64_t records_behind() const { return copied_to - cut; }
};

struct LinkCut {
    std::string name;
    std::string source;
    std::string target;
    std::string problem;  // why no cut is known; else "", and the partitions are all there
    std::string note;     // why the cut may be smaller than the largest; else ""
    std::vector<CutPartition> partitions;

    bool is_known() const { return problem.empty(); }
};

struct CutRequest {
    std::vector<ClusterSpec> clusters;
    LinkSpec link;
};

/// Finds the largest vector of offsets, none behind what was copied, in which every transaction of
/// the source has all of its records or none: what the target may be promoted at. It may run while
/// Lockstep copies, and then tells of the time at which it began. Needs both clusters; changes
/// nothing.
runtime::Task<LinkCut> find_cut(runtime::Runtime& runtime, CutRequest request,
                                std::stop_token stop);

}  // namespace lockstep::replication
