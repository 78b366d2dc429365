#pragma once

#include "sim/worker.h"

#include <functional>
#include <memory>
#include <vector>

namespace lockstep::sim {

/// The Lockstep processes of a world, by their numbers. One that was killed comes back as another
/// one: "worker-0.1", later "worker-0.4". Owned by a scenario.
class Workers {
public:
    using Setup = std::function<WorkerSetup(size_t number)>;

    Workers(World& world, Internet& internet, Setup setup)
        : world_(world), internet_(internet), setup_(std::move(setup)) {}

    /// Who wants to hear what one says before it is killed.
    void tell_of_kills(std::function<void(const Worker&)> told) { told_ = std::move(told); }

    /// `count` of them, all started.
    void start_all(size_t count);
    /// Unless it is running.
    void start(size_t number);
    void kill(size_t number, Internet::Sent sent = Internet::Sent::is_lost);
    /// Those whose coroutines have all ended.
    void bury();
    void end_all();

    // Null where one is not running.
    size_t size() const { return running_.size(); }
    const std::unique_ptr<Worker>& operator[](size_t number) const { return running_[number]; }
    auto begin() const { return running_.begin(); }
    auto end() const { return running_.end(); }

private:
    World& world_;
    Internet& internet_;
    Setup setup_;
    std::function<void(const Worker&)> told_;
    std::vector<std::unique_ptr<Worker>> running_;
    std::vector<std::unique_ptr<Worker>> dead_;  // ending, cut off from all
    int incarnations_ = 0;
};

}  // namespace lockstep::sim
