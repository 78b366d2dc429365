#include "sandbox/replica_assignments.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

namespace lockstep::sandbox {

namespace {

Verdict refuse(std::string message) {
    return {protocol::KafkaError::invalid_replica_assignment, std::move(message)};
}

}  // namespace

Verdict judge_replicas(const Cluster& cluster, const std::vector<BrokerId>& replicas,
                       std::optional<size_t> count) {
    if (replicas.empty()) {
        return refuse("The assignment has a partition without replicas.");
    }
    std::set<BrokerId> seen;
    bool is_any_up = false;
    for (const BrokerId id : replicas) {
        const auto broker = std::ranges::find(cluster.brokers(), id, &Broker::id);
        if (broker == cluster.brokers().end()) {
            return refuse(
                fmt::format("The assignment names broker {}, which there is not.", id.value()));
        }
        if (!seen.insert(id).second) {
            return refuse(
                fmt::format("The assignment names broker {} twice for a partition.", id.value()));
        }
        is_any_up = is_any_up || broker->is_up;
    }
    if (count && replicas.size() != *count) {
        return refuse(
            fmt::format("The assignment has a partition with {} replica(s), others have "
                        "{}.",
                        replicas.size(), *count));
    }
    if (!is_any_up) {
        return refuse("None of a partition's brokers is up.");
    }
    return {};
}

Verdict judge_assignments(const Cluster& cluster,
                          const std::map<int32_t, std::vector<BrokerId>>& assignments) {
    std::optional<size_t> count;
    int32_t next = 0;
    for (const auto& [index, replicas] : assignments) {
        if (index != next) {
            return refuse("Partitions must be numbered from 0 on, without holes.");
        }
        ++next;
        Verdict verdict = judge_replicas(cluster, replicas, count);
        if (verdict.is_refused()) {
            return verdict;
        }
        count = replicas.size();
    }
    return {};
}

std::vector<BrokerId> to_brokers(const std::vector<int32_t>& ids) {
    std::vector<BrokerId> brokers;
    for (const int32_t id : ids) {
        brokers.emplace_back(id);
    }
    return brokers;
}

}  // namespace lockstep::sandbox
