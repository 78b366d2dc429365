#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep apply`, `diff`, `history` and `rollback`: the desired state on a cluster; the exit
/// code.
int state_command(const StateOptions& options);

}  // namespace lockstep::app
