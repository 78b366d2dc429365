#pragma once

#include "app/cli.h"

namespace lockstep::app {

/// `lockstep cut`: where each link could be promoted without tearing a transaction; returns the
/// exit code.
int cut_command(const CutOptions& options);

}  // namespace lockstep::app
