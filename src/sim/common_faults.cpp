#include "sim/common_faults.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::sim {

using sandbox::Broker;
using std::chrono::seconds;

void CommonFaults::go_on() {
    if (is_over_ || ground_.kinds.empty()) {
        return;
    }
    World& world = ground_.world;
    harm(ground_.kinds[world.rng().below(ground_.kinds.size())]);
    world.after(world.draw_up_to(2 * ground_.interval), [this] { go_on(); });
}

void CommonFaults::heal() {
    is_over_ = true;
    while (!open_.empty()) {
        const auto open = open_.extract(open_.begin());
        open.mapped().mend();
    }
    ground_.world.note("all is healed");
}

void CommonFaults::heal_later(Duration most, std::string what, std::function<void()> mend) {
    heal_after(ground_.world.draw_up_to(most), std::move(what), std::move(mend));
}

void CommonFaults::heal_after(Duration delay, std::string what, std::function<void()> mend) {
    const int open = begin(std::move(what), std::move(mend));
    ground_.world.after(delay, [this, open] { heal(open); });
}

int CommonFaults::begin(std::string what, std::function<void()> mend) {
    const int open = next_open_++;
    open_[open] = {std::move(what), std::move(mend)};
    return open;
}

void CommonFaults::heal(int open) {
    const auto found = open_.extract(open);
    if (found.empty()) {
        return;
    }
    found.mapped().mend();
    ground_.world.note("  healed: " + found.mapped().what);
}

NodeLoop* CommonFaults::draw_worker_node() {
    const auto& worker = ground_.workers[ground_.world.rng().below(ground_.workers.size())];
    return worker ? &worker->node() : nullptr;
}

NodeLoop* CommonFaults::find_worker_node(const std::string& name) {
    for (const auto& worker : ground_.workers) {
        if (worker && worker->node().name() == name) {
            return &worker->node();
        }
    }
    return nullptr;
}

const Broker& CommonFaults::draw_broker(Place& place) {
    const auto& brokers = place.cluster->cluster().brokers();
    return brokers[ground_.world.rng().below(brokers.size())];
}

std::optional<CommonFaults::Way> CommonFaults::draw_way() {
    const NodeLoop* node = draw_worker_node();
    Place& place = draw_place();
    if (node == nullptr) {
        return std::nullopt;
    }
    return Way{node->name(), draw_broker(place).host};
}

std::shared_ptr<sandbox::Partition> CommonFaults::draw_partition(Place& place, std::string& name) {
    Rng& rng = ground_.world.rng();
    name = ground_.topics[rng.below(ground_.topics.size())].name;
    const auto topic = place.cluster->cluster().find_topic(name);
    return topic ? topic->partitions[rng.below(topic->partitions.size())] : nullptr;
}

void CommonFaults::cut_way() {
    const auto way = draw_way();
    if (!way) {
        return;
    }
    const auto& [name, host] = *way;
    const uint64_t directions = 1 + ground_.world.rng().below(3);
    Internet& internet = ground_.internet;
    if ((directions & 1) != 0) {
        internet.block(name, host);
    }
    if ((directions & 2) != 0) {
        internet.block(host, name);
    }
    const std::string what = fmt::format(
        "cut {} {} {}", name, directions == 1 ? "->" : (directions == 2 ? "<-" : "<->"), host);
    ground_.world.note(what);
    heal_later(seconds(20), what, [&internet, way = *way, directions] {
        if ((directions & 1) != 0) {
            internet.unblock(way.worker, way.broker);
        }
        if ((directions & 2) != 0) {
            internet.unblock(way.broker, way.worker);
        }
    });
}

void CommonFaults::reset_connections() {
    const auto way = draw_way();
    if (way) {
        ground_.world.note(
            fmt::format("reset connections of {} with {}", way->worker, way->broker));
        ground_.internet.reset(way->worker, way->broker);
    }
}

void CommonFaults::kill_worker() {
    const size_t number = ground_.world.rng().below(ground_.workers.size());
    if (ground_.workers[number]) {
        kill(number);
    }
}

void CommonFaults::kill(size_t number, Internet::Sent sent) {
    const std::string what = fmt::format("kill -9 of {}", ground_.workers[number]->node().name());
    ground_.world.note(what);
    ground_.workers.kill(number, sent);
    heal_later(seconds(5), what, [this, number] { ground_.workers.start(number); });
}

void CommonFaults::suspend_worker() {
    NodeLoop* node = draw_worker_node();
    if (node != nullptr && !node->is_paused()) {
        suspend(*node, seconds(30));
    }
}

void CommonFaults::suspend(NodeLoop& node, Duration most) {
    const int open = begin_suspension(node);
    ground_.world.after(ground_.world.draw_up_to(most), [this, open] { heal(open); });
}

int CommonFaults::begin_suspension(NodeLoop& node) {
    const std::string what = fmt::format("suspend {}", node.name());
    ground_.world.note(what);
    node.pause();
    return begin(what, [this, name = node.name()] {
        if (NodeLoop* paused = find_worker_node(name)) {
            paused->resume();
        }
    });
}

void CommonFaults::jump_clock() {
    NodeLoop* node = draw_worker_node();
    if (node != nullptr) {
        const int64_t by_ms = static_cast<int64_t>(ground_.world.rng().below(600'000)) - 300'000;
        ground_.world.note(fmt::format("clock of {} jumps by {} ms", node->name(), by_ms));
        node->shift_wall_clock(by_ms);
    }
}

void CommonFaults::crash_broker() {
    Place& place = draw_place();
    const Broker& broker = draw_broker(place);
    if (!broker.is_up) {
        return;
    }
    const std::string what = fmt::format("crash of {}", broker.host);
    ground_.world.note(what);
    place.cluster->kill_broker(broker.id);
    heal_later(seconds(10), what, [&place, id = broker.id] {
        [[maybe_unused]] const auto restarted = place.cluster->restart_broker(id);
    });
}

void CommonFaults::move_leader() {
    Place& place = draw_place();
    std::string name;
    const auto partition = draw_partition(place, name);
    if (!partition || partition->in_sync.empty()) {
        return;
    }
    const BrokerId id = partition->in_sync[ground_.world.rng().below(partition->in_sync.size())];
    if (!place.cluster->is_up(id)) {
        return;
    }
    ground_.world.note(fmt::format("{}-{} on {} is led by {}", name, partition->index.value(),
                                   place.name, id.value()));
    place.cluster->cluster().move_leader(*partition, id);
}

/// All that a broker answers comes late.
void CommonFaults::slow_disk() {
    const std::string host = draw_broker(draw_place()).host;
    const auto lag = std::chrono::milliseconds(50 + ground_.world.rng().below(3000));
    const std::string what = fmt::format("the disk of {} is slow by {} ms", host, lag.count());
    ground_.world.note(what);
    Internet& internet = ground_.internet;
    internet.begin_lag(host, lag);
    heal_later(seconds(20), what, [&internet, host, lag] { internet.end_lag(host, lag); });
}

}  // namespace lockstep::sim
