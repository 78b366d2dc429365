// What happens to brokers: a part of Faults.

#include "replication/offsets_store.h"
#include "sandbox/acls.h"
#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace lockstep::sim {

using sandbox::Broker;
using std::chrono::seconds;

/// Where a suspended worker was about to send a batch whose sequence is 0, no broker could tell
/// that it comes too late: "lose tail asleep" is for what it can tell.
void Faults::lose_target_tail() {
    std::string name;
    const auto partition = draw_partition(scenario_.target_, name);
    if (partition && partition->leader != kNoBroker && is_all_delivered()) {
        lose_tail(scenario_.target_, *partition, name);
    }
}

bool Faults::is_all_delivered() const {
    return scenario_.internet_.is_whole() &&
           std::ranges::none_of(scenario_.workers_, [](const auto& worker) {
               return worker && worker->node().is_paused();
           });
}

/// What was copied of it, the source will never have again. Markers are not lost: the truth about
/// a transaction would be another one then.
void Faults::lose_source_tail() {
    std::string name;
    const auto partition = draw_partition(scenario_.source_, name);
    if (!partition || partition->leader == kNoBroker) {
        return;
    }
    const auto plan = std::ranges::find(scenario_.plan_.topics, name, &TopicPlan::name);
    const Offset end = partition->log.end_offset();
    if (plan->kind != TopicKind::transactional) {
        lose_tail(scenario_.source_, *partition, name);
    }
    if (partition->log.end_offset() != end) {
        scenario_.workload_->on_cut({name, partition->index}, partition->log.end_offset());
    }
}

/// Where records come from has to be told from both logs again. What a suspended worker was about
/// to store would fit then, as the broker has nothing any more that came after it.
void Faults::lose_map_tail() {
    const std::string name = replication::OffsetsStore::kTopic;
    const auto topic = scenario_.target_.cluster->cluster().find_topic(name);
    const uint64_t drawn = scenario_.world_.rng().below(replication::OffsetsStore::kPartitions);
    if (topic && topic->partitions[drawn]->leader != kNoBroker && is_all_delivered()) {
        lose_tail(scenario_.target_, *topic->partitions[drawn], name);
    }
}

void Faults::lose_tail(Place& place, sandbox::Partition& partition, const std::string& name) {
    sandbox::ServedCluster& cluster = *place.cluster;
    const BrokerId dead = partition.leader;
    const int64_t there = partition.log.end_offset() - partition.log.start_offset();
    const auto lost = static_cast<int64_t>(
        scenario_.world_.rng().below(static_cast<uint64_t>(std::min<int64_t>(there, 20) + 1)));
    const Offset cut = partition.log.end_offset() - lost;
    scenario_.world_.note(fmt::format("{}-{} on the {} loses {} offsets from {}", name,
                                      partition.index.value(), place.name, lost, cut.value()));
    // Its leader dies, and who leads then has not all of it: another, or the same one, started
    // again after its last writes were lost.
    cluster.kill_broker(dead);
    const auto other = std::ranges::find_if(
        partition.replicas, [&cluster](const BrokerId id) { return cluster.is_up(id); });
    const bool has_other = other != partition.replicas.end();
    cluster.cluster().elect_uncleanly(partition, has_other ? *other : dead, cut);
    if (!has_other) {
        cluster.cluster().move_leader(partition, kNoBroker);
    }
    heal_later(
        seconds(5), fmt::format("broker {} of the {}", dead.value(), place.name),
        [&cluster, dead] { [[maybe_unused]] const auto restarted = cluster.restart_broker(dead); });
}

/// Brokers do so after a day without a write: not while anything may still be on its way. An empty
/// log of a topic that is made again would look like nobody's.
void Faults::forget_producers() {
    std::string name;
    const auto partition = draw_partition(scenario_.target_, name);
    if (!partition || !is_all_delivered()) {
        return;
    }
    const Offset end = partition->log.end_offset();
    if (partition->log.start_offset() == end && scenario_.plan_.has_fault("recreate topic")) {
        return;
    }
    scenario_.world_.after(seconds(1), [this, partition, end, name] {
        if (partition->log.end_offset() == end && is_all_delivered()) {
            scenario_.world_.note(fmt::format("{}-{} on the target forgets its producers", name,
                                              partition->index.value()));
            partition->log.forget_producers();
        }
    });
}

namespace {

/// Takes nothing more.
class FullDisk final : public sandbox::LogStorage {
public:
    Result<void> append(ByteView) override {
        return Error(Errc::limit_exceeded, "no space left on device");
    }
    void truncate(Offset) override {}
    void replace(const std::vector<Bytes>&) override {}
    void forget_before(Offset) override {}
    Offset safe_end() const override { return Offset(std::numeric_limits<int64_t>::max()); }
    bool is_damaged() const override { return false; }
};

}  // namespace

/// A broker of the target answers every write with KAFKA_STORAGE_ERROR. It can be read.
void Faults::fill_disk() {
    sandbox::Cluster& cluster = scenario_.target_.cluster->cluster();
    const auto& brokers = cluster.brokers();
    const Broker& broker = brokers[scenario_.world_.rng().below(brokers.size())];
    std::vector<std::shared_ptr<sandbox::Partition>> led;
    for (const auto& [name, topic] : cluster.topics()) {
        std::ranges::copy_if(
            topic->partitions, std::back_inserter(led),
            [&broker](const auto& partition) { return partition->leader == broker.id; });
    }
    for (const auto& partition : led) {
        full_.begin(partition);
        partition->log.keep_in(std::make_shared<FullDisk>());
    }
    const std::string what = fmt::format("the disk of {} is full", broker.host);
    scenario_.world_.note(what);
    heal_later(seconds(15), what, [this, led] {
        for (const auto& partition : led) {
            if (full_.end(partition)) {
                partition->log.keep_in(nullptr);
            }
        }
    });
}

/// An administrator takes a right away, and gives it back.
void Faults::deny() {
    using sandbox::AclOperation;
    using sandbox::ResourceType;
    Rng& rng = scenario_.world_.rng();
    Place& place = draw_place();
    sandbox::Acl acl;
    acl.principal = "User:ANONYMOUS";
    acl.host = sandbox::kWildcard;
    acl.permission = sandbox::AclPermission::deny;
    acl.operation = rng.chance(0.5) ? AclOperation::all : AclOperation::write;
    const auto& plans = scenario_.plan_.topics;
    switch (rng.below(4)) {
        case 0:
            acl.type = ResourceType::cluster;
            acl.name = sandbox::kClusterResource;
            acl.operation = AclOperation::all;
            break;
        case 1:
            acl.type = ResourceType::group;
            acl.name = sandbox::kWildcard;
            acl.operation = AclOperation::all;
            break;
        case 2: acl.name = sandbox::kWildcard; break;
        default: acl.name = plans[rng.below(plans.size())].name;
    }
    const std::string what =
        fmt::format("deny {} {} on the {}", static_cast<int>(acl.type), acl.name, place.name);
    scenario_.world_.note(what);
    sandbox::Cluster& cluster = place.cluster->cluster();
    cluster.acls().add(acl);
    denied_.begin({place.name, acl});
    heal_later(seconds(15), what, [this, &cluster, place = place.name, acl] {
        if (denied_.end({place, acl})) {
            cluster.acls().remove({acl.type, acl.pattern, acl.name, acl.principal, acl.host,
                                   acl.operation, acl.permission});
        }
    });
}

}  // namespace lockstep::sim
