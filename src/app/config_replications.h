#pragma once

// PURE: what a replication has of its own in the configuration; the rest it shares with links.

#include "app/yaml_map.h"
#include "model/topology.h"

#include <array>
#include <span>
#include <string_view>

namespace lockstep::app {

constexpr std::array<std::string_view, 7> kReplicationOwnKeys{
    "name", "strategy", "clusters", "active", "hub", "routes", "costs"};

/// Reads these keys of `map` into `replication`, whose rules have been read. False where something
/// is wrong, which has been reported.
bool read_own_keys(YamlMap& map, std::span<const std::string_view> clusters,
                   ConfigProblems& problems, ReplicationSpec& replication);

}  // namespace lockstep::app
