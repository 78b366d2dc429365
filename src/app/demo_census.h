#pragma once

// PURE: whose records the logs of the demo's clusters hold, told from the logs themselves. Where
// several clusters are written to, the ends of two logs say nothing of what one of them lacks.

#include "model/tagged_producer_id.h"
#include "sandbox/partition_log.h"

#include <cstdint>
#include <map>
#include <string>

namespace lockstep::app {

/// Records of one origin in one log. Two with the same records in the same order are the same.
struct DemoTally {
    uint64_t records = 0;  // so far: deletions do not take away from it
    uint64_t digest = 0;   // of all of them, in their order
    /// The digest of each key's newest record.
    std::map<std::string, uint64_t> newest;
};

/// What a log has of the records of one origin, held against what it is copied from.
struct DemoOrigin {
    std::string cluster;
    uint64_t at_source = 0;  // records that could be copied
    uint64_t missing = 0;    // on the target
    uint64_t surplus = 0;    // the target has them, the source does not
    bool is_same = true;     // they are the same ones, and in the same order
};

enum class DemoCleanup { deleted, compacted };

/// Of a topic that is compacted, each log may have lost older records of a key before they were
/// copied: then the newest one of each key is what counts.
DemoOrigin compare_tallies(std::string cluster, const DemoTally& source, const DemoTally& target,
                           DemoCleanup cleanup);

/// One partition's log, read on from where the last look ended. What is taken from the log's front
/// stays counted; a log that ends before what was read is counted anew.
class DemoLogCensus {
public:
    /// `home`: where records without an origin in their producer id were born.
    explicit DemoLogCensus(OriginTag home) : home_(home) {}

    void read(const sandbox::PartitionLog& log);

    /// What others can copy: committed, and before the transactions that are open.
    const DemoTally& committed(OriginTag origin) const { return tally_in(committed_, origin); }
    /// What Lockstep has copied here, also behind transactions that are open.
    const DemoTally& copied(OriginTag origin) const { return tally_in(copied_, origin); }

private:
    using Tallies = std::map<OriginTag, DemoTally>;

    static const DemoTally& tally_in(const Tallies& tallies, OriginTag origin);
    void read_committed(const sandbox::PartitionLog& log);
    void read_copied(const sandbox::PartitionLog& log);

    OriginTag home_;
    Offset committed_to_{0};
    Offset copied_to_{0};
    Tallies committed_;
    Tallies copied_;
};

}  // namespace lockstep::app
