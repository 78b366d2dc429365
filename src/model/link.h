#pragma once

// What an operator asks for: clusters and the links between them. Values only.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

struct Endpoint {
    std::string host;
    uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
    std::string to_string() const;
};

struct ClusterSpec {
    std::string name;
    std::vector<Endpoint> bootstrap;
};

/// The cluster of that name, which must be there (the config has been checked).
const ClusterSpec& cluster_named(const std::vector<ClusterSpec>& clusters, std::string_view name);

enum class OffsetsMode { preserve };

/// What to do where the source has deleted records before they were copied.
enum class OverrunRule {
    stop,           // block the partition
    continue_past,  // count them as lost, and go on behind them
};

struct LinkSpec {
    std::string name;
    std::string source;  // a cluster's name
    std::string target;
    std::vector<std::string> topics;          // names, or anchored RE2 expressions
    std::vector<std::string> exclude;         // the same; wins over `topics`
    std::vector<std::string> groups;          // whose offsets are synced, by the same rules
    std::vector<std::string> exclude_groups;  // wins over `groups`
    OffsetsMode offsets = OffsetsMode::preserve;
    OverrunRule on_overrun = OverrunRule::stop;
    std::optional<int16_t> replication_factor;  // of created topics; else the source's
};

struct Limits {
    int64_t in_flight_bytes = int64_t{64} << 20;  // record data held in memory, over all links
    std::chrono::milliseconds discovery_interval{2000};  // how often links look for new topics
};

}  // namespace lockstep
