#pragma once

#include "app/api_routes.h"
#include "app/http_access.h"
#include "app/rates.h"
#include "model/cluster_status.h"
#include "model/link_status.h"
#include "runtime/http_server.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lockstep::app {

/// PURE. Why Lockstep is not ready, a line for each link with its reason; "" if it is: all links
/// know their topics and have no problem. A blocked partition is no reason, as the others go on.
std::string not_ready_reason(const std::vector<LinkStatus>& links);

/// The pages of the HTTP port: value in, value out. Owned by `run`, used on the loop's thread; what
/// `sources` names outlives it.
class HttpRoutes {
public:
    struct Sources {
        std::function<std::vector<LinkStatus>()> links;
        std::function<int64_t()> wall_clock_ms;
        const Rates& rates;
        int64_t start_time_ms = 0;  // of the process, wall clock
        ApiControls controls{};
        std::function<std::string()> waits_for{};  // before there are links; "": for nothing
        std::function<std::vector<ClusterStatus>()> clusters{};
    };

    explicit HttpRoutes(Sources sources) : sources_(std::move(sources)) {}

    runtime::HttpResponse answer(const runtime::HttpRequest& request,
                                 Audience audience = Audience::known) const;

private:
    runtime::HttpResponse readiness(Audience audience) const;
    runtime::HttpResponse metrics() const;
    std::vector<ClusterStatus> clusters() const;

    Sources sources_;
};

}  // namespace lockstep::app
