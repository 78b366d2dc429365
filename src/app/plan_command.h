#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep plan`: shows routes and what `run` would do, and changes nothing; the exit code.
int plan_command(const PlanOptions& options);

}  // namespace lockstep::app
