#include "replication/engine.h"

#include "base/assert.h"
#include "base/log.h"
#include "replication/origin_ids.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace lockstep::replication {
namespace {

constexpr auto kDrainTime = std::chrono::seconds(3);
constexpr size_t kKeptBufferBytes = 8U << 20;

runtime::Task<void> stop_link(Link& link, runtime::TimePoint deadline) {
    co_await link.stop(deadline);
}

/// Whether they are one cluster, perhaps under two names.
bool may_be_same(const ClusterSpec& one, const ClusterSpec& other) {
    return one.name == other.name || (!one.id.empty() && one.id == other.id) ||
           std::ranges::find_first_of(one.bootstrap, other.bootstrap) != one.bootstrap.end();
}

}  // namespace

Engine::Engine(runtime::Runtime& runtime, EngineSetup setup)
    : runtime_(runtime),
      member_names_(setup.member_names),
      budget_(runtime.loop, setup.limits.in_flight_bytes),
      buffers_(kKeptBufferBytes),
      clusters_(std::move(setup.clusters)),
      fleet_(std::move(setup.limits.fleet)),
      session_partitions_(setup.limits.session_partitions),
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
    const LinkEnvironment environment{runtime_,
                                      budget_,
                                      buffers_,
                                      verify_rate_ ? &*verify_rate_ : nullptr,
                                      &cluster_ids_,
                                      &routes_,
                                      member_names_,
                                      fleet_,
                                      session_partitions_,
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
    Change change;
    std::vector<Running> staying;
    for (const LinkSpec& spec : links) {
        Running wanted{spec, cluster_named(clusters, spec.source),
                       cluster_named(clusters, spec.target), discovery_interval, nullptr};
        const auto same = std::ranges::find_if(
            links_, [&](const Running& each) { return each.link && each.is_same_as(wanted); });
        if (same == links_.end() || !has_same_origins(spec, clusters) ||
            copies_what_it_must_not(*same->link)) {
            change.starting.push_back(std::move(wanted));
        } else {
            staying.push_back(std::move(*same));
        }
    }
    std::erase_if(links_, [](const Running& each) { return each.link == nullptr; });
    ending_ = std::exchange(links_, std::move(staying));
    const auto former = std::exchange(clusters_, std::move(clusters));
    for (const ClusterSpec& cluster : clusters_) {
        const auto before = std::ranges::find(former, cluster.name, &ClusterSpec::name);
        if (before != former.end() && *before != cluster) {
            change.changed.push_back(cluster);
        } else {
            learn_id(cluster);
        }
    }
    begin_what_can(change);
    runtime::TaskGroup leaving(runtime_.loop);
    const auto deadline = runtime_.loop.now() + kDrainTime;
    for (const Running& each : ending_) {
        leaving.spawn("end link", end(*each.link, deadline, change));
    }
    co_await leaving.join();
    ending_.clear();
    if (probes_ && !is_stopping_) {
        co_await probes_->reconfigure(used_clusters());
    }
}

/// One that another is to begin instead of stays until then, so that whoever asks or pauses it
/// meanwhile finds it.
runtime::Task<void> Engine::end(Link& leaving, runtime::TimePoint deadline, Change& change) {
    co_await leaving.stop(deadline);
    const auto ended = std::ranges::find_if(
        ending_, [&](const Running& each) { return each.link.get() == &leaving; });
    const bool is_replaced = std::ranges::any_of(change.starting, [&](const Running& wanted) {
        return wanted.spec.name == ended->spec.name;
    });
    if (is_replaced) {
        ended->has_ended = true;
    } else {
        ending_.erase(ended);
    }
    begin_what_can(change);
}

void Engine::begin_what_can(Change& change) {
    if (is_stopping_) {
        return;
    }
    std::erase_if(change.changed, [this](const ClusterSpec& cluster) {
        const bool is_free = !is_in_use(cluster.name);
        if (is_free) {
            cluster_ids_.forget(cluster.name);  // it may be another one
            learn_id(cluster);
        }
        return is_free;
    });
    for (Running& wanted : std::exchange(change.starting, {})) {
        if (must_wait(wanted, change)) {
            change.starting.push_back(std::move(wanted));
            continue;
        }
        Pauses pauses;
        const auto former = std::ranges::find_if(
            ending_, [&](const Running& each) { return each.spec.name == wanted.spec.name; });
        if (former != ending_.end()) {
            pauses = former->link->pauses();
            ending_.erase(former);
        }
        open(wanted);
        wanted.link->start(pauses);
        links_.push_back(std::move(wanted));
    }
}

bool Engine::must_wait(const Running& wanted, const Change& change) const {
    const bool is_unclear = std::ranges::any_of(
        change.changed, [&](const ClusterSpec& cluster) { return wanted.uses(cluster.name); });
    return is_unclear || std::ranges::any_of(ending_, [&](const Running& each) {
               return !each.has_ended && (each.spec.name == wanted.spec.name ||
                                          may_be_same(each.target, wanted.target));
           });
}

bool Engine::is_in_use(const std::string& cluster) const {
    return std::ranges::any_of(
        ending_, [&](const Running& each) { return !each.has_ended && each.uses(cluster); });
}

bool Engine::Running::uses(const std::string& cluster) const {
    const auto& origins = spec.origins;
    return spec.source == cluster || spec.target == cluster ||
           (origins && std::ranges::find(*origins, cluster) != origins->end());
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

void Engine::learn_id(const ClusterSpec& cluster) {
    const auto learnt = cluster_ids_.learn(cluster.name, cluster.id);
    if (learnt.has_error()) {
        log::error("{}", learnt.error().message());
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
    if (targets.empty()) {
        log::warn("audit: there is no link to whose target it could be written; not written: {}",
                  value);
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
