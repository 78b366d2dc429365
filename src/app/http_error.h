#pragma once

#include "runtime/http_server.h"

#include <string>
#include <string_view>

namespace lockstep::app {

/// PURE. Why a request for `path` is not answered: JSON below /api/, as docs/openapi.yaml says, and
/// text for people everywhere else.
runtime::HttpResponse http_error(int status, std::string_view path, const std::string& why);

}  // namespace lockstep::app
