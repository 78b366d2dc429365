#include "app/regions.h"

#include "app/status_json.h"
#include "base/text.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

namespace lockstep::app {
namespace {

using Json = nlohmann::ordered_json;

/// The larger, the worse.
int severity(ClusterHealth health) {
    switch (health) {
        case ClusterHealth::healthy: return 0;
        case ClusterHealth::unknown: return 1;
        case ClusterHealth::degraded: return 2;
        case ClusterHealth::unreachable: return 3;
    }
    return 3;
}

double bytes_per_second(const LinkStatus& link, const Rates& rates) {
    double sum = 0;
    for (const PartitionStatus& partition : link.partitions) {
        sum += rates.of(link.name, partition.id).bytes_per_second;
    }
    return sum;
}

/// What is copied, summed up by where it goes to and comes from.
class Sums {
public:
    explicit Sums(const ApiView& view) {
        std::map<std::string, std::string> regions;
        for (const ClusterStatus& cluster : view.clusters) {
            regions[cluster.name] = cluster.region;
        }
        for (const LinkStatus& link : view.links) {
            const double bytes = bytes_per_second(link, view.rates);
            clusters_[link.source].out += bytes;
            clusters_[link.target].in += bytes;
            const std::string from = regions[link.source];
            const std::string to = regions[link.target];
            if (from == to) {
                regions_[from].within += bytes;
            } else {
                regions_[from].out += bytes;
                regions_[to].in += bytes;
            }
        }
    }

    Traffic of_cluster(const std::string& name) { return clusters_[name]; }
    Traffic of_region(const std::string& name) { return regions_[name]; }

private:
    std::map<std::string, Traffic> clusters_;
    std::map<std::string, Traffic> regions_;
};

Json cluster_json(const RegionCluster& cluster) {
    const ClusterStatus& status = cluster.status;
    return {{"cluster", status.name},
            {"region", status.region},
            {"health", to_string(status.health)},
            {"reason", status.reason},
            {"since", format_utc(status.since_ms)},
            {"last_answer",
             status.last_answer_ms ? Json(format_utc(*status.last_answer_ms)) : Json(nullptr)},
            {"round_trip_ms", seconds_json(status.round_trip_ms)},
            {"brokers", status.brokers},
            {"in_bytes_per_second", seconds_json(cluster.traffic.in)},
            {"out_bytes_per_second", seconds_json(cluster.traffic.out)}};
}

Json region_json(const Region& region) {
    Json clusters = Json::array();
    for (const RegionCluster& cluster : region.clusters) {
        clusters.push_back(cluster_json(cluster));
    }
    return {{"region", region.name},
            {"health", to_string(region.health())},
            {"round_trip_ms", seconds_json(region.round_trip_ms())},
            {"brokers", region.brokers()},
            {"in_bytes_per_second", seconds_json(region.traffic.in)},
            {"out_bytes_per_second", seconds_json(region.traffic.out)},
            {"within_bytes_per_second", seconds_json(region.traffic.within)},
            {"clusters", std::move(clusters)}};
}

std::string text_of(const Json& body) {
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

ClusterHealth Region::health() const {
    const auto worst = std::ranges::max_element(
        clusters, {}, [](const RegionCluster& each) { return severity(each.status.health); });
    return worst == clusters.end() ? ClusterHealth::unknown : worst->status.health;
}

std::optional<double> Region::round_trip_ms() const {
    std::optional<double> smallest;
    for (const RegionCluster& cluster : clusters) {
        const auto& measured = cluster.status.round_trip_ms;
        if (measured && (!smallest || *measured < *smallest)) {
            smallest = measured;
        }
    }
    return smallest;
}

size_t Region::brokers() const {
    size_t sum = 0;
    for (const RegionCluster& cluster : clusters) {
        sum += cluster.status.brokers;
    }
    return sum;
}

std::vector<Region> regions_of(const ApiView& view) {
    Sums sums(view);
    std::vector<Region> regions;
    for (const ClusterStatus& cluster : view.clusters) {
        auto region = std::ranges::find(regions, cluster.region, &Region::name);
        if (region == regions.end()) {
            regions.push_back({cluster.region, {}, sums.of_region(cluster.region)});
            region = regions.end() - 1;
        }
        region->clusters.push_back({cluster, sums.of_cluster(cluster.name)});
    }
    return regions;
}

std::string clusters_json(const ApiView& view) {
    Sums sums(view);
    Json rows = Json::array();
    for (const ClusterStatus& cluster : view.clusters) {
        rows.push_back(cluster_json({cluster, sums.of_cluster(cluster.name)}));
    }
    return text_of({{"clusters", std::move(rows)}});
}

std::string regions_json(const ApiView& view) {
    Json rows = Json::array();
    for (const Region& region : regions_of(view)) {
        rows.push_back(region_json(region));
    }
    return text_of({{"regions", std::move(rows)}});
}

}  // namespace lockstep::app
