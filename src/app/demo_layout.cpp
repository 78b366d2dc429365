#include "app/demo_layout.h"

#include "base/assert.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace lockstep::app {
namespace {

constexpr std::array<Strategy, 4> kStrategies{Strategy::active_passive, Strategy::active_active,
                                              Strategy::hub_spoke, Strategy::mesh};
constexpr std::array<const char*, 3> kClusters{"berlin", "paris", "london"};

Strategy strategy_named(std::string_view name) {
    const auto* const found =
        std::ranges::find(kStrategies, name, [](Strategy strategy) { return to_string(strategy); });
    LS_ASSERT(found != kStrategies.end());
    return *found;
}

ReplicationSpec replication_of(Strategy strategy) {
    ReplicationSpec replication;
    replication.name = "demo";
    replication.strategy = strategy;
    replication.clusters.assign(kClusters.begin(), kClusters.end());
    if (strategy == Strategy::active_passive || strategy == Strategy::active_active) {
        replication.clusters.resize(2);
    }
    if (strategy == Strategy::active_passive || strategy == Strategy::hub_spoke) {
        replication.center = kClusters.front();
    }
    replication.rules.topics = {".*"};
    if (strategy == Strategy::active_passive) {
        replication.rules.offsets = OffsetsMode::preserve;
        replication.rules.groups = {".*"};
    }
    return replication;
}

DemoPlace place_in(const ReplicationSpec& replication, const std::string& name) {
    if (std::ranges::find(replication.clusters, name) == replication.clusters.end()) {
        return {name, "not linked here", false};
    }
    const bool is_center = name == replication.center;
    if (replication.strategy == Strategy::active_passive) {
        return {name, is_center ? "source" : "target", is_center};
    }
    return {name, is_center ? "hub, written to" : "written to", true};
}

}  // namespace

std::vector<std::string> DemoLayout::link_names() const {
    std::vector<std::string> names;
    std::ranges::transform(links, std::back_inserter(names), &LinkSpec::name);
    return names;
}

std::vector<std::string> DemoLayout::cluster_names() const {
    std::vector<std::string> names;
    std::ranges::transform(places, std::back_inserter(names), &DemoPlace::name);
    return names;
}

const std::vector<std::string>& demo_strategies() {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> names;
        for (const Strategy strategy : kStrategies) {
            names.emplace_back(to_string(strategy));
        }
        return names;
    }();
    return all;
}

DemoLayout demo_layout(std::string_view strategy) {
    const ReplicationSpec replication = replication_of(strategy_named(strategy));
    DemoLayout layout;
    layout.strategy = replication.strategy;
    std::vector<ClusterSpec> clusters;
    for (const char* name : kClusters) {
        layout.places.push_back(place_in(replication, name));
        clusters.emplace_back().name = name;
    }
    layout.links = compile(replication, clusters);
    for (LinkSpec& link : layout.links) {
        link.name = link.source + "-" + link.target;  // short: it is typed
    }
    layout.has_groups = !replication.rules.groups.empty();
    return layout;
}

}  // namespace lockstep::app
