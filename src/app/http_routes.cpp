#include "app/http_routes.h"

#include "app/http_error.h"
#include "app/metrics_text.h"
#include "base/version.h"

#include <fmt/core.h>

namespace lockstep::app {
namespace {

using runtime::HttpRequest;
using runtime::HttpResponse;

std::string index_page() {
    return fmt::format(R"(<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Lockstep</title></head>
<body style="font-family: sans-serif; max-width: 40em; margin: 3em auto">
<h1>Lockstep {}</h1>
<ul>
<li><a href="/api/v1/status">/api/v1/status</a>: links and partitions, as JSON;
in a terminal, <code>lockstep status</code> shows them as a table</li>
<li>/api/v1/links, topics, groups, lag, explain, clusters, regions, log; POST to pause, resume, log:
docs/openapi.yaml describes them, <code>lockstep --help</code> has commands for them</li>
<li><a href="/metrics">/metrics</a>: for Prometheus</li>
<li><a href="/healthz">/healthz</a>: 200 while the process works</li>
<li><a href="/readyz">/readyz</a>: 200 when all links work, else 503 and the reason</li>
</ul>
</body></html>
)",
                       kVersion);
}

}  // namespace

std::string not_ready_reason(const std::vector<LinkStatus>& links) {
    std::string reason;
    for (const LinkStatus& link : links) {
        if (!link.problem.empty()) {
            reason += fmt::format("link {}: {}\n", link.name, link.problem);
        } else if (!link.discovered) {
            reason += fmt::format("link {}: still looking for topics\n", link.name);
        }
    }
    return reason;
}

HttpResponse HttpRoutes::answer(const HttpRequest& request, Audience audience) const {
    if (request.path.starts_with("/api/")) {
        const ApiView view{sources_.links(), sources_.rates, sources_.wall_clock_ms(), clusters(),
                           sources_.start_time_ms};
        return answer_api(request, view, sources_.controls);
    }
    if (request.method == "POST") {
        return http_error(405, request.path, "Only GET and HEAD are served here.");
    }
    if (request.path == "/metrics") {
        return metrics();
    }
    if (request.path == "/healthz") {
        return {200, "text/plain; charset=utf-8", "ok\n"};
    }
    if (request.path == "/readyz") {
        return readiness(audience);
    }
    if (request.path == "/") {
        return {200, "text/html; charset=utf-8", index_page()};
    }
    return http_error(404, request.path, "There is no such page; / lists those that there are.");
}

/// The reasons name addresses and users: they are for those who may see the rest, too.
HttpResponse HttpRoutes::readiness(Audience audience) const {
    const std::string awaited = sources_.waits_for ? sources_.waits_for() : "";
    std::string reason = awaited.empty() ? "" : fmt::format("waiting for {}\n", awaited);
    reason += not_ready_reason(sources_.links());
    if (reason.empty()) {
        return {200, "text/plain; charset=utf-8", "ready\n"};
    }
    if (audience == Audience::strangers) {
        reason = "not ready; with a token of http.tokens, this page says why\n";
    }
    return {503, "text/plain; charset=utf-8", std::move(reason)};
}

HttpResponse HttpRoutes::metrics() const {
    const double start_seconds = static_cast<double>(sources_.start_time_ms) / 1000;
    return {200, kMetricsContentType,
            metrics_text(sources_.links(), read_process_stats(start_seconds),
                         sources_.wall_clock_ms(), clusters())};
}

std::vector<ClusterStatus> HttpRoutes::clusters() const {
    return sources_.clusters ? sources_.clusters() : std::vector<ClusterStatus>();
}

}  // namespace lockstep::app
