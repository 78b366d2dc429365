#include "sim/world.h"

#include "base/assert.h"

#include <fmt/core.h>

namespace lockstep::sim {
namespace {

constexpr uint64_t kMostStepsAtOnce = 2'000'000;

}  // namespace

NodeLoop& World::add_node(std::string name) {
    nodes_.push_back(std::make_unique<NodeLoop>(std::move(name), now_));
    return *nodes_.back();
}

void World::remove_node(NodeLoop& node) {
    std::erase_if(nodes_, [&node](const auto& one) { return one.get() == &node; });
}

Duration World::draw_up_to(Duration most) {
    return Duration(static_cast<int64_t>(rng_.below(static_cast<uint64_t>(most.count()) + 1)));
}

void World::after(Duration delay, std::function<void()> action) {
    events_.emplace(now_ + delay, std::move(action));
}

bool World::step(TimePoint end) {
    // Whoever is ready now: in turns, so that no node starves another.
    TimePoint earliest = events_.empty() ? runtime::kNever : events_.begin()->first;
    NodeLoop* chosen = nullptr;
    for (size_t i = 0; i < nodes_.size(); ++i) {
        NodeLoop& node = *nodes_[(turn_ + i) % nodes_.size()];
        const TimePoint wake = node.next_wake();
        if (wake < earliest || (wake == earliest && chosen == nullptr && wake <= now_)) {
            earliest = wake;
            chosen = &node;
        }
        if (chosen != nullptr && earliest <= now_) {
            break;
        }
    }
    if (earliest > end) {
        return false;
    }
    steps_at_once_ = earliest > now_ ? 0 : steps_at_once_ + 1;
    LS_ASSERT(steps_at_once_ < kMostStepsAtOnce);  // a loop that never waits
    now_ = std::max(now_, earliest);
    ++steps_;
    ++turn_;
    if (chosen != nullptr) {
        chosen->run_one();
    } else {
        const auto event = events_.extract(events_.begin());
        event.mapped()();
    }
    for (const auto& observer : observers_) {
        observer();
    }
    return true;
}

void World::run_for(Duration duration) {
    const TimePoint end = now_ + duration;
    while (step(end)) {
    }
    now_ = end;
}

bool World::run_until(const std::function<bool()>& done, Duration patience) {
    const TimePoint end = now_ + patience;
    while (!done()) {
        if (!step(end)) {
            now_ = end;
            return done();
        }
    }
    return true;
}

void World::note(std::string text) {
    log_.push_back(fmt::format("{}  {}", time_text(), text));
}

std::string World::time_text() const {
    const auto since_start = now_ - kStart;
    return fmt::format("{:10.3f} s", std::chrono::duration<double>(since_start).count());
}

}  // namespace lockstep::sim
