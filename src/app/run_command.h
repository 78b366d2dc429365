#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep run`: copies until SIGTERM or SIGINT; returns the exit code.
int run_command(const RunOptions& options);

}  // namespace lockstep::app
