#include "replication/engine.h"

#include "base/assert.h"
#include "base/log.h"
#include "replication/origin_ids.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace lockstep::replication {
namespace {

constexpr auto kDrainTime = std::chrono::seconds(3);
constexpr size_t kKeptBufferBytes = 8U << 20;

runtime::Task<void> stop_link(Link& link, runtime::TimePoint deadline) {
    co_await link.stop(deadline);
}

}  // namespace

Engine::Engine(runtime::Runtime& runtime, EngineSetup setup)
    : runtime_(runtime),
      member_names_(setup.member_names),
      budget_(runtime.loop, setup.limits.in_flight_bytes),
      buffers_(kKeptBufferBytes),
      clusters_(std::move(setup.clusters)),
      fleet_(std::move(setup.limits.fleet)),
      cluster_ids_(configured_ids(clusters_)),
      routes_(setup.links) {
    if (setup.limits.verify_bytes_per_second > 0) {
        verify_rate_.emplace(setup.limits.verify_bytes_per_second);
    }
    if (setup.probes_clusters) {
        probes_.emplace(runtime);
    }
    for (LinkSpec& link : setup.links) {
        Running wanted{link, cluster_named(clusters_, link.source),
                       cluster_named(clusters_, link.target), setup.limits.discovery_interval,
                       nullptr};
        open(wanted);
        links_.push_back(std::move(wanted));
    }
}

void Engine::open(Running& wanted) {
    const LinkEnvironment environment{
        runtime_,         budget_,  buffers_,      verify_rate_ ? &*verify_rate_ : nullptr,
        &cluster_ids_,    &routes_, member_names_, fleet_,
        &on_copy_deleted_};
    const LinkSpec& link = wanted.spec;
    auto filter = TopicFilter::make(link.topics, link.exclude);
    LS_ASSERT(filter.has_value());
    std::optional<GroupFilter> group_filter;
    if (!link.groups.empty()) {
        auto groups = GroupFilter::make(link.groups, link.exclude_groups);
        LS_ASSERT(groups.has_value());
        group_filter = std::move(*groups);
    }
    LinkSetup setup{wanted.source,      wanted.target,           link,
                    std::move(*filter), std::move(group_filter), wanted.discovery_interval};
    wanted.link = std::make_unique<Link>(environment, std::move(setup));
}

Engine::~Engine() = default;

void Engine::start() {
    for (Running& each : links_) {
        each.link->start({});
    }
    if (probes_) {
        probes_->start(used_clusters());
    }
}

runtime::Task<void> Engine::reconfigure(std::vector<ClusterSpec> clusters,
                                        std::vector<LinkSpec> links,
                                        runtime::Duration discovery_interval) {
    routes_ = TopicRoutes(links);
    std::vector<Running> staying;
    std::vector<Running> starting;
    for (const LinkSpec& spec : links) {
        Running wanted{spec, cluster_named(clusters, spec.source),
                       cluster_named(clusters, spec.target), discovery_interval, nullptr};
        const auto same = std::ranges::find_if(
            links_, [&](const Running& each) { return each.link && each.is_same_as(wanted); });
        if (same == links_.end() || !has_same_origins(spec, clusters) ||
            copies_what_it_must_not(*same->link)) {
            starting.push_back(std::move(wanted));
        } else {
            staying.push_back(std::move(*same));
        }
    }
    std::erase_if(links_, [](const Running& each) { return each.link == nullptr; });
    ending_ = std::exchange(links_, std::move(staying));
    co_await stop_all(ending_);
    std::map<std::string, Pauses> pauses;
    for (const Running& each : ending_) {
        pauses[each.spec.name] = each.link->pauses();
    }
    ending_.clear();
    if (is_stopping_) {
        co_return;
    }
    learn_ids(clusters);
    clusters_ = std::move(clusters);
    for (Running& wanted : starting) {
        open(wanted);
        wanted.link->start(std::move(pauses[wanted.spec.name]));
        links_.push_back(std::move(wanted));
    }
    if (probes_) {
        co_await probes_->reconfigure(used_clusters());
    }
}

bool Engine::has_same_origins(const LinkSpec& link,
                              const std::vector<ClusterSpec>& clusters) const {
    return std::ranges::all_of(
        link.origins.value_or(std::vector<std::string>()), [&](const std::string& name) {
            return cluster_named(clusters, name) == cluster_named(clusters_, name);
        });
}

bool Engine::copies_what_it_must_not(const Link& link) {
    return std::ranges::any_of(link.status().partitions, [&](const PartitionStatus& partition) {
        return !routes_.problem_of(link.spec().name, partition.id.topic).empty();
    });
}

/// A cluster that is spoken to in another way may be another cluster.
void Engine::learn_ids(const std::vector<ClusterSpec>& clusters) {
    for (const ClusterSpec& cluster : clusters) {
        const auto before = std::ranges::find(clusters_, cluster.name, &ClusterSpec::name);
        if (before != clusters_.end() && *before != cluster) {
            cluster_ids_.forget(cluster.name);
        }
        const auto learnt = cluster_ids_.learn(cluster.name, cluster.id);
        if (learnt.has_error()) {
            log::error("{}", learnt.error().message());
        }
    }
}

runtime::Task<void> Engine::stop() {
    is_stopping_ = true;
    runtime::TaskGroup stopping(runtime_.loop);
    if (probes_) {
        stopping.spawn("stop probes", probes_->stop());
    }
    co_await stop_all(links_);
    co_await stopping.join();
}

std::vector<ClusterSpec> Engine::used_clusters() const {
    std::vector<ClusterSpec> used;
    std::ranges::copy_if(clusters_, std::back_inserter(used), [this](const ClusterSpec& cluster) {
        return std::ranges::any_of(links_, [&](const Running& each) {
            return each.spec.source == cluster.name || each.spec.target == cluster.name;
        });
    });
    return used;
}

runtime::Task<void> Engine::stop_all(const std::vector<Running>& links) {
    runtime::TaskGroup stopping(runtime_.loop);
    const auto deadline = runtime_.loop.now() + kDrainTime;
    for (const Running& each : links) {
        stopping.spawn("stop link", stop_link(*each.link, deadline));
    }
    co_await stopping.join();
}

void Engine::audit(std::string_view link, const std::string& key, const std::string& value) {
    std::set<std::string_view> targets;
    for (const Running& each : links_) {
        const bool is_meant = link.empty() || each.spec.name == link;
        if (is_meant && targets.insert(each.spec.target).second) {
            each.link->audit(key, value);
        }
    }
}

Link* Engine::find_link(std::string_view name) {
    for (const auto* links : {&links_, &ending_}) {
        const auto found = std::ranges::find_if(
            *links, [&](const Running& each) { return each.spec.name == name; });
        if (found != links->end()) {
            return found->link.get();
        }
    }
    return nullptr;
}

std::vector<ClusterStatus> Engine::clusters() const {
    return probes_ ? probes_->status() : std::vector<ClusterStatus>();
}

std::vector<LinkStatus> Engine::status() const {
    std::vector<LinkStatus> statuses;
    for (const auto* links : {&links_, &ending_}) {
        for (const Running& each : *links) {
            statuses.push_back(each.link->status());
        }
    }
    return statuses;
}

}  // namespace lockstep::replication
