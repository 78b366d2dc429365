// What happens to workers and their connections: a part of Faults.

#include "sim/faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using std::chrono::seconds;

void Faults::cut_way() {
    const auto way = draw_way();
    if (!way) {
        return;
    }
    const auto& [name, host] = *way;
    const uint64_t directions = 1 + scenario_.world_.rng().below(3);
    Internet& internet = scenario_.internet_;
    if ((directions & 1) != 0) {
        internet.block(name, host);
    }
    if ((directions & 2) != 0) {
        internet.block(host, name);
    }
    const std::string what = fmt::format(
        "cut {} {} {}", name, directions == 1 ? "->" : (directions == 2 ? "<-" : "<->"), host);
    scenario_.world_.note(what);
    heal_later(seconds(20), what, [&internet, way = *way] {
        internet.unblock(way.worker, way.broker);
        internet.unblock(way.broker, way.worker);
    });
}

void Faults::reset_connections() {
    const auto way = draw_way();
    if (way) {
        scenario_.world_.note(
            fmt::format("reset connections of {} with {}", way->worker, way->broker));
        scenario_.internet_.reset(way->worker, way->broker);
    }
}

void Faults::kill_worker() {
    const size_t number = scenario_.world_.rng().below(scenario_.workers_.size());
    if (scenario_.workers_[number]) {
        kill(number);
    }
}

void Faults::kill(size_t number) {
    const std::string what =
        fmt::format("kill -9 of {}", scenario_.workers_[number]->node().name());
    scenario_.world_.note(what);
    scenario_.workers_.kill(number);
    heal_later(seconds(5), what, [this, number] { scenario_.workers_.start(number); });
}

void Faults::kill_all_workers() {
    auto& workers = scenario_.workers_;
    for (size_t number = 0; number < workers.size(); ++number) {
        if (workers[number]) {
            scenario_.workers_.kill(number);
        }
    }
    scenario_.world_.note("kill -9 of all workers");
    heal_later(seconds(5), "kill -9 of all workers", [this] {
        for (size_t number = 0; number < scenario_.workers_.size(); ++number) {
            scenario_.workers_.start(number);
        }
    });
}

bool Faults::is_deserted() const {
    return std::ranges::none_of(scenario_.workers_,
                                [](const auto& worker) { return worker != nullptr; });
}

void Faults::suspend_worker() {
    NodeLoop* node = draw_worker_node();
    if (node != nullptr && !node->is_paused()) {
        suspend(*node, seconds(30));
    }
}

void Faults::suspend(NodeLoop& node, Duration most) {
    const std::string what = fmt::format("suspend {}", node.name());
    scenario_.world_.note(what);
    node.pause();
    heal_later(most, what, [this, name = node.name()] {
        for (const auto& worker : scenario_.workers_) {
            if (worker && worker->node().name() == name) {
                worker->node().resume();
            }
        }
    });
}

void Faults::jump_clock() {
    Rng& rng = scenario_.world_.rng();
    NodeLoop* node = draw_worker_node();
    if (node != nullptr) {
        const int64_t by_ms = static_cast<int64_t>(rng.below(600'000)) - 300'000;
        scenario_.world_.note(fmt::format("clock of {} jumps by {} ms", node->name(), by_ms));
        node->shift_wall_clock(by_ms);
    }
}

void Faults::drift_clock() {
    Rng& rng = scenario_.world_.rng();
    NodeLoop* node = draw_worker_node();
    if (node != nullptr) {
        const double drift = (rng.unit() - 0.5) / 10;
        scenario_.world_.note(fmt::format("clock of {} drifts by {:.3f}", node->name(), drift));
        node->set_drift(drift);
    }
}

}  // namespace lockstep::sim
