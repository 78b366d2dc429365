#pragma once

// PURE: the body of /api/v1/status.

#include "app/rates.h"
#include "model/link_status.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::app {

struct StatusTimes {
    double uptime_seconds = 0;
    int64_t now_ms = 0;  // wall clock, since 1970
};

/// Links in the given order, partitions by topic and number. Text that is no UTF-8 is repaired.
std::string status_json(const std::vector<LinkStatus>& links, const Rates& rates,
                        StatusTimes times);

/// A number of seconds to a thousandth; null where it is not known.
nlohmann::ordered_json seconds_json(const std::optional<double>& seconds);

/// Entries of a link's `topics`.
nlohmann::ordered_json unmatched_json(const std::vector<UnmatchedEntry>& unmatched);

/// One group of it.
nlohmann::ordered_json group_json(const GroupStatus& group);

}  // namespace lockstep::app
