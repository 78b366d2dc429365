#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// Shows Lockstep at work between clusters in memory; returns the process's exit code.
int demo_command(const DemoOptions& options);

}  // namespace lockstep::app
