#pragma once

#include "runtime/http_call.h"

#include <chrono>
#include <string>

namespace lockstep::app {

constexpr const char* kTokenVariable = "LOCKSTEP_TOKEN";
constexpr const char* kCaVariable = "LOCKSTEP_CA";

/// One request of the command line to a running Lockstep: a POST of JSON where there is a body,
/// else a GET. It has the token in $LOCKSTEP_TOKEN; for https, whoever the file $LOCKSTEP_CA names
/// is trusted, or else whom the system trusts.
Result<runtime::HttpResponse> call_lockstep(const std::string& url, std::string body,
                                            std::chrono::milliseconds timeout);

}  // namespace lockstep::app
