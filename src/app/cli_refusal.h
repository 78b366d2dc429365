#pragma once

// PURE: what is said of a command line that cannot be understood.

#include "app/cli.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace lockstep::app {

/// `app` has failed at `arguments`, and says that it is for `problem`; where more is known, that is
/// said instead. Ends with whose help tells more.
CliExit refusal_of(CLI::App& app, const std::vector<std::string>& arguments,
                   const std::string& problem);

}  // namespace lockstep::app
