#pragma once

// PURE: how a cluster wants to be spoken to, from its entry in the configuration.

#include "app/yaml_map.h"
#include "model/security.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// The names by which librdkafka and Kafka's own clients know the same settings; they stand
/// directly in the cluster's entry.
std::span<const std::string_view> foreign_security_keys();

/// Paths of all keys below "clusters", as config_keys() has them.
std::vector<std::string> security_keys();

/// Reads "security" and the foreign keys of a cluster's entry.
SecuritySpec read_security(YamlMap& cluster, ConfigProblems& problems);

}  // namespace lockstep::app
