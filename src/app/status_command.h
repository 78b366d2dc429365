#pragma once

#include "app/cli.h"

#include <string>

namespace lockstep::app {

/// PURE. "10.0.0.7:7878" and "http://10.0.0.7:7878/" as the URL of the status there.
std::string status_url(const std::string& given);

/// `lockstep status`; returns the exit code.
int status_command(const StatusOptions& options);

}  // namespace lockstep::app
