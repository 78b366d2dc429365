#include "replication/origin_ids.h"

#include "client/cluster.h"

namespace lockstep::replication {

using runtime::Task;

ClusterIds configured_ids(const std::vector<ClusterSpec>& clusters) {
    ClusterIds ids;
    for (const ClusterSpec& cluster : clusters) {
        // Names are unique: there is nothing that it could contradict.
        const auto learnt = ids.learn(cluster.name, cluster.id);
        static_cast<void>(learnt);
    }
    return ids;
}

RelayedOrigins relayed_by(const LinkSpec& link, std::vector<ClusterSpec> clusters) {
    RelayedOrigins relayed{std::move(clusters), {}};
    for (const std::string& name : link.origins.value_or(std::vector<std::string>())) {
        if (name != link.source) {
            relayed.names.push_back(name);
        }
    }
    return relayed;
}

Task<Result<void>> learn_origins(runtime::Runtime& runtime, RelayedOrigins origins, ClusterIds& ids,
                                 std::stop_token stop) {
    for (const std::string& name : origins.names) {
        if (!ids.of(name).empty()) {
            continue;
        }
        client::ConnectionOptions options;
        options.connect_timeout = std::chrono::seconds(5);
        client::Cluster cluster(runtime, cluster_named(origins.clusters, name), options);
        const std::vector<std::string> no_topics;
        auto asked = co_await cluster.refresh_metadata(&no_topics, stop);
        const std::string id = cluster.metadata().cluster_id();
        co_await cluster.close();
        if (asked.has_error()) {
            co_return std::move(asked).error().within("origin " + name);
        }
        LS_CO_CHECK(ids.learn(name, id));
    }
    co_return Result<void>();
}

}  // namespace lockstep::replication
