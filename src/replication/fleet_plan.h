#pragma once

// PURE: which worker of a link copies which partition. Sticky: what is well where it is stays
// there. Cooperative: a partition that is to move stays with the worker that has it until that one
// has given it up; then nobody has it, and the next plan gives it to whom it was to go to.

#include "model/ids.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A worker as it says itself when all join.
struct FleetWorker {
    std::string member_id;    // as the coordinator named it
    int32_t generation = -1;  // of the plan by which it has what it owns
    std::set<TopicPartition> owned;
    bool is_able = true;  // to copy; one that does not reach the source is not
};

struct FleetPlace {
    size_t worker = 0;               // that has it, by its place in the list of workers
    std::optional<size_t> moves_to;  // once `worker` has given it up

    bool operator==(const FleetPlace&) const = default;
};

using FleetPlan = std::map<TopicPartition, FleetPlace>;
using FleetRates = std::map<TopicPartition, double>;  // bytes a second, as measured

/// Gives each partition that is known, or that somebody owns, to one of the workers, of which there
/// must be at least one. Where two say that they own it, it is the one's whose plan is newer. Those
/// that are not able get nothing, and lose what they have, unless no worker is.
///
/// Even by bytes a second: within a twentieth of what each should have, as far as partitions allow,
/// but nothing moves for a difference of less than a tenth. Idle ones count a little, and nobody
/// has a fifth more partitions than another where some that hardly count can move. The same facts
/// give the same plan, in whatever order the workers are listed.
FleetPlan plan_fleet(const std::vector<FleetWorker>& workers, const std::set<TopicPartition>& known,
                     const FleetRates& rates);

}  // namespace lockstep::replication
