#pragma once

#include "app/operate_options.h"

namespace lockstep::app {

/// `lockstep links`, `topics`, `groups`, `lag`, `explain`, `regions`, `pause`, `resume` and `logs`;
/// returns the exit code.
int operate_command(const OperateOptions& options);

}  // namespace lockstep::app
