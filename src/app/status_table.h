#pragma once

// PURE: what `lockstep status` prints.

#include "app/status_report.h"

#include <string>

namespace lockstep::app {

/// For each link a summary and a table of its partitions, by topic and number, in 80 columns. What
/// is retrying or blocked is followed by the reason.
std::string render_status_table(const StatusReport& report);

}  // namespace lockstep::app
