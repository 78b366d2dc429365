#pragma once

#include "app/cli.h"

#include <string>

namespace lockstep::app {

/// PURE. "10.0.0.7:7878" and "http://10.0.0.7:7878/" as the URL of the status there, of one link
/// or, where that is "", of all.
std::string status_url(const std::string& given, const std::string& link = "");

/// `lockstep status`; returns the exit code.
int status_command(const StatusOptions& options);

}  // namespace lockstep::app
