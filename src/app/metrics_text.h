#pragma once

// PURE: the body of /metrics, in Prometheus's text format.

#include "app/process_stats.h"
#include "model/cluster_status.h"
#include "model/link_status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::app {

constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/// `now_ms` is the wall clock, for the age of records.
std::string metrics_text(const std::vector<LinkStatus>& links, const ProcessStats& process,
                         int64_t now_ms, const std::vector<ClusterStatus>& clusters = {});

}  // namespace lockstep::app
