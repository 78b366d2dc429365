#pragma once

#include "client/groups.h"
#include "model/link_status.h"
#include "replication/group_place.h"
#include "replication/share_group_sync.h"
#include "replication/topic_filter.h"
#include "runtime/signal.h"

#include <map>
#include <set>
#include <vector>

namespace lockstep::replication {

/// Which groups; by the same rules as topics.
using GroupFilter = TopicFilter;

/// Which groups, and what a link knows of the logs that they read.
struct GroupScope {
    GroupFilter groups;
    TopicNames names;    // of the topics on the target
    RangesOf ranges_of;  // by the name at the source
    /// Whether the order of a partition's records differs between both clusters, so that no place
    /// can be told on the other one. It has no ranges then. By the name at the source; empty:
    /// never.
    std::function<bool(const TopicPartition&)> is_mixed = {};
};

/// Keeps the committed offsets of consumer groups the same on both clusters of a link, so that a
/// group which moves finds its place: looks at both every second, and commits where one side has
/// fallen behind (group_place.h decides). A group with members is never committed for. What one
/// look finds is old by the time it can be acted on, as groups may have moved since: so the groups
/// that something is to be done about are looked at once more, and it is done where both looks say
/// so.
///
/// Lives on the link's shard. Remembers only what it saw last; after a restart it looks anew.
class GroupSync {
public:
    GroupSync(client::Cluster& source, client::Cluster& target, GroupScope scope);

    runtime::Task<void> run(std::stop_token stop);
    /// The same for share groups, beside it: a broker takes long to tell of one whose topics are
    /// gone.
    runtime::Task<void> run_shares(std::stop_token stop);

    /// As of the last look.
    std::vector<GroupStatus> groups() const;
    const std::string& problem() const { return problem_; }
    const std::string& share_problem() const { return share_problem_; }

private:
    /// One cluster, as it was found.
    struct Side {
        std::map<std::string, client::ListedGroup> listed;
        std::map<std::string, client::GroupOffsets> offsets;
        std::map<std::string, client::ListedGroup> shares;  // they have no committed offsets
    };
    struct Remembered {
        std::map<TopicPartition, LastSeen> last;
        runtime::TimePoint refreshed_at{};  // when the target was last told everything
    };
    /// What one look at a group comes to.
    struct Outcome {
        GroupStatus status;
        client::GroupCommit to_source;
        client::GroupCommit to_target;
        bool is_refresh = false;
        bool is_agreed = true;                    // false: two looks differed about something
        std::map<TopicPartition, LastSeen> seen;  // as it is once all is committed

        bool has_commits() const {
            return !to_source.offsets.empty() || !to_target.offsets.empty();
        }
        void add(const PartitionNames& id, const GroupPlace& place, const GroupDecision& decision,
                 const PartitionRanges& ranges);
        /// Commits only what another look has come to as well.
        void agree_with(const Outcome& other);
    };
    using Outcomes = std::map<std::string, Outcome>;

    /// How soon the target forgets what is committed there, asked for from time to time.
    runtime::Task<void> learn_retention(std::stop_token stop);
    runtime::Task<Result<void>> look(std::stop_token stop);
    /// Looks once more at the groups that something is to be committed for.
    runtime::Task<Result<void>> confirm(Outcomes& outcomes, std::stop_token stop);
    void note(const Result<void>& looked, std::string& problem, const std::stop_token& stop) const;
    runtime::Task<Result<Side>> look_at(client::Cluster& cluster, const std::set<std::string>* only,
                                        std::stop_token stop);
    Outcomes compare(const Side& source, const Side& target) const;
    Outcome compare(const std::string& group, const Side& source, const Side& target) const;
    runtime::Task<GroupStatus> act(Outcome outcome, std::stop_token stop);
    /// Whether it was committed: not where the group has got members meanwhile, who do so.
    runtime::Task<Result<bool>> commit(client::Cluster& cluster, client::GroupCommit commit,
                                       std::stop_token stop);

    client::Cluster& source_;
    client::Cluster& target_;
    GroupScope scope_;
    ShareGroupSync shares_;
    std::map<std::string, Remembered> remembered_;
    runtime::TimePoint retention_due_{};
    runtime::Duration refresh_every_{};
    std::vector<GroupStatus> groups_;
    std::string problem_;
    std::string share_problem_;
    ShareGroupSync::Listed source_shares_;  // as of the last look
    ShareGroupSync::Listed target_shares_;
    runtime::Signal listed_;  // groups have been looked for
};

}  // namespace lockstep::replication
