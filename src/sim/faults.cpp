#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using std::chrono::seconds;

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
        {"lose map tail", &Faults::lose_map_tail, FaultSet::maps},
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

void Faults::harm(const std::string& kind) {
    const auto found = std::ranges::find(kinds(), kind, &Kind::name);
    (this->*found->harm)();
}

Place& Faults::draw_place() {
    return scenario_.world_.rng().chance(0.5) ? scenario_.source_ : scenario_.target_;
}

void Faults::kill_all_workers(Duration least) {
    auto& workers = scenario_.workers_;
    for (size_t number = 0; number < workers.size(); ++number) {
        if (workers[number]) {
            workers.kill(number);
        }
    }
    scenario_.world_.note("kill -9 of all workers");
    const Duration dead = least + scenario_.world_.draw_up_to(seconds(5) - least);
    heal_after(dead, "kill -9 of all workers", [&workers] {
        for (size_t number = 0; number < workers.size(); ++number) {
            workers.start(number);
        }
    });
}

bool Faults::is_deserted() const {
    return std::ranges::none_of(scenario_.workers_,
                                [](const auto& worker) { return worker != nullptr; });
}

void Faults::drift_clock() {
    NodeLoop* node = draw_worker_node();
    if (node != nullptr) {
        const double drift = (scenario_.world_.rng().unit() - 0.5) / 10;
        scenario_.world_.note(fmt::format("clock of {} drifts by {:.3f}", node->name(), drift));
        node->set_drift(drift);
    }
}

}  // namespace lockstep::sim
