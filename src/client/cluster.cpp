#include "client/cluster.h"

#include "base/log.h"

#include <fmt/core.h>

namespace lockstep::client {

using runtime::Task;
using runtime::Wake;

Cluster::Cluster(runtime::Runtime& runtime, ClusterSpec spec, ConnectionOptions options)
    : runtime_(runtime),
      spec_(std::move(spec)),
      security_(runtime, spec_.security),
      options_(std::move(options)),
      tasks_(runtime.loop) {
    options_.security = &security_;
}

Cluster::~Cluster() = default;

Task<Result<ConnectionPtr>> Cluster::broker(BrokerId id, Purpose purpose, std::stop_token stop,
                                            size_t number) {
    const auto found = metadata_.brokers().find(id);
    if (found == metadata_.brokers().end()) {
        co_return Error(Errc::not_found,
                        fmt::format("cluster {} has no broker {} now", name(), id.value()));
    }
    const Endpoint endpoint = found->second;
    const Use use{purpose, number};
    auto connection = co_await connection_to(endpoint, use, stop);
    co_return connection;
}

Task<Result<ConnectionPtr>> Cluster::any_broker(std::stop_token stop) {
    std::vector<Endpoint> candidates;
    for (const auto& [id, endpoint] : metadata_.brokers()) {
        candidates.push_back(endpoint);
    }
    candidates.insert(candidates.end(), spec_.bootstrap.begin(), spec_.bootstrap.end());
    Error last(Errc::not_found, "cluster " + name() + " has no addresses");
    const Use use{Purpose::control};
    const size_t first = next_any_;
    for (size_t i = 0; i < candidates.size(); ++i) {
        const size_t index = (first + i) % candidates.size();
        auto connection = co_await connection_to(candidates[index], use, stop);
        if (connection.has_value()) {
            next_any_ = index;
            co_return connection;
        }
        last = std::move(connection).error();
        if (stop.stop_requested()) {
            break;
        }
    }
    co_return std::move(last).within("cluster " + name());
}

Task<Result<ConnectionPtr>> Cluster::connection_to(Endpoint endpoint, Use use,
                                                   std::stop_token stop) {
    auto& entry = slots_[{endpoint.to_string(), use}];
    if (!entry) {
        entry = std::make_unique<Slot>(runtime_.loop, options_.reconnect);
    }
    Slot& slot = *entry;  // slots live as long as the cluster
    while (true) {
        if (is_closed_ || stop.stop_requested()) {
            co_return Error(Errc::stopped, "connect to " + endpoint.to_string());
        }
        if (slot.connection && slot.connection->is_open() && !slot.is_opening) {
            co_return slot.connection;
        }
        if (slot.is_opening) {
            co_await slot.changed.wait(runtime::kNever, stop);
            continue;
        }
        if (runtime_.loop.now() >= slot.not_before) {
            break;
        }
        co_await slot.changed.wait(slot.not_before, stop);
    }
    if (slot.connection) {
        tasks_.spawn("retire connection", retire(std::move(slot.connection)));
    }
    slot.connection = std::make_shared<Connection>(runtime_, endpoint, options_);
    slot.is_opening = true;
    const ConnectionPtr connection = slot.connection;
    auto opened = co_await connection->open(stop);
    slot.is_opening = false;
    slot.not_before = runtime_.loop.now() + slot.backoff.next(runtime_.rng);
    if (opened.has_value()) {
        slot.backoff.reset();
    }
    slot.changed.notify_all();
    if (opened.has_error()) {
        co_return std::move(opened).error();
    }
    co_return connection;
}

/// Keeps a lost connection until its tasks have ended.
Task<void> Cluster::retire(ConnectionPtr connection) {
    connection->close();
    co_await connection->join();
}

Task<Result<void>> Cluster::refresh_metadata(const std::vector<std::string>* topics,
                                             std::stop_token stop) {
    protocol::MetadataRequest request;
    request.allow_auto_topic_creation = false;
    if (topics == nullptr) {
        request.topics = std::nullopt;
    } else {
        request.topics.emplace();
        for (const std::string& topic : *topics) {
            protocol::MetadataRequest::MetadataRequestTopic wanted;
            wanted.name = topic;
            request.topics->push_back(std::move(wanted));
        }
    }
    auto connection = co_await any_broker(stop);
    LS_CO_TRY(connected, std::move(connection));
    // Version 13 (KIP-1102) adds an answer that asks clients to start over from the bootstrap list.
    LS_CO_TRY(version, connected->version_of<protocol::MetadataRequest>(12));
    auto called = co_await connected->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    const std::string cluster_id = answer.message.cluster_id.value_or("");
    const bool is_known = !metadata_.cluster_id().empty();
    const std::string& expected = is_known ? metadata_.cluster_id() : spec_.id;
    if (!expected.empty() && cluster_id != expected) {
        connected->close();
        co_return Error(Errc::invalid_argument,
                        fmt::format("cluster {}: {} belongs to cluster id {}, not {} as {}", name(),
                                    connected->endpoint().to_string(), cluster_id, expected,
                                    is_known ? "before" : "clusters.id says"));
    }
    metadata_.apply(answer.message, topics == nullptr);
    co_return Result<void>();
}

void Cluster::connect_now() {
    for (auto& [key, slot] : slots_) {
        slot->not_before = {};
        slot->backoff.reset();
        slot->changed.notify_all();
    }
}

Task<void> Cluster::close() {
    is_closed_ = true;
    for (auto& [key, slot] : slots_) {
        if (slot->connection) {
            slot->connection->close();
        }
        slot->changed.notify_all();
    }
    for (auto& [key, slot] : slots_) {
        if (slot->connection) {
            co_await slot->connection->join();
        }
    }
    co_await tasks_.join();
}

}  // namespace lockstep::client
