#include "app/demo_world.h"

#include "base/assert.h"
#include "base/text.h"
#include "sandbox/group_coordinator.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::app {

using sandbox::Broker;
using sandbox::Cluster;
using sandbox::ServedCluster;

namespace {

constexpr int kBrokers = 3;
constexpr size_t kMostPartitions = 12;
constexpr int64_t kLostRecords = 20;

std::vector<std::unique_ptr<ServedCluster>> make_clusters(runtime::Runtime& process,
                                                          const DemoLayout& layout) {
    std::vector<std::unique_ptr<ServedCluster>> clusters;
    for (const DemoPlace& place : layout.places) {
        sandbox::ClusterOptions options;
        options.name = place.name;
        options.brokers = kBrokers;
        clusters.push_back(
            std::make_unique<ServedCluster>(process.loop, process.rng, std::move(options)));
    }
    return clusters;
}

replication::TopicFilter make_filter(const LinkSpec& link) {
    auto filter = replication::TopicFilter::make(link.topics, link.exclude);
    LS_ASSERT(filter.has_value());
    return std::move(*filter);
}

ClusterSpec spec_of(const Cluster& cluster) {
    ClusterSpec spec;
    spec.name = cluster.options().name;
    spec.id = cluster.id();  // a relay need not wait for a third cluster that is down
    for (const Broker& broker : cluster.brokers()) {
        spec.bootstrap.push_back({broker.host, broker.port});
    }
    return spec;
}

std::map<TopicPartition, Offset> places_of(Cluster& cluster) {
    std::map<TopicPartition, Offset> places;
    const auto* group = cluster.groups().find(DemoWorkload::kGroup);
    if (group != nullptr) {
        for (const TopicPartition& id : group->offsets.partitions()) {
            places[id] = group->offsets.find(id)->offset;
        }
    }
    return places;
}

}  // namespace

DemoWorld::DemoWorld(runtime::Runtime& process, DemoLayout layout, int rate)
    : process_(process),
      layout_(std::move(layout)),
      filter_(make_filter(layout_.links.front())),
      clusters_(make_clusters(process, layout_)) {
    for (size_t i = 0; i < clusters_.size(); ++i) {
        if (layout_.places[i].is_written) {
            workloads_.push_back(
                std::make_unique<DemoWorkload>(clusters_[i]->cluster(), process.rng, rate));
        }
    }
}

Result<void> DemoWorld::start(sandbox::Listen listen) {
    std::vector<ClusterSpec> specs;
    for (const auto& cluster : clusters_) {
        LS_CHECK(cluster->start(listen));
        specs.push_back(spec_of(cluster->cluster()));
    }
    for (const auto& workload : workloads_) {
        workload->begin();
    }
    for (const LinkSpec& link : layout_.links) {
        workers_.push_back(std::make_unique<DemoWorker>(process_, specs, link));
        workers_.back()->resume();
    }
    return {};
}

runtime::Task<void> DemoWorld::stop() {
    for (const auto& worker : workers_) {
        co_await worker->stop();
    }
    for (const auto& cluster : clusters_) {
        co_await cluster->stop();
    }
}

ServedCluster* DemoWorld::find_cluster(const std::string& name) const {
    const auto found = std::ranges::find_if(clusters_, [&name](const auto& cluster) {
        return cluster->cluster().options().name == name;
    });
    return found == clusters_.end() ? nullptr : found->get();
}

DemoWorker* DemoWorld::find_worker(const std::string& link) const {
    const auto found = std::ranges::find_if(
        workers_, [&link](const auto& worker) { return worker->link().name == link; });
    return found == workers_.end() ? nullptr : found->get();
}

std::string DemoWorld::perform(const DemoAction& action) {
    switch (action.verb) {
        case DemoVerb::cut_link: return cut_link(action.name);
        case DemoVerb::heal_link: return heal_links(action.name);
        case DemoVerb::kill_broker: return kill_broker(action);
        case DemoVerb::restart_broker: return restart_broker(action);
        case DemoVerb::kill_cluster: return kill_cluster(action.name);
        case DemoVerb::restart_cluster: return restart_cluster(action.name);
        case DemoVerb::pause_lockstep: return set_paused(true);
        case DemoVerb::resume_lockstep: return set_paused(false);
        case DemoVerb::delete_topic:
            if (!first().find_topic(action.name)) {
                return "";
            }
            first().delete_topic(action.name);
            return fmt::format("deleted the topic {} at {}", action.name, first_name());
        case DemoVerb::create_topic:
            if (first().find_topic(action.name)) {
                return "";
            }
            workloads_.front()->create_topic(action.name);
            return fmt::format("created another topic {} at {}", action.name, first_name());
        case DemoVerb::add_partition: return add_partition(action.name);
        case DemoVerb::lose_records: return lose_records(action);
        case DemoVerb::quit: return "";  // that is the session's
    }
    return "";
}

std::string DemoWorld::cut_link(const std::string& name) {
    DemoWorker* worker = find_worker(name);
    if (worker == nullptr || worker->network().is_cut()) {
        return "";
    }
    worker->network().cut();
    return fmt::format("cut {}: Lockstep reaches neither cluster", name);
}

std::string DemoWorld::heal_links(const std::string& name) {
    std::string healed;
    for (const auto& worker : workers_) {
        const bool is_meant = name.empty() || worker->link().name == name;
        if (is_meant && worker->network().is_cut()) {
            worker->network().heal();
            healed += (healed.empty() ? "healed " : ", ") + worker->link().name;
        }
    }
    return healed;
}

std::string DemoWorld::kill_broker(const DemoAction& action) {
    ServedCluster* cluster = find_cluster(action.name);
    const BrokerId id(action.number);
    if (cluster == nullptr || !cluster->is_up(id)) {
        return "";
    }
    cluster->kill_broker(id);
    return fmt::format("killed broker {} of {}", action.number, action.name);
}

std::string DemoWorld::restart_broker(const DemoAction& action) {
    ServedCluster* cluster = find_cluster(action.name);
    const BrokerId id(action.number);
    if (cluster == nullptr || cluster->is_up(id)) {
        return "";
    }
    const auto restarted = cluster->restart_broker(id);
    return restarted.has_error()
               ? fmt::format("broker {} of {} does not come back: {}", id.value(), action.name,
                             restarted.error().message())
               : fmt::format("brought broker {} of {} back", id.value(), action.name);
}

std::string DemoWorld::kill_cluster(const std::string& name) {
    ServedCluster* cluster = find_cluster(name);
    bool is_any_killed = false;
    for (int number = 1; cluster != nullptr && number <= kBrokers; ++number) {
        is_any_killed = is_any_killed || cluster->is_up(BrokerId(number));
        cluster->kill_broker(BrokerId(number));
    }
    return is_any_killed ? fmt::format("killed all brokers of {}", name) : "";
}

std::string DemoWorld::restart_cluster(const std::string& name) {
    // The last one that died has all records: it leads again.
    std::string done;
    for (int number = kBrokers; number >= 1; --number) {
        const std::string one = restart_broker({DemoVerb::restart_broker, name, number});
        done = one.empty() ? done : one;
    }
    return done.empty() ? "" : fmt::format("brought all brokers of {} back", name);
}

std::string DemoWorld::set_paused(bool is_paused) {
    bool has_changed = false;
    for (const auto& worker : workers_) {
        has_changed = has_changed || worker->is_paused() != is_paused;
        is_paused ? worker->pause() : worker->resume();
    }
    if (!has_changed) {
        return "";
    }
    return is_paused ? "stopped Lockstep" : "started Lockstep again";
}

std::string DemoWorld::add_partition(const std::string& topic) {
    const auto found = first().find_topic(topic);
    if (!found || found->partitions.size() >= kMostPartitions) {
        return "";
    }
    first().add_partitions(*found, static_cast<int32_t>(found->partitions.size() + 1));
    first().note_log_change();
    return fmt::format("added partition {}-{} at {}", topic, found->partitions.size() - 1,
                       first_name());
}

std::string DemoWorld::lose_records(const DemoAction& action) {
    const auto partition = first().find_partition(action.name, action.number);
    if (!partition || partition->leader == kNoBroker) {
        return "";
    }
    const auto other = std::ranges::find_if(partition->replicas, [&](const BrokerId id) {
        return id != partition->leader && first().find_broker(id)->is_up;
    });
    if (other == partition->replicas.end()) {
        return "";
    }
    const BrokerId leader = *other;
    const int64_t lost = std::min<int64_t>(
        kLostRecords, partition->log.end_offset() - partition->log.start_offset());
    const Offset from = partition->log.end_offset() - lost;
    first().elect_uncleanly(*partition, leader, from);
    first().set_broker_up(leader, true);  // those that are there follow the new leader
    census_.erase({first().find_topic(action.name)->id, partition->index});
    return fmt::format("lost the last {} records of {}-{} at {}, from offset {}", lost, action.name,
                       action.number, first_name(), format_count(from.value()));
}

DemoNames demo_names(const DemoLayout& layout) {
    return {layout.cluster_names(), layout.link_names(), DemoWorkload::topics(), kBrokers};
}

void DemoWorld::write_until(double seconds) {
    for (const auto& workload : workloads_) {
        workload->write_until(seconds);
    }
}

void DemoWorld::commit_places() {
    if (layout_.has_groups) {
        workloads_.front()->commit_places();
    }
}

void DemoWorld::compact() {
    for (const auto& workload : workloads_) {
        workload->compact();
    }
}

void DemoWorld::finish_writing() {
    for (const auto& workload : workloads_) {
        workload->finish();
    }
    commit_places();
}

DemoKeyTargets DemoWorld::key_targets(size_t link) const {
    const LinkSpec& spec = workers_[link]->link();
    return {spec.name, spec.source, spec.target, DemoWorkload::topics().front(), 1};
}

DemoBreakage DemoWorld::breakage(const DemoKeyTargets& targets) const {
    DemoBreakage broken;
    for (const auto& worker : workers_) {
        if (worker->network().is_cut()) {
            broken.cut_links.insert(worker->link().name);
        }
        broken.is_paused = broken.is_paused || worker->is_paused();
    }
    for (const auto& cluster : clusters_) {
        if (std::ranges::none_of(cluster->cluster().brokers(), &Broker::is_up)) {
            broken.clusters_down.insert(cluster->cluster().options().name);
        }
    }
    broken.is_source_broker_down = !find_cluster(targets.source)->is_up(BrokerId(targets.broker));
    broken.is_topic_deleted = !first().find_topic(targets.topic);
    return broken;
}

/// Where offsets are kept, the logs' ends tell all.
void DemoWorld::take_census() {
    if (std::ranges::none_of(layout_.links, [](const auto& link) { return !!link.origins; })) {
        return;
    }
    for (const auto& served : clusters_) {
        const Cluster& cluster = served->cluster();
        for (const auto& [name, topic] : cluster.topics()) {
            if (!filter_.matches(name)) {
                continue;
            }
            for (const auto& partition : topic->partitions) {
                const auto [entry, is_new] = census_.try_emplace(
                    {topic->id, partition->index}, DemoLogCensus(origin_tag(cluster.id())));
                entry->second.read(partition->log);
            }
        }
    }
}

const DemoLogCensus& DemoWorld::census_of(const Cluster& cluster, const TopicPartition& id) const {
    static const DemoLogCensus nothing{OriginTag()};
    const auto topic = cluster.find_topic(id.topic);
    const auto found = topic ? census_.find({topic->id, id.partition}) : census_.end();
    return found == census_.end() ? nothing : found->second;
}

/// Of a partition that the source has.
DemoPartitionLogs DemoWorld::logs_of(const LinkSpec& link, const TopicPartition& id) const {
    const Cluster& source = find_cluster(link.source)->cluster();
    const Cluster& target = find_cluster(link.target)->cluster();
    const auto original = source.find_partition(id.topic, id.partition.value());
    const auto copy = target.find_partition(id.topic, id.partition.value());
    DemoPartitionLogs logs{original->log.start_offset(), original->log.last_stable_offset(),
                           original->log.end_offset(), copy ? copy->log.end_offset() : Offset(0)};
    if (source.find_topic(id.topic)->log_config.is_compacted) {
        logs.cleanup = DemoCleanup::compacted;
    }
    for (const std::string& name : link.origins.value_or(std::vector<std::string>())) {
        const OriginTag origin = origin_tag(find_cluster(name)->cluster().id());
        logs.origins.push_back(compare_tallies(name, census_of(source, id).committed(origin),
                                               census_of(target, id).copied(origin), logs.cleanup));
    }
    return logs;
}

DemoLogs DemoWorld::logs_of(const LinkSpec& link) const {
    DemoLogs logs;
    for (const auto& [name, topic] : find_cluster(link.source)->cluster().topics()) {
        if (!filter_.matches(name)) {
            continue;
        }
        for (const auto& partition : topic->partitions) {
            const TopicPartition id{name, partition->index};
            logs[id] = logs_of(link, id);
        }
    }
    return logs;
}

std::vector<DemoLinkView> DemoWorld::links() {
    take_census();
    std::vector<DemoLinkView> views;
    for (const auto& worker : workers_) {
        views.push_back({worker->status(), logs_of(worker->link()), worker->network().is_cut(),
                         worker->is_paused()});
    }
    return views;
}

DemoGroup DemoWorld::group() const {
    DemoGroup group;
    if (!layout_.has_groups) {
        return group;
    }
    group.name = DemoWorkload::kGroup;
    group.source = first_name();
    const auto original = places_of(first());
    for (const auto& [id, place] : original) {
        group.place += place.value();
    }
    for (const LinkSpec& link : layout_.links) {
        const auto places = places_of(find_cluster(link.target)->cluster());
        DemoGroupCopy copy{link.target, 0, 0, original.size()};
        for (const auto& [id, place] : original) {
            const auto found = places.find(id);
            if (found != places.end()) {
                copy.place += found->second.value();
                copy.exact += found->second == place ? 1 : 0;
            }
        }
        group.copies.push_back(std::move(copy));
    }
    return group;
}

void DemoWorld::sample(double seconds) {
    for (const auto& cluster : clusters_) {
        Growth& growth = growth_[cluster->cluster().options().name];
        for (const auto& [name, topic] : cluster->cluster().topics()) {
            if (!filter_.matches(name)) {
                continue;
            }
            for (const auto& partition : topic->partitions) {
                Growth::Log& known = growth.logs[{name, partition->index}];
                const Growth::Log now{partition->log.end_offset().value(),
                                      partition->log.size_bytes()};
                growth.records +=
                    now.end > known.end ? static_cast<uint64_t>(now.end - known.end) : 0;
                growth.bytes += now.bytes > known.bytes ? now.bytes - known.bytes : 0;
                known = now;
            }
        }
        growth.records_rate.sample(seconds, growth.records);
        growth.bytes_rate.sample(seconds, growth.bytes);
    }
    std::vector<LinkStatus> statuses;
    for (const auto& worker : workers_) {
        statuses.push_back(worker->status());
    }
    rates_.sample(seconds, statuses);
}

std::vector<DemoCluster> DemoWorld::clusters() const {
    std::vector<DemoCluster> shown;
    for (size_t i = 0; i < clusters_.size(); ++i) {
        const auto& cluster = clusters_[i];
        DemoCluster one;
        one.name = layout_.places[i].name;
        one.role = layout_.places[i].role;
        one.is_written = layout_.places[i].is_written;
        one.bootstrap = cluster->bootstrap();
        for (const Broker& broker : cluster->cluster().brokers()) {
            one.brokers.push_back({broker.id.value(), broker.is_up});
        }
        for (const auto& [name, topic] : cluster->cluster().topics()) {
            if (!filter_.matches(name)) {
                continue;  // what Lockstep keeps there
            }
            for (const auto& partition : topic->partitions) {
                one.records += partition->log.end_offset() - partition->log.start_offset();
            }
        }
        const auto growth = growth_.find(one.name);
        if (growth != growth_.end()) {
            one.records_per_second = growth->second.records_rate.per_second();
            one.bytes_per_second = growth->second.bytes_rate.per_second();
        }
        shown.push_back(std::move(one));
    }
    return shown;
}

}  // namespace lockstep::app
