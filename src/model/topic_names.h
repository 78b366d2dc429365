#pragma once

// PURE: what a link's topics are called on its target.

#include "model/ids.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

/// Of a topic's name, in Kafka's own rules (Topic.validate).
constexpr size_t kLongestTopicName = 249;

/// What stands against the name of a topic; nothing where it is legal. An error is the end of a
/// sentence that begins with the name.
std::optional<std::string> topic_name_problem(std::string_view name);

/// Whether the topic belongs to Kafka itself, or to Lockstep: it is never copied, nor copied to.
bool is_reserved_topic(std::string_view name);

/// A partition, as each cluster calls it.
struct PartitionNames {
    TopicPartition source;
    TopicPartition target;
};

struct TopicNames {
    std::map<std::string, std::string> renamed;  // by the name at the source
    std::string prefix;                          // of all others; "" for none

    bool operator==(const TopicNames&) const = default;

    /// Whether each topic has the same name on both clusters.
    bool are_same() const { return renamed.empty() && prefix.empty(); }

    std::string on_target(const std::string& topic) const;
    TopicPartition on_target(const TopicPartition& id) const;

    /// All names at the source whose topics would have this one on the target.
    std::vector<std::string> at_source(const std::string& topic) const;
};

}  // namespace lockstep
