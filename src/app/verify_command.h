#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep verify`: compares both sides of every link; returns the exit code.
int verify_command(const VerifyOptions& options);

}  // namespace lockstep::app
