#pragma once

#include "model/ids.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::sandbox {

/// A partition of a topic by its id.
struct TopicIdPartition {
    Uuid topic;
    int32_t partition = 0;

    auto operator<=>(const TopicIdPartition&) const = default;
};

using PartitionSet = std::set<TopicIdPartition>;

/// Who is to get partitions.
struct AssignableMember {
    std::string id;
    std::optional<std::string> instance_id;
    std::set<Uuid> topics;
    PartitionSet present;  // what it was to have until now
};

using PartitionCounts = std::map<Uuid, int32_t>;
using TargetAssignment = std::map<std::string, PartitionSet>;

constexpr std::string_view kUniformAssignor = "uniform";
constexpr std::string_view kRangeAssignor = "range";

inline bool is_assignor(std::string_view name) {
    return name == kUniformAssignor || name == kRangeAssignor;
}

/// As even as subscriptions allow, moving as little as that takes.
TargetAssignment assign_uniformly(const std::vector<AssignableMember>& members,
                                  const PartitionCounts& counts);

/// Each topic cut into ranges, in order of instance and member ids: members get the same partitions
/// of topics that have equally many.
TargetAssignment assign_ranges(const std::vector<AssignableMember>& members,
                               const PartitionCounts& counts);

}  // namespace lockstep::sandbox
