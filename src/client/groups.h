#pragma once

#include "client/cluster.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::client {

/// A group as its coordinator lists it.
struct ListedGroup {
    BrokerId coordinator;
    std::string state;  // "Stable", "Empty", ...; "" before ListGroups v4 (Kafka 2.6)
    std::string type;   // "classic", "consumer", "share", ...; "" before v5 (Kafka 3.8)

    /// Whether it has members: its offsets are theirs to commit then.
    bool is_active() const { return state != "Empty" && state != "Dead" && !state.empty(); }
    /// Share groups have start offsets instead of committed ones (share_groups.h).
    bool is_share() const { return type == "share"; }
};

/// All groups of the cluster, by name. Fails when a broker does not answer: half of the groups
/// would look like groups that are gone.
runtime::Task<Result<std::map<std::string, ListedGroup>>> list_groups(Cluster& cluster,
                                                                      std::stop_token stop);

struct CommittedOffset {
    Offset offset;
    std::string metadata;

    bool operator==(const CommittedOffset&) const = default;
};

using GroupOffsets = std::map<TopicPartition, CommittedOffset>;

/// The stable offsets (KIP-447: none of an open transaction) of groups of one coordinator. Groups
/// that it does not answer for are missing.
runtime::Task<Result<std::map<std::string, GroupOffsets>>> fetch_group_offsets(
    Cluster& cluster, BrokerId coordinator, std::vector<std::string> groups, std::stop_token stop);

/// Waits for the answer for `most`, where that is less than for any request.
runtime::Task<Result<BrokerId>> find_coordinator(Cluster& cluster, std::string group,
                                                 std::stop_token stop,
                                                 runtime::Duration most = runtime::Duration::max());

/// Offsets to commit from outside of a group, which must have no members.
struct GroupCommit {
    std::string group;
    BrokerId coordinator;
    GroupOffsets offsets;
};

/// Without leader epochs: those of another cluster would make consumers wait for ever (KIP-320).
/// Errors: the first of the group or its partitions; UNKNOWN_MEMBER_ID where the group is active.
runtime::Task<Result<void>> commit_group_offsets(Cluster& cluster, GroupCommit commit,
                                                 std::stop_token stop);

}  // namespace lockstep::client
