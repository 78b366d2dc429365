#pragma once

#include <cstdint>

namespace lockstep::app {

/// What the system says of this process.
struct ProcessStats {
    int64_t resident_bytes = 0;
    double cpu_seconds = 0;
    double start_time_seconds = 0;  // wall clock, since 1970
};

/// Reads all but the time of the start, which the caller has noted.
ProcessStats read_process_stats(double start_time_seconds);

}  // namespace lockstep::app
