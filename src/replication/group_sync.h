#pragma once

#include "client/groups.h"
#include "model/link_status.h"
#include "replication/group_place.h"
#include "replication/topic_filter.h"

#include <functional>
#include <map>
#include <set>
#include <vector>

namespace lockstep::replication {

/// Which groups; by the same rules as topics.
using GroupFilter = TopicFilter;

/// The logs of a partition of the link; nothing where it is none of the link's, or not copied.
using RangesOf = std::function<std::optional<PartitionRanges>(const TopicPartition&)>;

/// Keeps the committed offsets of consumer groups the same on both clusters of a link, so that a
/// group which moves finds its place: looks at both every second, and commits where one side has
/// fallen behind (group_place.h decides). A group with members is never committed for.
///
/// Lives on the link's shard. Remembers only what it saw last; after a restart it looks anew.
class GroupSync {
public:
    GroupSync(client::Cluster& source, client::Cluster& target, GroupFilter filter,
              RangesOf ranges_of);

    runtime::Task<void> run(std::stop_token stop);

    /// As of the last look.
    const std::vector<GroupStatus>& groups() const { return groups_; }
    const std::string& problem() const { return problem_; }

private:
    /// One cluster, as it was found.
    struct Side {
        std::map<std::string, client::ListedGroup> listed;
        std::map<std::string, client::GroupOffsets> offsets;
    };
    struct Remembered {
        std::map<TopicPartition, LastSeen> last;
        runtime::TimePoint refreshed_at{};  // when the target was last told everything
    };

    runtime::Task<Result<void>> look(std::stop_token stop);
    runtime::Task<Result<Side>> look_at(client::Cluster& cluster, const std::set<std::string>* only,
                                        std::stop_token stop);
    runtime::Task<GroupStatus> sync(std::string group, const Side& source, const Side& target,
                                    std::stop_token stop);
    runtime::Task<Result<void>> commit(client::Cluster& cluster, const Side& side,
                                       client::GroupCommit commit, std::stop_token stop);

    client::Cluster& source_;
    client::Cluster& target_;
    GroupFilter filter_;
    RangesOf ranges_of_;
    std::map<std::string, Remembered> remembered_;
    std::vector<GroupStatus> groups_;
    std::string problem_;
};

}  // namespace lockstep::replication
