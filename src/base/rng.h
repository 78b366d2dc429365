#pragma once

#include <cstdint>

namespace lockstep {

/// A small deterministic generator (splitmix64): the same seed gives the same numbers everywhere.
/// Owned by one shard. Not for secrets.
class Rng {
public:
    explicit Rng(uint64_t seed) : state_(seed) {}

    uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }

    /// Uniform in [0, bound); 0 where bound is 0.
    uint64_t below(uint64_t bound) { return bound == 0 ? 0 : next() % bound; }

    /// Uniform in [0, 1).
    double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    bool chance(double probability) { return unit() < probability; }

private:
    uint64_t state_;
};

}  // namespace lockstep
