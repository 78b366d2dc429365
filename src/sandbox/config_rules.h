#pragma once

#include "sandbox/config_table.h"
#include "sandbox/verdict.h"

#include <vector>

namespace lockstep::sandbox {

/// Numbers as in IncrementalAlterConfigs requests.
enum class ConfigOperation : int8_t { set = 0, erase = 1, append = 2, subtract = 3 };

struct ConfigChange {
    std::string name;
    ConfigOperation operation = ConfigOperation::set;
    std::optional<std::string> value;
};

/// Of which resource settings are.
enum class ConfigOwner { topic, one_broker, all_brokers };

/// PURE: `values` after `changes`. Errors: `invalid_request` for changes that make no sense,
/// `invalid_config` for lists that are none. What is then in `values` is not checked.
Verdict change_configs(const std::vector<ConfigChange>& changes, ConfigOwner owner,
                       KafkaVersion version, ConfigValues& values);

/// PURE: whether a topic may have these settings. Error: `invalid_config`.
Verdict judge_topic_configs(const ConfigValues& values, KafkaVersion version);

/// PURE: whether running brokers may be told these settings. Error: `invalid_request`, where one
/// would expect `invalid_config` (KAFKA-13609).
Verdict judge_broker_configs(const ConfigValues& values, ConfigOwner owner, KafkaVersion version);

}  // namespace lockstep::sandbox
