#include "sim/routes_faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using sandbox::Broker;
using std::chrono::seconds;

const std::vector<RoutesFaults::Kind>& RoutesFaults::kinds() {
    static const std::vector<Kind> all{
        {"cut way", &RoutesFaults::cut_way},
        {"cut off cluster", &RoutesFaults::cut_off_cluster},
        {"reset connections", &RoutesFaults::reset_connections},
        {"crash broker", &RoutesFaults::crash_broker},
        {"move leader", &RoutesFaults::move_leader},
        {"slow disk", &RoutesFaults::slow_disk},
        {"kill worker", &RoutesFaults::kill_worker},
        {"suspend worker", &RoutesFaults::suspend_worker},
        {"jump clock", &RoutesFaults::jump_clock},
    };
    return all;
}

std::vector<std::string> RoutesFaults::names() {
    std::vector<std::string> names;
    for (const Kind& kind : kinds()) {
        names.emplace_back(kind.name);
    }
    return names;
}

void RoutesFaults::harm(const std::string& kind) {
    const auto found = std::ranges::find(kinds(), kind, &Kind::name);
    (this->*found->harm)();
}

Place& RoutesFaults::draw_place() {
    return scenario_.sites_[scenario_.world_.rng().below(scenario_.sites_.size())].place;
}

std::optional<CommonFaults::Way> RoutesFaults::draw_way() {
    const NodeLoop* node = draw_worker_node();
    const std::string broker = draw_broker(draw_place()).host;
    return node == nullptr ? std::nullopt : std::optional(Way{node->name(), broker});
}

/// Nobody reaches any of its brokers; they go on, and are written to.
void RoutesFaults::cut_off_cluster() {
    Place& place = draw_place();
    std::vector<std::pair<std::string, std::string>> ways;
    for (const auto& worker : scenario_.workers_) {
        for (const Broker& broker : place.cluster->cluster().brokers()) {
            if (worker) {
                ways.emplace_back(worker->node().name(), broker.host);
            }
        }
    }
    Internet& internet = scenario_.internet_;
    for (const auto& [name, broker] : ways) {
        internet.block(name, broker);
        internet.block(broker, name);
    }
    const std::string what = fmt::format("cut off {}", place.name);
    scenario_.world_.note(what);
    heal_later(seconds(20), what, [&internet, ways] {
        for (const auto& [name, broker] : ways) {
            internet.unblock(name, broker);
            internet.unblock(broker, name);
        }
    });
}

}  // namespace lockstep::sim
