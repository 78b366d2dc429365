#pragma once

#include "sandbox/cluster.h"
#include "sandbox/verdict.h"

#include <map>
#include <optional>

namespace lockstep::sandbox {

/// PURE: whether one partition may have these replicas: brokers that there are, each once, at least
/// one of them up, and as many as `count` says. Error: `invalid_replica_assignment`.
Verdict judge_replicas(const Cluster& cluster, const std::vector<BrokerId>& replicas,
                       std::optional<size_t> count);

/// The same for all partitions of a new topic, which must be numbered from 0 on without holes.
Verdict judge_assignments(const Cluster& cluster,
                          const std::map<int32_t, std::vector<BrokerId>>& assignments);

std::vector<BrokerId> to_brokers(const std::vector<int32_t>& ids);

}  // namespace lockstep::sandbox
