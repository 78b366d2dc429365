#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep check`: shows what `run` would do, and changes nothing; returns the exit code.
int check_command(const CheckOptions& options);

}  // namespace lockstep::app
