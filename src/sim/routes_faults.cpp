#include "sim/routes_faults.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using sandbox::Broker;
using std::chrono::seconds;

const std::vector<RoutesFaults::Kind>& RoutesFaults::kinds() {
    static const std::vector<Kind> all{
        {"cut way", &RoutesFaults::cut_way},
        {"cut off cluster", &RoutesFaults::cut_off_cluster},
        {"reset connections", &RoutesFaults::reset_connections},
        {"crash broker", &RoutesFaults::crash_broker},
        {"move leader", &RoutesFaults::move_leader},
        {"slow disk", &RoutesFaults::slow_disk},
        {"kill worker", &RoutesFaults::kill_worker},
        {"suspend worker", &RoutesFaults::suspend_worker},
        {"jump clock", &RoutesFaults::jump_clock},
    };
    return all;
}

std::vector<std::string> RoutesFaults::names() {
    std::vector<std::string> names;
    for (const Kind& kind : kinds()) {
        names.emplace_back(kind.name);
    }
    return names;
}

void RoutesFaults::go_on() {
    const RoutesPlan& plan = scenario_.plan_;
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

void RoutesFaults::heal() {
    is_over_ = true;
    for (const auto& [id, open] : std::exchange(open_, {})) {
        open.second();
    }
    scenario_.world_.note("all is healed");
}

void RoutesFaults::heal_later(Duration most, std::string what, std::function<void()> mend) {
    scenario_.world_.note(what);
    const int id = next_open_++;
    open_[id] = {std::move(what), std::move(mend)};
    scenario_.world_.after(scenario_.world_.draw_up_to(most), [this, id] {
        auto open = open_.extract(id);
        if (!open.empty()) {
            open.mapped().second();
            scenario_.world_.note("  healed: " + open.mapped().first);
        }
    });
}

Place& RoutesFaults::draw_place() {
    return scenario_.sites_[scenario_.world_.rng().below(scenario_.sites_.size())].place;
}

const Broker& RoutesFaults::draw_broker(Place& place) {
    const auto& brokers = place.cluster->cluster().brokers();
    return brokers[scenario_.world_.rng().below(brokers.size())];
}

Worker* RoutesFaults::draw_worker() {
    return scenario_.workers_[scenario_.world_.rng().below(scenario_.workers_.size())].get();
}

void RoutesFaults::cut_way() {
    Worker* worker = draw_worker();
    const std::string broker = draw_broker(draw_place()).host;
    if (worker == nullptr) {
        return;
    }
    const std::string name = worker->node().name();
    const uint64_t directions = 1 + scenario_.world_.rng().below(3);
    Internet& internet = scenario_.internet_;
    if ((directions & 1) != 0) {
        internet.block(name, broker);
    }
    if ((directions & 2) != 0) {
        internet.block(broker, name);
    }
    const char* arrow = directions == 1 ? "->" : (directions == 2 ? "<-" : "<->");
    heal_later(seconds(20), fmt::format("cut {} {} {}", name, arrow, broker),
               [&internet, name, broker] {
                   internet.unblock(name, broker);
                   internet.unblock(broker, name);
               });
}

/// Nobody reaches any of its brokers; they go on, and are written to.
void RoutesFaults::cut_off_cluster() {
    Place& place = draw_place();
    std::vector<std::pair<std::string, std::string>> ways;
    for (const auto& worker : scenario_.workers_) {
        for (const Broker& broker : place.cluster->cluster().brokers()) {
            if (worker) {
                ways.emplace_back(worker->node().name(), broker.host);
            }
        }
    }
    Internet& internet = scenario_.internet_;
    for (const auto& [name, broker] : ways) {
        internet.block(name, broker);
        internet.block(broker, name);
    }
    heal_later(seconds(20), fmt::format("cut off {}", place.name), [&internet, ways] {
        for (const auto& [name, broker] : ways) {
            internet.unblock(name, broker);
            internet.unblock(broker, name);
        }
    });
}

void RoutesFaults::reset_connections() {
    Worker* worker = draw_worker();
    const std::string broker = draw_broker(draw_place()).host;
    if (worker != nullptr) {
        scenario_.world_.note(
            fmt::format("reset connections of {} with {}", worker->node().name(), broker));
        scenario_.internet_.reset(worker->node().name(), broker);
    }
}

void RoutesFaults::crash_broker() {
    Place& place = draw_place();
    const Broker& broker = draw_broker(place);
    if (broker.is_up) {
        place.cluster->kill_broker(broker.id);
        heal_later(seconds(10), fmt::format("crash of {}", broker.host), [&place, id = broker.id] {
            [[maybe_unused]] const auto restarted = place.cluster->restart_broker(id);
        });
    }
}

void RoutesFaults::move_leader() {
    Rng& rng = scenario_.world_.rng();
    Place& place = draw_place();
    const TopicPlan& plan = scenario_.plan_.topics[rng.below(scenario_.plan_.topics.size())];
    const auto topic = place.cluster->cluster().find_topic(plan.name);
    const auto& partition = topic->partitions[rng.below(topic->partitions.size())];
    if (partition->in_sync.empty()) {
        return;
    }
    const BrokerId id = partition->in_sync[rng.below(partition->in_sync.size())];
    if (place.cluster->is_up(id)) {
        scenario_.world_.note(fmt::format("{}-{} on {} is led by {}", plan.name,
                                          partition->index.value(), place.name, id.value()));
        place.cluster->cluster().move_leader(*partition, id);
    }
}

void RoutesFaults::slow_disk() {
    const std::string broker = draw_broker(draw_place()).host;
    const auto lag = std::chrono::milliseconds(50 + scenario_.world_.rng().below(3000));
    Internet& internet = scenario_.internet_;
    internet.set_lag(broker, lag);
    heal_later(seconds(20), fmt::format("the disk of {} is slow by {} ms", broker, lag.count()),
               [&internet, broker] { internet.set_lag(broker, Duration(0)); });
}

void RoutesFaults::kill_worker() {
    const size_t number = scenario_.world_.rng().below(scenario_.workers_.size());
    if (scenario_.workers_[number]) {
        const std::string name = scenario_.workers_[number]->node().name();
        scenario_.workers_.kill(number);
        heal_later(seconds(5), fmt::format("kill -9 of {}", name),
                   [this, number] { scenario_.workers_.start(number); });
    }
}

void RoutesFaults::suspend_worker() {
    Worker* worker = draw_worker();
    if (worker == nullptr || worker->node().is_paused()) {
        return;
    }
    worker->node().pause();
    const std::string name = worker->node().name();
    heal_later(seconds(30), fmt::format("suspend {}", name), [this, name] {
        for (const auto& each : scenario_.workers_) {
            if (each && each->node().name() == name) {
                each->node().resume();
            }
        }
    });
}

void RoutesFaults::jump_clock() {
    Worker* worker = draw_worker();
    if (worker != nullptr) {
        const auto by_ms = static_cast<int64_t>(scenario_.world_.rng().below(600'000)) - 300'000;
        scenario_.world_.note(
            fmt::format("clock of {} jumps by {} ms", worker->node().name(), by_ms));
        worker->node().shift_wall_clock(by_ms);
    }
}

}  // namespace lockstep::sim
