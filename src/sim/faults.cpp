#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using sandbox::Partition;

const std::vector<Faults::Kind>& Faults::kinds() {
    static const std::vector<Kind> all{
        {"cut way", &Faults::cut_way},
        {"reset connections", &Faults::reset_connections},
        {"crash broker", &Faults::crash_broker},
        {"kill worker", &Faults::kill_worker},
        {"suspend worker", &Faults::suspend_worker},
        {"jump clock", &Faults::jump_clock},
        {"drift clock", &Faults::drift_clock},
        {"compact", &Faults::compact},
        {"raise log start", &Faults::raise_log_start},
        {"move leader", &Faults::move_leader},
        {"lose target tail", &Faults::lose_target_tail},
        {"forget producers", &Faults::forget_producers},
        {"add partition", &Faults::add_partition},
        {"lose source tail", &Faults::lose_source_tail, FaultSet::extra},
        {"overtake", &Faults::overtake, FaultSet::extra},
        {"recreate topic", &Faults::recreate_topic, FaultSet::extra},
        {"deny", &Faults::deny, FaultSet::extra},
        {"move group", &Faults::move_group, FaultSet::extra},
        {"fill disk", &Faults::fill_disk, FaultSet::disk},
        {"slow disk", &Faults::slow_disk, FaultSet::disk},
        {"damage reads", &Faults::damage_reads, FaultSet::disk},
        {"cut off", &Faults::cut_off, FaultSet::rare},
        {"cut from coordinator", &Faults::cut_from_coordinator, FaultSet::rare},
        {"compact apart", &Faults::compact_apart, FaultSet::rare},
        {"lose tail asleep", &Faults::lose_tail_asleep, FaultSet::rare},
        {"recreate unseen", &Faults::recreate_unseen, FaultSet::rare},
    };
    return all;
}

std::vector<std::string> fault_kinds(FaultSet set) {
    std::vector<std::string> names;
    for (const Faults::Kind& kind : Faults::kinds()) {
        if (kind.set == set) {
            names.emplace_back(kind.name);
        }
    }
    return names;
}

void Faults::go_on() {
    const ScenarioPlan& plan = scenario_.plan_;
    if (is_over_ || plan.faults.empty()) {
        return;
    }
    Rng& rng = scenario_.world_.rng();
    const std::string& chosen = plan.faults[rng.below(plan.faults.size())];
    const auto kind = std::ranges::find(kinds(), chosen, &Kind::name);
    (this->*kind->harm)();
    scenario_.world_.after(scenario_.world_.draw_up_to(2 * plan.fault_interval),
                           [this] { go_on(); });
}

void Faults::heal() {
    is_over_ = true;
    while (!open_.empty()) {
        Open open = std::move(open_.begin()->second);
        open_.erase(open_.begin());
        open.mend();
    }
    scenario_.world_.note("all is healed");
}

void Faults::heal_later(Duration most, std::string what, std::function<void()> mend) {
    heal_after(scenario_.world_.draw_up_to(most), std::move(what), std::move(mend));
}

void Faults::heal_after(Duration delay, std::string what, std::function<void()> mend) {
    const int open = begin(std::move(what), std::move(mend));
    scenario_.world_.after(delay, [this, open] { heal(open); });
}

int Faults::begin(std::string what, std::function<void()> mend) {
    const int open = next_open_++;
    open_[open] = {std::move(what), std::move(mend)};
    return open;
}

void Faults::heal(int open) {
    const auto found = open_.find(open);
    if (found == open_.end()) {
        return;
    }
    const Open healed = std::move(found->second);
    open_.erase(found);
    healed.mend();
    scenario_.world_.note("  healed: " + healed.what);
}

Place& Faults::draw_place() {
    return scenario_.world_.rng().chance(0.5) ? scenario_.source_ : scenario_.target_;
}

std::shared_ptr<Partition> Faults::draw_partition(Place& place, std::string& name) {
    Rng& rng = scenario_.world_.rng();
    const auto& plans = scenario_.plan_.topics;
    name = plans[rng.below(plans.size())].name;
    const auto topic = place.cluster->cluster().find_topic(name);
    return topic ? topic->partitions[rng.below(topic->partitions.size())] : nullptr;
}

NodeLoop* Faults::draw_worker_node() {
    auto& workers = scenario_.workers_;
    auto& worker = workers[scenario_.world_.rng().below(workers.size())];
    return worker ? &worker->node() : nullptr;
}

std::optional<Faults::Way> Faults::draw_way() {
    const NodeLoop* node = draw_worker_node();
    Place& place = draw_place();
    if (node == nullptr) {
        return std::nullopt;
    }
    const auto& brokers = place.cluster->cluster().brokers();
    return Way{node->name(), brokers[scenario_.world_.rng().below(brokers.size())].host};
}

}  // namespace lockstep::sim
