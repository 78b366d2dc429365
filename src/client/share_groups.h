#pragma once

#include "client/cluster.h"
#include "client/share_state.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::client {

/// Where a share group (KIP-932) begins to read a partition, as its coordinator tells it.
struct ShareStart {
    std::error_code error;         // why it is not told; else 0
    std::optional<Offset> offset;  // nothing: none yet. Brokers also say so when they cannot tell.
    DeliveredRanges delivered;     // what was done from there on; by ShareStateReader
    Uuid topic_id;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;  // the newest that the share coordinator has seen
};

using ShareStarts = std::map<TopicPartition, ShareStart>;

/// By name of the group; an error where the coordinator has one for the group as a whole.
using ShareGroupStarts = std::map<std::string, Result<ShareStarts>>;

/// Of share groups of one coordinator. Needs DescribeShareGroupOffsets (Kafka 4.1). The offsets may
/// be behind what the group has done: ShareStateReader tells.
runtime::Task<Result<ShareGroupStarts>> describe_share_groups(Cluster& cluster,
                                                              BrokerId coordinator,
                                                              std::vector<std::string> groups,
                                                              std::stop_token stop);

/// Where a share group is to begin from now on.
struct ShareGroupChange {
    std::string group;
    BrokerId coordinator;
    std::map<TopicPartition, Offset> starts;
};

/// Makes the group where there is none, and forgets what its members have done from the new starts
/// on (AlterShareGroupOffsets, Kafka 4.1). Errors: the first of the group or its partitions;
/// NON_EMPTY_GROUP where it has members.
runtime::Task<Result<void>> alter_share_group(Cluster& cluster, ShareGroupChange change,
                                              std::stop_token stop);

}  // namespace lockstep::client
