#pragma once

#include "base/rng.h"
#include "sim/node_loop.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lockstep::sim {

/// Virtual time, and everything that happens in it, one thing after the other on one thread: the
/// same seed gives the same run. Owns the nodes' loops; outlives all that lives on them.
///
///     events (messages, faults, writes)  --- earliest first --->  an action
///     nodes' loops (coroutines, timers)  ------------------->  one coroutine, or its due timers
class World {
public:
    static constexpr TimePoint kStart{std::chrono::hours(1)};

    explicit World(uint64_t seed) : rng_(seed) {}

    TimePoint now() const { return now_; }
    Rng& rng() { return rng_; }
    /// From nothing to `most`.
    Duration draw_up_to(Duration most);

    /// Lives until remove_node.
    NodeLoop& add_node(std::string name);
    void remove_node(NodeLoop& node);

    /// `action` runs once `delay` has passed; actions of the same time in order of adding.
    void after(Duration delay, std::function<void()> action);

    /// Goes on for `duration`.
    void run_for(Duration duration);
    /// Goes on until `done`, which is asked after each step; false where `patience` is over first.
    bool run_until(const std::function<bool()>& done, Duration patience);

    uint64_t steps() const { return steps_; }
    /// Called after each step, for looking closely.
    void add_observer(std::function<void()> observer) { observers_.push_back(std::move(observer)); }

    /// A line of the run's log, with its time. `text` must follow from the seed alone.
    void note(std::string text);
    std::string time_text() const;
    const std::vector<std::string>& log() const { return log_; }

private:
    /// One step, where there is something to do until `end`.
    bool step(TimePoint end);

    TimePoint now_ = kStart;
    Rng rng_;
    uint64_t steps_ = 0;
    uint64_t steps_at_once_ = 0;  // since time went on
    uint64_t turn_ = 0;
    std::multimap<TimePoint, std::function<void()>> events_;
    std::vector<std::unique_ptr<NodeLoop>> nodes_;
    std::vector<std::string> log_;
    std::vector<std::function<void()>> observers_;
};

}  // namespace lockstep::sim
