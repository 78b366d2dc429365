#pragma once

#include "replication/offset_record.h"
#include "sandbox/cluster.h"
#include "sim/truth.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::sim {

/// What a cluster's topic of maps says, as whoever begins to copy reads it.
using StoredMaps = std::map<replication::StreamKey, replication::StreamMap>;

StoredMaps stored_maps(const sandbox::Cluster& target);

/// PURE: holds the maps that are stored for one partition against its log on the target, and
/// against where its records were written. Checker "map exact": in the end, it says of each record
/// where that is, on both sides.
class MapCheck {
public:
    MapCheck(const StoredMaps& maps, const TopicPartition& partition);

    std::vector<std::string> problems(const sandbox::PartitionLog& copy,
                                      const TruePartition& truth) const;

private:
    struct Stream {
        std::string name;
        const replication::StreamMap* map = nullptr;
    };

    std::map<ProducerId, Stream> streams_;
};

}  // namespace lockstep::sim
