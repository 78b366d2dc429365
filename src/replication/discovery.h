#pragma once

#include "client/admin.h"
#include "client/cluster.h"
#include "model/follow_status.h"
#include "model/link.h"
#include "model/unmatched_entry.h"
#include "replication/topic_filter.h"
#include "replication/topic_routes.h"
#include "replication/topic_setup.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// What one look at both clusters found.
struct DiscoveredTopics {
    std::vector<client::TopicMetadata> topics;     // at the source, matched by the link
    uint64_t source_version = 0;                   // of the metadata that says so
    std::map<std::string, Error> target_problems;  // topics that could not be set up on the target
    std::map<std::string, std::string> name_problems;  // topics that cannot have their names there
    FollowStatus growth;                               // of partition counts; changes: of this look
};

/// Finds the topics of a link and makes the target ready for them: creates what is missing, raises
/// partition counts that have fallen behind. Never lowers, changes or deletes anything.
class Discovery {
public:
    Discovery(client::Cluster& source, client::Cluster& target, LinkSpec spec, TopicFilter filter);

    /// Topics whose names on the target would lead them back to where they come from are found out
    /// by `routes`, which outlives this; their names are a problem, too.
    void prove(TopicRoutes& routes) { routes_ = &routes; }

    /// Refreshes the metadata of both clusters. Errors are those of the link as a whole.
    runtime::Task<Result<DiscoveredTopics>> look(std::stop_token stop);

    /// The same without changing anything.
    runtime::Task<Result<std::vector<client::TopicMetadata>>> look_only(std::stop_token stop);

    /// Entries of the link's `topics` that no topic of the source matched at the last look.
    std::vector<UnmatchedEntry> unmatched() const;

    /// The next look creates the topic that maps of offsets are kept in, unless it is there.
    void want_offsets_topic() { is_offsets_topic_wanted_ = true; }

    /// By topic, why it cannot have its name on the target: it is not copied.
    std::map<std::string, std::string> look_at_names(
        const std::vector<client::TopicMetadata>& topics) const;

private:
    runtime::Task<Result<void>> create_offsets_topic(std::map<std::string, Error>& problems,
                                                     std::stop_token stop);
    runtime::Task<Result<void>> learn_target(std::stop_token stop);
    runtime::Task<Result<void>> create_missing(const std::vector<client::TopicMetadata>& topics,
                                               std::map<std::string, Error>& problems,
                                               std::stop_token stop);
    runtime::Task<Result<void>> create(std::vector<client::NewTopic> topics,
                                       std::map<std::string, Error>& problems,
                                       std::stop_token stop);
    SourceTopic as_on_target(const client::TopicMetadata& topic,
                             std::vector<client::ConfigEntry> configs) const;
    runtime::Task<FollowStatus> raise_partitions(const std::vector<client::TopicMetadata>& topics,
                                                 std::map<std::string, Error>& problems,
                                                 std::stop_token stop);
    runtime::Task<Result<void>> refresh_target(const std::vector<client::TopicMetadata>& topics,
                                               std::stop_token stop);

    client::Cluster& source_;
    client::Cluster& target_;
    LinkSpec spec_;
    TopicFilter filter_;
    uint64_t source_version_ = 0;  // of the metadata that was looked at last
    TopicRoutes* routes_ = nullptr;
    std::map<std::string, std::string> target_broker_configs_;
    bool is_offsets_topic_wanted_ = false;
    std::set<std::string> noted_;  // what has been logged once
};

}  // namespace lockstep::replication
