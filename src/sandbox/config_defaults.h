#pragma once

#include "sandbox/config_table.h"

#include <optional>
#include <string>
#include <vector>

namespace lockstep::sandbox {

/// Who said what a setting is; numbers as in DescribeConfigs answers.
enum class ConfigSource : int8_t {
    topic = 1,
    dynamic_broker = 2,
    dynamic_default_broker = 3,
    static_broker = 4,
    by_default = 5,
};

/// One of those who say what a setting is. The first one that does is right.
struct ConfigSynonym {
    std::string name;
    std::string value;
    ConfigSource source = ConfigSource::by_default;
};

/// Those who say something about a topic's setting: the topic, then brokers.
std::vector<ConfigSynonym> synonyms_of(const Cluster& cluster, const Topic& topic,
                                       const Setting& setting);
/// The same for a broker's. Empty where a setting has no value by default.
std::vector<ConfigSynonym> synonyms_of(const Cluster& cluster, BrokerId broker,
                                       const Setting& setting);

/// What a topic's setting is where the topic does not say; empty for unknown names.
std::string default_of_topic(const Cluster& cluster, const std::string& key);
/// What a broker's setting is; empty for unknown names.
std::string value_of_broker(const Cluster& cluster, BrokerId broker, const std::string& key);

/// What brokers' setting is, as a number; 0 where it is none.
int64_t broker_number(const Cluster& cluster, const std::string& key);

bool is_topic_setting(const Cluster& cluster, const std::string& key);

LogConfig log_config_of(const Cluster& cluster, const Topic& topic);

/// What `options` say in their own fields, as the settings that brokers have for it; what they
/// say as settings stays.
void add_static_configs(ClusterOptions& options);

}  // namespace lockstep::sandbox
