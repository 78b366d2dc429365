#include "sim/place.h"

#include "base/assert.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

namespace lockstep::sim {

using sandbox::Broker;
using sandbox::KafkaVersion;

namespace {

constexpr uint16_t kPort = 9092;
constexpr Duration kPatience = std::chrono::seconds(120);

runtime::Task<void> stop_cluster(sandbox::ServedCluster& cluster) {
    co_await cluster.stop();
}

}  // namespace

Place open_place(World& world, Internet& internet, sandbox::ClusterOptions options) {
    Place place;
    place.name = options.name;
    place.node = &world.add_node(place.name);
    place.rng = std::make_unique<Rng>(world.rng().next());
    place.network = std::make_unique<SimNetwork>(internet, *place.node);
    place.cluster = std::make_unique<sandbox::ServedCluster>(*place.node, *place.rng, options);
    for (Broker& broker : place.cluster->cluster().brokers()) {
        broker.host = fmt::format("{}-{}", place.name, broker.id.value());
        broker.port = kPort;
    }
    SimNetwork* network = place.network.get();
    const auto started = place.cluster->start(
        [network](const Broker& broker) -> Result<std::unique_ptr<runtime::Listener>> {
            return network->listen(broker.host, broker.port);
        });
    LS_ASSERT(started.has_value());
    return place;
}

void close_place(World& world, Place& place) {
    runtime::TaskGroup stopping(*place.node);
    stopping.spawn("stop", stop_cluster(*place.cluster));
    const bool stopped =
        world.run_until([&stopping] { return stopping.running() == 0; }, kPatience);
    LS_ASSERT(stopped);
}

ClusterSpec spec_of(const Place& place) {
    ClusterSpec spec{place.name, {}};
    for (const Broker& broker : place.cluster->cluster().brokers()) {
        spec.bootstrap.push_back({broker.host, broker.port});
    }
    return spec;
}

std::string_view to_string(KafkaVersion version) {
    return version == KafkaVersion::v2_8 ? "2.8" : (version == KafkaVersion::v3_9 ? "3.9" : "4.3");
}

}  // namespace lockstep::sim
