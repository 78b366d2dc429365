#include "sandbox/served_cluster.h"

#include <fmt/core.h>

namespace lockstep::sandbox {

using runtime::Task;

namespace {

/// How often logs are looked at, as log.retention.check.interval.ms says with brokers; shorter, so
/// that demos and tests need not wait.
constexpr std::chrono::seconds kCleanUpInterval{1};

}  // namespace

ServedCluster::ServedCluster(runtime::EventLoop& loop, Rng& rng, ClusterOptions options)
    : cluster_(loop, rng, std::move(options)), tasks_(loop) {}

Result<void> ServedCluster::start(Listen listen) {
    listen_ = std::move(listen);
    for (Broker& broker : cluster_.brokers()) {
        LS_CHECK(serve(broker));
    }
    tasks_.spawn("sandbox clean-up", clean_up_now_and_then());
    return {};
}

Result<void> ServedCluster::serve(Broker& broker) {
    LS_TRY(listener, listen_(broker));
    broker.port = listener->port();
    auto server = std::make_unique<BrokerServer>(cluster_, broker.id);
    server->accept_from(std::move(listener));
    servers_[broker.id] = std::move(server);
    return {};
}

void ServedCluster::kill_broker(BrokerId id) {
    const auto found = servers_.find(id);
    if (found == servers_.end()) {
        return;
    }
    found->second->request_stop();
    ended_.push_back(std::move(found->second));
    servers_.erase(found);
    cluster_.set_broker_up(id, false);
}

Result<void> ServedCluster::restart_broker(BrokerId id) {
    if (servers_.contains(id)) {
        return {};
    }
    Broker& broker = *cluster_.find_broker(id);
    LS_CHECK(serve(broker));
    cluster_.set_broker_up(id, true);
    return {};
}

Task<void> ServedCluster::stop() {
    tasks_.request_stop();
    for (auto& [id, server] : servers_) {
        server->request_stop();
        ended_.push_back(std::move(server));
    }
    servers_.clear();
    cluster_.note_log_change();
    for (const auto& server : ended_) {
        co_await server->join();
    }
    co_await tasks_.join();
}

Task<void> ServedCluster::clean_up_now_and_then() {
    while (!tasks_.stop_requested()) {
        cluster_.clean_up();
        co_await runtime::sleep_for(cluster_.loop(), kCleanUpInterval, tasks_.stop_token());
    }
}

std::string ServedCluster::bootstrap() const {
    std::string list;
    for (const Broker& broker : cluster_.brokers()) {
        list += fmt::format("{}{}:{}", list.empty() ? "" : ",", broker.host, broker.port);
    }
    return list;
}

}  // namespace lockstep::sandbox
