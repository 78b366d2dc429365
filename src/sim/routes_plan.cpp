#include "sim/routes_plan.h"

#include "sim/place.h"

#include <fmt/core.h>

#include <array>

namespace lockstep::sim {

using sandbox::KafkaVersion;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::array<const char*, 4> kNames{"eu", "us", "asia", "africa"};

template <typename T>
T pick(Rng& rng, std::initializer_list<T> choices) {
    return *(choices.begin() + rng.below(choices.size()));
}

}  // namespace

ReplicationSpec RoutesPlan::replication() const {
    ReplicationSpec spec;
    spec.name = "all";
    spec.strategy = strategy;
    spec.routes = routes;
    spec.costs = costs;
    for (const Member& member : clusters) {
        spec.clusters.push_back(member.name);
    }
    spec.center = spec.clusters.front();
    spec.rules.topics = {"topic-.*"};
    spec.rules.offsets = OffsetsMode::translate;
    return spec;
}

std::string RoutesPlan::text() const {
    std::string text = fmt::format("{}{}, {} workers, latency up to {} ms:", to_string(strategy),
                                   routes == MeshRoutes::cheapest ? " by cheapest routes" : "",
                                   workers, latency.most / milliseconds(1));
    for (const Member& member : clusters) {
        text +=
            fmt::format(" {} ({} x {})", member.name, member.brokers, to_string(member.version));
    }
    return text;
}

RoutesPlan draw_routes_plan(Rng& rng, const std::vector<std::string>& kinds) {
    RoutesPlan plan;
    plan.strategy = pick(rng, {Strategy::active_active, Strategy::hub_spoke, Strategy::hub_spoke,
                               Strategy::mesh, Strategy::mesh});
    plan.routes = plan.strategy == Strategy::mesh && rng.chance(0.7) ? MeshRoutes::cheapest
                                                                     : MeshRoutes::direct;
    const auto clusters = pick<size_t>(rng, {2, 3, 3, 4});
    for (size_t i = 0; i < clusters; ++i) {
        plan.clusters.push_back(
            {kNames[i], pick(rng, {1, 1, 2}),
             pick(rng, {KafkaVersion::v2_8, KafkaVersion::v3_9, KafkaVersion::v4_3})});
        for (size_t other = 0; other < i; ++other) {
            plan.costs.push_back(
                {kNames[i], kNames[other], static_cast<double>(1 + rng.below(20))});
        }
    }
    plan.has_ids = rng.chance(0.5);
    const auto topic_kinds = {TopicKind::plain, TopicKind::transactional, TopicKind::historical};
    const uint64_t topics = 1 + rng.below(2);
    for (uint64_t i = 0; i < topics; ++i) {
        plan.topics.push_back(
            {fmt::format("topic-{}", i), pick(rng, topic_kinds), pick(rng, {1, 1, 2})});
    }
    plan.workers = pick(rng, {1, 1, 2});
    plan.limits.in_flight_bytes = pick<int64_t>(rng, {1 << 20, 4 << 20});
    plan.limits.discovery_interval = pick(rng, {milliseconds(500), milliseconds(2000)});
    plan.limits.verify_bytes_per_second = pick<int64_t>(rng, {0, 1 << 20});
    plan.latency.most = pick<Duration>(rng, {milliseconds(1), milliseconds(5), milliseconds(60)});
    plan.write_interval = pick<Duration>(rng, {milliseconds(50), milliseconds(200)});
    plan.fault_interval = pick<Duration>(rng, {seconds(2), seconds(5), seconds(15)});
    const double chance = pick(rng, {0.1, 0.4, 0.8});
    for (const std::string& kind : kinds) {
        if (rng.chance(chance)) {
            plan.faults.push_back(kind);
        }
    }
    return plan;
}

}  // namespace lockstep::sim
