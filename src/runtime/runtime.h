#pragma once

#include "base/rng.h"
#include "runtime/event_loop.h"
#include "runtime/network.h"

namespace lockstep::runtime {

/// Everything that comes from outside of the program: time, network and randomness. Production and
/// simulation differ in nothing else. Owned by whoever starts the shard; outlives all its work.
struct Runtime {
    EventLoop& loop;
    Network& network;
    Rng& rng;
};

}  // namespace lockstep::runtime
