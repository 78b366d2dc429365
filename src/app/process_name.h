#pragma once

#include <string>

namespace lockstep::app {

/// "HOST:PID", for the audit topic and the fleet.
std::string name_of_process();

}  // namespace lockstep::app
