#pragma once

#include "client/cluster.h"
#include "client/topic_presence.h"
#include "model/follow_status.h"
#include "model/link.h"
#include "replication/deletion_rule.h"
#include "replication/followed_store.h"
#include "replication/log_reader.h"
#include "replication/topic_filter.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Where the logs of a copy begin and end.
using CopyLogs = std::map<TopicPartition, LogEnds::Range>;

/// Asks the target again; Errc::not_found where it has no topic of that name and id any more.
runtime::Task<Result<CopyLogs>> logs_of_copy(client::Cluster& target, FollowedTopic topic,
                                             std::stop_token stop);

/// What deleting copies asks of its link; all of it outlives that.
struct DeletionServices {
    client::Cluster& source;
    client::Cluster& target;
    const LinkSpec& spec;
    /// The topics that are being copied, with the ids that they have now.
    std::function<std::vector<FollowedTopic>()> copied;
    /// Whether somebody has paused any of the topic here: nothing is done to it then.
    std::function<bool(const std::string& topic)> is_paused;
    /// Whether it is this worker that deletes: of those that share the link, one does.
    std::function<bool()> is_ours_to_do;
    /// Told that the copy of a topic is gone; `by_us` where this process has deleted it.
    std::function<void(const FollowedTopic& topic, bool by_us)> on_gone;
};

/// Deletes on the target what was deleted at the source, as `on_deleted` of the link says
/// (deletion_rule.h decides).
///
/// 1. Only what it has remembered as a copy of its own is ever deleted, under the ids that both
///    topics had then. What it remembers is on the target, by the source's cluster id: a source
///    that was replaced by another cluster has nothing remembered.
/// 2. A topic is gone when each broker of the source says so; one that Lockstep may not see is not.
///    What has to be known, and is not, leaves the copy where it is.
/// 3. Since when it is gone is remembered, too: no restart begins to count anew.
/// 4. Before a copy is deleted, all of it is read: a batch that is not from Lockstep's copying of
///    this topic keeps it. Then the source is asked once more, and the copy must not have grown.
/// 5. Of the workers that share a link, one does this; all of them remember, and let go of what is
///    gone.
///
/// Owned by its Link, lives on the link's shard.
class DeletionFollower {
public:
    /// The link's patterns must be valid.
    explicit DeletionFollower(DeletionServices services);

    runtime::Task<void> run(std::stop_token stop);

    /// One look at all of them, and what follows from it.
    runtime::Task<Result<void>> look(std::stop_token stop);

    const DeletionStatus& status() const { return status_; }

private:
    struct Found {
        std::vector<FollowedTopic> topics;
        std::map<std::string, client::TopicPresence> at_source;  // of those that it seems to lack
    };
    /// Why a copy stays: as long as its logs are these, it need not be read again.
    struct Kept {
        Uuid target_id;
        CopyLogs logs;
        std::string why;
    };

    std::string prefix() const;
    runtime::Task<Result<void>> remember_copied(std::stop_token stop);
    runtime::Task<Result<Found>> find(std::stop_token stop);
    void tell_what_others_deleted(const std::vector<FollowedTopic>& topics);
    int64_t gone_for_ms(const FollowedTopic& topic, DeletionFacts::Source source);
    runtime::Task<Result<void>> act(FollowedTopic topic, client::TopicPresence at_source,
                                    std::stop_token stop);
    runtime::Task<Result<void>> forget_copy(FollowedTopic topic, std::stop_token stop);
    runtime::Task<Result<void>> erase(FollowedTopic topic, std::stop_token stop);
    runtime::Task<Result<bool>> is_still_to_go(FollowedTopic topic, CopyLogs searched,
                                               std::stop_token stop);
    runtime::Task<Result<void>> put(FollowedTopic topic, std::stop_token stop);
    runtime::Task<Result<void>> forget(FollowedTopic topic, std::stop_token stop);
    void wait_for(const FollowedTopic& topic, std::string problem);
    void note(const Result<void>& looked, const std::stop_token& stop);

    DeletionServices services_;
    FollowedStore store_;
    DeletionStatus status_;
    std::vector<DeletedTopic> waiting_;           // of the look that is under way
    std::map<std::string, FollowedTopic> known_;  // that were gone at the last look, by key
    std::set<std::string> noted_;                 // what has been logged
    std::map<std::string, Kept> kept_;            // by key
    std::map<std::string, runtime::TimePoint> gone_from_;  // since when this process sees it
};

/// Which of the remembered topics are the link's as it is configured now.
std::vector<FollowedTopic> followed_topics(const FollowedStore::Entries& entries,
                                           const std::string& source_cluster_id,
                                           const LinkSpec& spec);

/// How a copy is searched for what others wrote.
struct CopySearch {
    std::string source_cluster_id;
    CopyLogs logs;
};

/// Why a copy must not be deleted: somebody else's records are in it, or nobody can
/// tell; "" where all of it was written for the topic. Reads all of it. Of logs that retention has
/// emptied, the producers that the broker still knows are looked at.
runtime::Task<Result<std::string>> find_foreign_data(client::Cluster& target, FollowedTopic topic,
                                                     CopySearch search, std::stop_token stop);

}  // namespace lockstep::replication
