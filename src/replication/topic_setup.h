#pragma once

// PURE: what a topic is created with on the target, and which configs it should have later on.

#include "client/admin.h"
#include "model/follow_rules.h"
#include "replication/three_way.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::replication {

struct SourceTopic {
    std::string name;
    int32_t partitions = 1;
    int16_t replication_factor = 1;
    std::vector<client::ConfigEntry> configs;
};

struct TargetCluster {
    int16_t brokers = 1;
    std::map<std::string, std::string> broker_configs;  // what topics inherit there
    TopicConfigRules rules = {};
};

struct TopicSetup {
    client::NewTopic topic;
    std::vector<std::string> notes;  // what is other than at the source, for people
};

/// `replication_factor` 0 means the source's. Copies what the source's topic sets itself, and the
/// cluster-wide settings without which the target would refuse or change records; leaves out what
/// names brokers or storage of the source, and what the target does not know.
TopicSetup topic_setup(const SourceTopic& source, const TargetCluster& target,
                       int16_t replication_factor);

/// The configs that a topic which is there already should set itself; `replication_factor` is what
/// it has there.
Settings wanted_configs(const SourceTopic& source, const TargetCluster& target,
                        int16_t replication_factor);

/// What a topic sets itself, without what is the cluster's own business (`rules.never`, and what
/// names brokers or storage).
Settings set_configs(const std::vector<client::ConfigEntry>& configs,
                     const TopicConfigRules& rules);

}  // namespace lockstep::replication
