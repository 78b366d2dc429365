#pragma once

#include "runtime/asio_loop.h"
#include "runtime/runtime.h"

#include <random>

namespace lockstep::app {

/// The one real loop of a command, with what comes to its coroutines from outside.
struct ProcessRuntime {
    runtime::AsioLoop loop;
    runtime::AsioNetwork network{loop};
    Rng rng{std::random_device()()};
    runtime::Runtime runtime{loop, network, rng};
};

}  // namespace lockstep::app
