#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// Runs clusters in memory until it is told to end; returns the process's exit code.
int sandbox_command(const SandboxOptions& options);

}  // namespace lockstep::app
