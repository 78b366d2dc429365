#pragma once

#include "app/api_json.h"
#include "app/audit_record.h"
#include "base/log.h"
#include "base/result.h"
#include "model/pause.h"
#include "runtime/http_server.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace lockstep::app {

/// What the API changes about a running Lockstep.
struct ApiControls {
    using Change = std::function<Result<size_t>(const std::string& link, const PauseScope& scope)>;

    Change pause;  // says how many partitions these are
    Change resume;
    std::function<log::Level()> log_level;
    std::function<void(log::Level)> set_log_level;
    std::function<void(const AuditRecord&)> audit;  // told of all that was done
};

/// One page of the API. docs/openapi.yaml describes each of them, and a test holds the two
/// together.
struct ApiRoute {
    std::string_view method;  // "GET" or "POST"
    std::string_view path;
    std::span<const std::string_view> parameters{};  // of its query
};

std::span<const ApiRoute> api_routes();

/// /api/v1: request in, response out; JSON both ways. A POST has to say that it
/// brings JSON: no page in a browser can then send one unasked.
runtime::HttpResponse answer_api(const runtime::HttpRequest& request, const ApiView& view,
                                 const ApiControls& controls);

}  // namespace lockstep::app
