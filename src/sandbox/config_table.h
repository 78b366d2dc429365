#pragma once

#include "sandbox/cluster.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lockstep::sandbox {

/// Numbers as in DescribeConfigs answers (ConfigDef.Type).
enum class ConfigType : int8_t {
    boolean = 1,
    text = 2,
    int32 = 3,
    int16 = 4,
    int64 = 5,
    number = 6,  // DOUBLE
    list = 7,
    secret = 9,  // PASSWORD: never told
};

/// Whether a broker's setting may be changed while the broker runs (KIP-226).
enum class ConfigScope : int8_t { read_only, per_broker, cluster_wide };

/// One setting: its default with Kafka 4.3, and the broker setting that may say otherwise.
struct Setting {
    std::string_view topic;   // its name as a topic's; empty: no topic has it
    std::string_view broker;  // its name as a broker's; empty: no broker has it
    std::string_view value;
    ConfigType type = ConfigType::int64;
    ConfigScope scope = ConfigScope::read_only;  // a topic's may always be changed
    /// "min" or "min..max" of numbers, "a|b" of words; empty: anything of its type.
    std::string_view rule = {};
    KafkaVersion since = KafkaVersion::v2_8;
    KafkaVersion until = KafkaVersion::v4_3;
    /// The default where the cluster is older than 4.3 and had another; empty: the same.
    std::string_view older_value = {};
    std::string_view older_rule = {};
    /// Brokers have no value of their own for it by default, such as log.retention.ms, which gives
    /// way to log.retention.hours.
    bool is_broker_value_null = false;

    bool is_in(KafkaVersion version) const { return since <= version && version <= until; }
    std::string_view value_in(KafkaVersion version) const {
        return version < KafkaVersion::v4_3 && !older_value.empty() ? older_value : value;
    }
};

/// What topics and brokers may be told; those that only brokers have come last.
std::span<const Setting> all_settings();

/// Null where clusters of this version have no such setting.
const Setting* find_topic_setting(std::string_view name, KafkaVersion version);
const Setting* find_broker_setting(std::string_view name, KafkaVersion version);

/// PURE: why a setting cannot have that value; nothing where it can.
std::optional<std::string> judge_config_value(const Setting& setting, const std::string& value,
                                              KafkaVersion version);

}  // namespace lockstep::sandbox
