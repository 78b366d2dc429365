#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep import`: writes a configuration from MirrorMaker 2's; returns the exit code.
int import_command(const ImportOptions& options);

}  // namespace lockstep::app
