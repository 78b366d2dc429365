// Several harms at once, which would hardly ever meet by themselves: a part of Faults.

#include "sandbox/classic_group.h"
#include "sandbox/group_coordinator.h"
#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using sandbox::Broker;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// Until another worker has the turn of one that is not heard of.
constexpr Duration kLongestTurn = seconds(10);

}  // namespace

/// Nothing gets from a worker to the target. What it has sent comes when another one has just got
/// the turn. The writers may be silent meanwhile, so that nothing is written behind it.
void Faults::cut_off() {
    const NodeLoop* node = draw_worker_node();
    if (node == nullptr) {
        return;
    }
    Workload& workload = *scenario_.workload_;
    const bool is_silent = scenario_.world_.rng().chance(0.7);
    const Duration more = scenario_.world_.rng().chance(0.5) ? Duration(0) : milliseconds(300);
    if (is_silent) {
        scenario_.world_.after(scenario_.world_.draw_up_to(more), [this] {
            scenario_.world_.note("the writers are silent");
            scenario_.workload_->be_quiet_for(kLongestTurn);
        });
    }
    const Ways ways{node->name(), hosts_of(scenario_.target_)};
    const std::string what = fmt::format("cut {} off from the target", ways.worker);
    scenario_.world_.note(what);
    cut(ways);
    const int open = begin(what, [this, &workload, ways, is_silent] {
        mend(ways);
        if (is_silent) {
            workload.be_quiet_for(milliseconds(300));
        }
    });
    heal_with_next_turn(open, turn_generation(), scenario_.world_.now() + kLongestTurn);
}

void Faults::heal_with_next_turn(int open, int32_t generation, TimePoint until) {
    if (!is_open(open)) {
        return;
    }
    World& world = scenario_.world_;
    const int32_t now = turn_generation();
    if ((now != 0 && now != generation) || world.now() >= until) {
        // Who has it now is about to look at the logs, and to go on.
        world.after(scenario_.world_.draw_up_to(12 * scenario_.plan_.latency.most),
                    [this, open] { heal(open); });
    } else {
        world.after(milliseconds(5), [this, open, generation, until] {
            heal_with_next_turn(open, generation, until);
        });
    }
}

std::string Faults::turn_group() const {
    return fmt::format("__lockstep.{}.{}", scenario_.source_.cluster->cluster().id(),
                       Scenario::kLinkName);
}

/// Which one it is that the group of those who want the turn is in; 0 where nobody is given it now.
int32_t Faults::turn_generation() const {
    const auto* group = scenario_.target_.cluster->cluster().groups().find_classic(turn_group());
    const bool is_given =
        group != nullptr && group->state() == sandbox::ClassicGroup::State::stable;
    return is_given ? group->generation() : 0;
}

/// A worker can write, but cannot hear that it has lost the turn.
void Faults::cut_from_coordinator() {
    const NodeLoop* node = draw_worker_node();
    sandbox::Cluster& cluster = scenario_.target_.cluster->cluster();
    const Broker* coordinator = cluster.find_broker(cluster.coordinator_of(turn_group()));
    if (node == nullptr || coordinator == nullptr || cluster.brokers().size() == 1) {
        return;  // the only one is more than that
    }
    const Ways ways{node->name(), {coordinator->host}};
    const std::string what =
        fmt::format("cut {} from {}, which coordinates the turn", ways.worker, coordinator->host);
    scenario_.world_.note(what);
    cut(ways);
    heal_after(seconds(8) + scenario_.world_.draw_up_to(seconds(8)), what,
               [this, ways] { mend(ways); });
}

/// The worker that copies a compacted partition is suspended, with an answer to come that has
/// records as they were written. They are compacted meanwhile, and it wakes up when another one has
/// just got its turn, which finds them so.
void Faults::compact_apart() {
    const auto is_awake = [](const auto& worker) {
        return worker != nullptr && !worker->node().is_paused();
    };
    if (std::ranges::count_if(scenario_.workers_, is_awake) < 2) {
        return;
    }
    std::vector<Copier> copiers;
    for (const auto& worker : scenario_.workers_) {
        if (!is_awake(worker)) {
            continue;
        }
        for (const LinkStatus& link : worker->status()) {
            for (const PartitionStatus& partition : link.partitions) {
                const auto at_source = find_compacted(partition.id);
                if (at_source && partition.state == PartitionState::running) {
                    copiers.push_back({worker->node().name(), at_source});
                }
            }
        }
    }
    if (!copiers.empty()) {
        Copier& chosen = copiers[scenario_.world_.rng().below(copiers.size())];
        suspend_at_write(chosen, chosen.at_source->log.end_offset(),
                         scenario_.world_.now() + kLongestTurn);
    }
}

/// Null where no log of such a topic is there.
std::shared_ptr<sandbox::Partition> Faults::find_compacted(const TopicPartition& id) {
    const auto topic = scenario_.source_.cluster->cluster().find_topic(id.topic);
    const auto index = static_cast<size_t>(id.partition.value());
    const bool is_there =
        topic && topic->log_config.is_compacted && index < topic->partitions.size();
    return is_there ? topic->partitions[index] : nullptr;
}

/// As soon as the log that it copies has grown beyond `end`.
void Faults::suspend_at_write(Copier copier, Offset end, TimePoint until) {
    if (is_over() || scenario_.world_.now() >= until) {
        return;
    }
    if (copier.at_source->log.end_offset() > end) {
        fall_asleep(copier.worker, turn_generation());
        return;
    }
    scenario_.world_.after(std::chrono::microseconds(100),
                           [this, copier = std::move(copier), end, until]() mutable {
                               suspend_at_write(std::move(copier), end, until);
                           });
}

/// As soon as all that it has begun waits for others. Between the last look at its turn and the
/// write no worker can be stopped for long: no broker could tell what it writes then.
void Faults::fall_asleep(const std::string& worker, int32_t generation) {
    World& world = scenario_.world_;
    NodeLoop* node = find_worker_node(worker);
    if (node == nullptr || node->is_paused() || is_over()) {
        return;
    }
    if (node->next_wake() <= world.now()) {
        world.after(std::chrono::microseconds(10),
                    [this, worker, generation] { fall_asleep(worker, generation); });
        return;
    }
    const int open = begin_suspension(*node);
    world.after(seconds(2) + world.draw_up_to(seconds(2)), [this] {
        if (!is_over()) {
            compact_in(scenario_.source_);
        }
    });
    heal_with_next_turn(open, generation, world.now() + 2 * kLongestTurn);
}

std::vector<std::string> Faults::hosts_of(const Place& place) {
    std::vector<std::string> hosts;
    for (const Broker& broker : place.cluster->cluster().brokers()) {
        hosts.push_back(broker.host);
    }
    return hosts;
}

void Faults::cut(const Ways& ways) {
    for (const std::string& host : ways.brokers) {
        scenario_.internet_.block(ways.worker, host);
        scenario_.internet_.block(host, ways.worker);
    }
}

void Faults::mend(const Ways& ways) {
    for (const std::string& host : ways.brokers) {
        scenario_.internet_.unblock(ways.worker, host);
        scenario_.internet_.unblock(host, ways.worker);
    }
}

/// A worker wakes up, with records to send, when a broker that has lost some runs again.
void Faults::lose_tail_asleep() {
    NodeLoop* node = draw_worker_node();
    std::string name;
    const auto partition = draw_partition(scenario_.target_, name);
    if (node == nullptr || node->is_paused() || !partition) {
        return;
    }
    suspend(*node, seconds(10));
    scenario_.world_.after(scenario_.world_.draw_up_to(seconds(1)), [this, partition, name] {
        if (!is_over() && partition->leader != kNoBroker) {
            lose_tail(scenario_.target_, *partition, name);
        }
    });
}

/// While no worker is there to see it.
void Faults::recreate_unseen() {
    const auto name = draw_old_topic();
    if (!name) {
        return;
    }
    const bool may_be_emptied = scenario_.plan_.offsets == OffsetsMode::translate;
    if (may_be_emptied && !are_maps_stored() && scenario_.world_.rng().chance(0.5)) {
        return;  // rather later
    }
    kill_all_workers(seconds(2));
    scenario_.world_.after(seconds(1), [this, name = *name] {
        const auto& truth = scenario_.workload_->truth().at({name, PartitionIndex(0)});
        if (is_deserted() && !is_over() && !truth.was_recreated) {
            make_anew(name);
        }
    });
}

void Faults::make_anew(const std::string& name) {
    scenario_.world_.note(fmt::format("{} is deleted, and created again", name));
    scenario_.workload_->delete_topic(name);
    scenario_.groups_->forget_topic(name);
    if (scenario_.world_.rng().chance(are_maps_stored() ? 0.8 : 0.5)) {
        empty_copy(name);
    }
    scenario_.workload_->recreate_topic(name);
}

bool Faults::are_maps_stored() const {
    constexpr TimePoint kOldEnough = World::kStart + seconds(20);  // since long
    return scenario_.world_.now() >= kOldEnough &&
           scenario_.plan_.offsets == OffsetsMode::translate &&
           scenario_.plan_.target_version != sandbox::KafkaVersion::v2_8;
}

/// By the target's own retention. Only maps tell then what was in it, and only where topics have
/// ids.
void Faults::empty_copy(const std::string& name) {
    const auto topic = scenario_.target_.cluster->cluster().find_topic(name);
    if (!topic || topic->log_config.is_compacted || !are_maps_stored()) {
        return;
    }
    for (const auto& partition : topic->partitions) {
        if (partition->log.end_offset().value() > 0) {
            partition->log.delete_before(partition->log.end_offset());
            scenario_.workload_->on_copy_emptied({name, partition->index});
        }
    }
    scenario_.world_.note(fmt::format("the copy of {} is deleted by retention", name));
}

void Faults::kill_while_preparing() {
    constexpr TimePoint kEnd = World::kStart + seconds(5);
    auto& workers = scenario_.workers_;
    for (size_t number = 0; number < workers.size(); ++number) {
        if (!workers[number] || killed_preparing_.contains(number)) {
            continue;
        }
        for (const LinkStatus& link : workers[number]->status()) {
            if (std::ranges::count(link.partitions, PartitionState::preparing,
                                   &PartitionStatus::state) == 0 ||
                !killed_preparing_.insert(number).second) {
                continue;
            }
            const Duration all_of_it = 6 * scenario_.plan_.latency.most;
            scenario_.world_.after(scenario_.world_.draw_up_to(all_of_it), [this, number] {
                if (scenario_.workers_[number] && !is_over()) {
                    kill(number);
                }
            });
        }
    }
    if (scenario_.world_.now() < kEnd) {
        scenario_.world_.after(milliseconds(5), [this] { kill_while_preparing(); });
    }
}

}  // namespace lockstep::sim
