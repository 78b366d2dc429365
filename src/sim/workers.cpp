#include "sim/workers.h"

#include "base/assert.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

namespace {

constexpr Duration kPatience = std::chrono::seconds(120);

}  // namespace

void Workers::start_all(size_t count) {
    running_.resize(count);
    for (size_t number = 0; number < count; ++number) {
        start(number);
    }
}

void Workers::start(size_t number) {
    if (!running_[number]) {
        running_[number] = std::make_unique<Worker>(
            world_, internet_, fmt::format("worker-{}.{}", number, ++incarnations_),
            setup_(number));
    }
}

void Workers::kill(size_t number, Internet::Sent sent) {
    if (told_) {
        told_(*running_[number]);
    }
    running_[number]->kill(sent);
    dead_.push_back(std::move(running_[number]));
}

void Workers::bury() {
    for (auto& worker : dead_) {
        if (worker->is_over()) {
            NodeLoop& node = worker->node();
            worker.reset();
            world_.remove_node(node);
        }
    }
    std::erase(dead_, nullptr);
}

void Workers::end_all() {
    for (auto& worker : running_) {
        if (worker) {
            worker->node().resume();
            worker->stop();
            dead_.push_back(std::move(worker));
        }
    }
    const auto are_over = [this] {
        return std::ranges::all_of(dead_, [](const auto& one) { return one->is_over(); });
    };
    const bool ended = world_.run_until(are_over, kPatience);
    LS_ASSERT(ended);
    bury();
}

}  // namespace lockstep::sim
