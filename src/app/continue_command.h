#pragma once

#include "app/config.h"
#include "app/import_mirror.h"

#include <vector>

namespace lockstep::app {

/// Takes over the mirrors of MirrorMaker 2 that the configuration's links go on with, one for each
/// of them, and says of each partition where it goes on. Whether all of them were.
bool continue_mirrors(const Config& config, const std::vector<ForeignMirror>& mirrors);

}  // namespace lockstep::app
