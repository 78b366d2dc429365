#pragma once

#include "app/config.h"

namespace lockstep::app {

/// Takes over the mirrors of MirrorMaker 2 that the configuration's links go on with, and says of
/// each partition where it goes on. Whether all of them were.
bool continue_mirrors(const Config& config);

}  // namespace lockstep::app
