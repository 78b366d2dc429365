#pragma once

#include "runtime/event_loop.h"

#include <string>

namespace lockstep::sim {

/// The clock of the world: no node reads it but through its own.
using runtime::Duration;
using runtime::TimePoint;

/// One machine: its coroutines, its timers, and a clock that may be wrong. Nothing in it runs but
/// when the world says so. Owned by the world.
class NodeLoop final : public runtime::EventLoop {
public:
    NodeLoop(std::string name, const TimePoint& world_now)
        : name_(std::move(name)), world_(world_now) {}

    const std::string& name() const { return name_; }

    TimePoint now() const override { return to_local(world_); }
    int64_t wall_clock_ms() const override {
        return kWallClockStartMs + wall_shift_ms_ +
               now().time_since_epoch() / std::chrono::milliseconds(1);
    }

    /// The wall clock jumps; monotonic time does not.
    void shift_wall_clock(int64_t by_ms) { wall_shift_ms_ += by_ms; }
    /// From now on, monotonic time goes by that much faster (0.01: one per cent).
    void set_drift(double drift);

    /// A suspended machine: nothing runs, but time goes by.
    void pause() { is_paused_ = true; }
    void resume() { is_paused_ = false; }
    bool is_paused() const { return is_paused_; }

    /// When there is something to do, in the world's time.
    TimePoint next_wake() const;
    /// Resumes one coroutine, or fires the timers that are due.
    void run_one();

    /// How often a coroutine has been resumed.
    uint64_t steps() const { return steps_; }

    /// In September 2026: coordinator epochs are told by the clock, from 2026 on.
    static constexpr int64_t kWallClockStartMs = 1'790'000'000'000;

private:
    TimePoint to_local(TimePoint world) const;
    TimePoint to_world(TimePoint local) const;

    const std::string name_;
    const TimePoint& world_;
    TimePoint drift_since_world_{};
    TimePoint drift_since_local_{};
    double drift_ = 0;
    int64_t wall_shift_ms_ = 0;
    bool is_paused_ = false;
    uint64_t steps_ = 0;
};

}  // namespace lockstep::sim
