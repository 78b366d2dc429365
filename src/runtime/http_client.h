#pragma once

#include "runtime/http_server.h"

#include <chrono>
#include <string>

namespace lockstep::runtime {

/// Gets "http://HOST[:PORT][/PATH][?QUERY]" and waits for it: for the command line, never for a
/// shard. Any status is a success here. Errc::invalid_argument for a URL of another form,
/// Errc::timeout, Errc::malformed where something else than HTTP answers, and the system's error
/// where nobody does.
Result<HttpResponse> http_get(const std::string& url, std::chrono::milliseconds timeout);

}  // namespace lockstep::runtime
