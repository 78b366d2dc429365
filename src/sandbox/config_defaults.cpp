#include "sandbox/config_defaults.h"

#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace lockstep::sandbox {

using protocol::Codec;

namespace {

/// Settings that may be said in coarser units, the finest first.
struct CoarserUnit {
    std::string_view setting;
    std::string_view coarser;
    int64_t unit_ms;
};

constexpr CoarserUnit kCoarserUnits[] = {
    {"log.retention.ms", "log.retention.minutes", 60'000},
    {"log.retention.ms", "log.retention.hours", 3'600'000},
    {"log.roll.ms", "log.roll.hours", 3'600'000},
};

std::optional<std::string> find_value(const ConfigValues& values, std::string_view name) {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
}

/// What stands in the broker's file of settings.
std::optional<std::string> static_value(const Cluster& cluster, BrokerId id,
                                        std::string_view name) {
    if (name == "broker.id" || name == "node.id") {
        return std::to_string(id.value());
    }
    if (name == "listeners" || name == "advertised.listeners") {
        const auto broker = std::ranges::find(cluster.brokers(), id, &Broker::id);
        if (broker != cluster.brokers().end() && broker->port != 0) {
            return fmt::format("{}://{}:{}",
                               cluster.options().wants_sasl ? "SASL_PLAINTEXT" : "PLAINTEXT",
                               broker->host, broker->port);
        }
    }
    return find_value(cluster.options().broker_config, name);
}

std::optional<int64_t> parse_integer(const std::string& text) {
    const std::string_view trimmed = trim(text);
    int64_t value = 0;
    const auto [end, problem] =
        std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
    return problem == std::errc() ? std::optional(value) : std::nullopt;
}

/// The value where nobody speaks of the setting itself.
std::string value_in_other_units(const Cluster& cluster, BrokerId broker, const Setting& setting) {
    for (const CoarserUnit& unit : kCoarserUnits) {
        if (unit.setting != setting.broker) {
            continue;
        }
        const auto said = static_value(cluster, broker, unit.coarser);
        const auto count = said ? parse_integer(*said) : std::nullopt;
        if (count) {
            return std::to_string(*count < 0 ? *count : *count * unit.unit_ms);
        }
    }
    return std::string(setting.value_in(cluster.options().version));
}

/// Topics go by the first broker: one log stands for all replicas.
BrokerId broker_of_topics(const Cluster& cluster) {
    return cluster.brokers().front().id;
}

int64_t number(const Cluster& cluster, const Topic& topic, const char* key) {
    return parse_integer(cluster.config_of(topic, key)).value_or(0);
}

std::optional<Codec> codec_named(std::string_view name) {
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        if (to_string(codec) == name) {
            return codec;
        }
    }
    return name == "uncompressed" ? std::optional(Codec::none) : std::nullopt;
}

/// The window around a broker's clock (KIP-937): before 3.6 there is one number for both sides,
/// which counts until 3.9 where the newer ones were not set.
void set_timestamp_window(const Cluster& cluster, const Topic& topic, LogConfig& config) {
    const KafkaVersion version = cluster.options().version;
    constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
    const bool has_window = version >= KafkaVersion::v3_9;
    config.timestamp_before_max_ms =
        has_window ? number(cluster, topic, "message.timestamp.before.max.ms") : kAny;
    config.timestamp_after_max_ms =
        has_window ? number(cluster, topic, "message.timestamp.after.max.ms") : kAny;
    if (version <= KafkaVersion::v3_9) {
        const int64_t difference = number(cluster, topic, "message.timestamp.difference.max.ms");
        if (config.timestamp_before_max_ms == kAny) {
            config.timestamp_before_max_ms = difference;
        }
        if (config.timestamp_after_max_ms == kAny) {
            config.timestamp_after_max_ms = difference;
        }
    }
}

std::string joined(const std::vector<std::string>& words, char separator) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : std::string(1, separator)) + word;
    }
    return text;
}

}  // namespace

std::vector<ConfigSynonym> synonyms_of(const Cluster& cluster, BrokerId broker,
                                       const Setting& setting) {
    std::vector<ConfigSynonym> synonyms;
    const std::string name(setting.broker);
    const auto add = [&](const std::optional<std::string>& value, ConfigSource source) {
        if (value) {
            synonyms.push_back({name, *value, source});
        }
    };
    if (name.empty()) {
        return synonyms;
    }
    const DynamicBrokerConfigs& dynamic = cluster.dynamic_broker_configs();
    const auto own = dynamic.of_broker.find(broker);
    if (own != dynamic.of_broker.end()) {
        add(find_value(own->second, name), ConfigSource::dynamic_broker);
    }
    add(find_value(dynamic.of_all, name), ConfigSource::dynamic_default_broker);
    add(static_value(cluster, broker, name), ConfigSource::static_broker);
    if (!setting.is_broker_value_null) {
        add(std::string(setting.value_in(cluster.options().version)), ConfigSource::by_default);
    }
    return synonyms;
}

std::vector<ConfigSynonym> synonyms_of(const Cluster& cluster, const Topic& topic,
                                       const Setting& setting) {
    std::vector<ConfigSynonym> synonyms;
    const auto own = find_value(topic.config, setting.topic);
    if (own) {
        synonyms.push_back({std::string(setting.topic), *own, ConfigSource::topic});
    }
    const auto brokers = synonyms_of(cluster, broker_of_topics(cluster), setting);
    synonyms.insert(synonyms.end(), brokers.begin(), brokers.end());
    return synonyms;
}

std::string default_of_topic(const Cluster& cluster, const std::string& key) {
    const Setting* setting = find_topic_setting(key, cluster.options().version);
    if (setting == nullptr) {
        return "";
    }
    const BrokerId broker = broker_of_topics(cluster);
    const auto synonyms = synonyms_of(cluster, broker, *setting);
    return synonyms.empty() ? value_in_other_units(cluster, broker, *setting)
                            : synonyms.front().value;
}

std::string value_of_broker(const Cluster& cluster, BrokerId broker, const std::string& key) {
    const Setting* setting = find_broker_setting(key, cluster.options().version);
    if (setting == nullptr) {
        return static_value(cluster, broker, key).value_or("");
    }
    const auto synonyms = synonyms_of(cluster, broker, *setting);
    return synonyms.empty() ? value_in_other_units(cluster, broker, *setting)
                            : synonyms.front().value;
}

int64_t broker_number(const Cluster& cluster, const std::string& key) {
    return parse_integer(cluster.broker_config(key)).value_or(0);
}

bool is_topic_setting(const Cluster& cluster, const std::string& key) {
    return find_topic_setting(key, cluster.options().version) != nullptr;
}

LogConfig log_config_of(const Cluster& cluster, const Topic& topic) {
    LogConfig config;
    const std::string policy = cluster.config_of(topic, "cleanup.policy");
    config.is_compacted = policy.find("compact") != std::string::npos;
    config.is_deleted = policy.find("delete") != std::string::npos;
    config.max_message_bytes = number(cluster, topic, "max.message.bytes");
    config.segment_bytes = number(cluster, topic, "segment.bytes");
    config.refuses_append_time_bit = cluster.options().version == KafkaVersion::v2_8;
    config.uses_append_time = cluster.config_of(topic, "message.timestamp.type") == "LogAppendTime";
    config.codec = codec_named(cluster.config_of(topic, "compression.type"));
    config.retention_ms = number(cluster, topic, "retention.ms");
    config.retention_bytes = number(cluster, topic, "retention.bytes");
    config.delete_retention_ms = number(cluster, topic, "delete.retention.ms");
    config.has_delete_horizon = cluster.options().version >= KafkaVersion::v3_9;
    set_timestamp_window(cluster, topic, config);
    config.min_insync_replicas =
        static_cast<int32_t>(number(cluster, topic, "min.insync.replicas"));
    return config;
}

void add_static_configs(ClusterOptions& options) {
    ConfigValues& values = options.broker_config;  // emplace() leaves what is said there
    if (!options.creates_topics) {
        values.emplace("auto.create.topics.enable", "false");
    }
    if (options.default_partitions != 1) {
        values.emplace("num.partitions", std::to_string(options.default_partitions));
    }
    if (options.has_authorizer) {
        const bool is_zookeeper = options.version == KafkaVersion::v2_8;
        values.emplace("authorizer.class.name",
                       is_zookeeper ? "kafka.security.authorizer.AclAuthorizer"
                                    : "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    }
    if (options.wants_sasl) {
        values.emplace("sasl.enabled.mechanisms", "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512");
    }
    if (!options.super_users.empty()) {
        values.emplace("super.users", joined(options.super_users, ';'));
    }
}

}  // namespace lockstep::sandbox
