#include "app/demo_world.h"

#include "base/assert.h"
#include "base/text.h"
#include "sandbox/group_coordinator.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace lockstep::app {

using sandbox::Broker;
using sandbox::Cluster;
using sandbox::ServedCluster;

namespace {

constexpr std::array<const char*, 3> kNames{"berlin", "paris", "london"};
constexpr int kBrokers = 3;
constexpr size_t kMostPartitions = 12;
constexpr int64_t kLostRecords = 20;

std::vector<std::unique_ptr<ServedCluster>> make_clusters(runtime::Runtime& process) {
    std::vector<std::unique_ptr<ServedCluster>> clusters;
    for (const char* name : kNames) {
        sandbox::ClusterOptions options;
        options.name = name;
        options.brokers = kBrokers;
        clusters.push_back(
            std::make_unique<ServedCluster>(process.loop, process.rng, std::move(options)));
    }
    return clusters;
}

std::vector<std::string> targets_of(const DemoOptions& options) {
    return options.strategy == "hub-spoke" ? std::vector<std::string>{"paris", "london"}
                                           : std::vector<std::string>{"paris"};
}

ClusterSpec spec_of(const Cluster& cluster) {
    ClusterSpec spec;
    spec.name = cluster.options().name;
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

DemoWorld::DemoWorld(runtime::Runtime& process, const DemoOptions& options)
    : process_(process),
      targets_(targets_of(options)),
      clusters_(make_clusters(process)),
      workload_(source(), process.rng, options.rate) {}

Result<void> DemoWorld::start(sandbox::Listen listen) {
    for (const auto& cluster : clusters_) {
        LS_CHECK(cluster->start(listen));
    }
    workload_.begin();
    for (const std::string& target : targets_) {
        workers_.push_back(std::make_unique<DemoWorker>(process_, spec_of(source()),
                                                        spec_of(find_cluster(target)->cluster())));
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
            if (!source().find_topic(action.name)) {
                return "";
            }
            source().delete_topic(action.name);
            return fmt::format("deleted the topic {} at the source", action.name);
        case DemoVerb::create_topic:
            if (source().find_topic(action.name)) {
                return "";
            }
            workload_.create_topic(action.name);
            return fmt::format("created another topic {} at the source", action.name);
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
    const auto found = source().find_topic(topic);
    if (!found || found->partitions.size() >= kMostPartitions) {
        return "";
    }
    source().add_partitions(*found, static_cast<int32_t>(found->partitions.size() + 1));
    source().note_log_change();
    return fmt::format("added partition {}-{} at the source", topic, found->partitions.size() - 1);
}

std::string DemoWorld::lose_records(const DemoAction& action) {
    const auto partition = source().find_partition(action.name, action.number);
    if (!partition || partition->leader == kNoBroker) {
        return "";
    }
    const auto other = std::ranges::find_if(partition->replicas, [&](const BrokerId id) {
        return id != partition->leader && source().find_broker(id)->is_up;
    });
    if (other == partition->replicas.end()) {
        return "";
    }
    const BrokerId leader = *other;
    const int64_t lost = std::min<int64_t>(
        kLostRecords, partition->log.end_offset() - partition->log.start_offset());
    const Offset from = partition->log.end_offset() - lost;
    source().elect_uncleanly(*partition, leader, from);
    source().set_broker_up(leader, true);  // those that are there follow the new leader
    return fmt::format("lost the last {} records of {}-{} at the source, from offset {}", lost,
                       action.name, action.number, format_count(from.value()));
}

DemoNames demo_names(const DemoOptions& options) {
    DemoNames names;
    names.brokers = kBrokers;
    names.clusters.assign(kNames.begin(), kNames.end());
    for (const std::string& target : targets_of(options)) {
        names.links.push_back(fmt::format("{}-{}", kNames.front(), target));
    }
    names.topics = DemoWorkload::topics();
    return names;
}

DemoKeyTargets DemoWorld::key_targets() const {
    const LinkSpec& link = workers_.front()->link();
    return {link.name, link.source, link.target, DemoWorkload::topics().front(), 1};
}

DemoBreakage DemoWorld::breakage() const {
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
    const DemoKeyTargets targets = key_targets();
    broken.is_source_broker_down = !source().find_broker(BrokerId(targets.broker))->is_up;
    broken.is_topic_deleted = !source().find_topic(targets.topic);
    return broken;
}

DemoLogs DemoWorld::logs_between(const Cluster& target) const {
    DemoLogs logs;
    for (const auto& [name, topic] : source().topics()) {
        if (topic->is_internal) {
            continue;
        }
        for (const auto& partition : topic->partitions) {
            const auto copy = target.find_partition(name, partition->index.value());
            logs[{name, partition->index}] = {
                partition->log.start_offset(), partition->log.last_stable_offset(),
                partition->log.end_offset(), copy ? copy->log.end_offset() : Offset(0)};
        }
    }
    return logs;
}

std::vector<DemoLinkView> DemoWorld::links() const {
    std::vector<DemoLinkView> views;
    for (const auto& worker : workers_) {
        views.push_back({worker->status(),
                         logs_between(find_cluster(worker->link().target)->cluster()),
                         worker->network().is_cut(), worker->is_paused()});
    }
    return views;
}

DemoGroup DemoWorld::group() const {
    DemoGroup group;
    group.name = DemoWorkload::kGroup;
    group.source = kNames.front();
    const auto original = places_of(source());
    for (const auto& [id, place] : original) {
        group.place += place.value();
    }
    for (const std::string& target : targets_) {
        const auto places = places_of(find_cluster(target)->cluster());
        DemoGroupCopy copy{target, 0, 0, original.size()};
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

std::string DemoWorld::role_of(const std::string& name) const {
    if (name == kNames.front()) {
        return "source";
    }
    return std::ranges::find(targets_, name) == targets_.end() ? "not linked here" : "target";
}

std::vector<DemoCluster> DemoWorld::clusters() const {
    std::vector<DemoCluster> shown;
    for (const auto& cluster : clusters_) {
        DemoCluster one;
        one.name = cluster->cluster().options().name;
        one.role = role_of(one.name);
        one.bootstrap = cluster->bootstrap();
        for (const Broker& broker : cluster->cluster().brokers()) {
            one.brokers.push_back({broker.id.value(), broker.is_up});
        }
        for (const auto& [name, topic] : cluster->cluster().topics()) {
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
