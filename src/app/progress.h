#pragma once

// PURE: how far all links together have come, for one line on a terminal or in the log.

#include "app/rates.h"
#include "model/link_status.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::app {

/// Sums over all links. Blocked partitions are counted apart: waiting for them would take for ever.
struct Progress {
    size_t links = 0;
    size_t links_in_trouble = 0;  // with a problem of their own
    size_t links_undiscovered = 0;
    std::string problem;  // the first link's that has one, with its name
    size_t partitions = 0;
    size_t blocked = 0;
    size_t retrying = 0;
    size_t starting = 0;
    size_t elsewhere = 0;     // copied by other workers, and in none of the other sums
    int64_t lag_records = 0;  // without the blocked
    int64_t blocked_lag_records = 0;
    uint64_t copied_records = 0;
    double records_per_second = 0;
    double bytes_per_second = 0;

    /// All that can be copied has been, or is less than a second behind.
    bool is_in_step() const;
};

Progress sum_up(const std::vector<LinkStatus>& links, const Rates& rates);

/// Where the present catching up began, so that a bar goes from 0 to 100 % each time.
class CatchUp {
public:
    /// Call with each new Progress; returns the part that is done, from 0 to 1.
    double update(const Progress& progress);

private:
    uint64_t copied_before_ = 0;
    bool is_catching_up_ = false;
};

/// One line of at most `width` columns, without a line feed.
std::string render_progress(const Progress& progress, double done, size_t width);

/// "progress links=1 partitions=12 ...", for the log.
std::string progress_log_line(const Progress& progress);

}  // namespace lockstep::app
