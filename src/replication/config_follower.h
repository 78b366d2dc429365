#pragma once

#include "client/cluster.h"
#include "model/follow_status.h"
#include "model/link.h"
#include "replication/followed_store.h"
#include "replication/three_way.h"
#include "replication/topic_setup.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// Keeps the configs of a link's topics on the target as the source would have them
/// (wanted_configs), without overwriting what someone has set there (three_way.h).
///
/// 1. look() reads the target first: a source that changes meanwhile is newer than what is done.
/// 2. follow() changes what is to be changed, then remembers it. What a change is refused for, or
///    what is left to people, is drift.
///
/// Owned by MetadataSync, on the link's shard.
class ConfigFollower {
public:
    ConfigFollower(client::Cluster& source, client::Cluster& target, LinkSpec spec,
                   FollowedStore& store);

    struct TopicLook {
        std::string topic;   // at the source
        std::string target;  // its name there
        SettingsDifference difference;
        std::string problem;  // why there is no difference to be seen; else ""
    };

    /// Changes nothing. The store must have been read. Topics by their names at the source. Errors
    /// concern all topics.
    runtime::Task<Result<std::vector<TopicLook>>> look(std::vector<std::string> topics,
                                                       std::stop_token stop);

    runtime::Task<Result<void>> follow(std::vector<TopicLook> looks, std::stop_token stop);

    /// The link's topics are these, and no others.
    void keep_only(const std::set<std::string>& topics);
    void add_to(FollowStatus& status) const;

private:
    struct Known {
        size_t in_step = 0;
        std::vector<Drift> drift;
        std::string problem;
    };

    Result<TopicLook> compare(TopicLook look, const std::vector<client::ConfigEntry>& at_source,
                              const std::vector<client::ConfigEntry>& at_target) const;
    Result<Settings> agreed_on(const std::string& topic) const;
    std::string key_of(const std::string& target_topic) const;
    runtime::Task<void> change(TopicLook& look, Known& known, std::stop_token stop);
    runtime::Task<Result<void>> change_some(std::string topic,
                                            std::vector<SettingDifference> differences,
                                            std::stop_token stop);
    void tell(const std::string& topic, const SettingDifference& done) const;
    void note(const Drift& drift);

    client::Cluster& source_;
    client::Cluster& target_;
    LinkSpec spec_;
    FollowedStore& store_;
    TargetCluster brokers_;                    // of the target, as of the last look
    std::map<std::string, Settings> unsaved_;  // agreed on, where the store could not be written
    std::map<std::string, Known> known_;       // by topic, as of the last look
    std::set<std::string> noted_;              // drift that has been logged
    uint64_t changes_ = 0;
};

}  // namespace lockstep::replication
