#include "app/process_stats.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace lockstep::app {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

ProcessStats read_process_stats(double start_time_seconds) {
    ProcessStats stats;
    stats.start_time_seconds = start_time_seconds;
    int64_t total_pages = 0;
    int64_t resident_pages = 0;
    std::ifstream statm("/proc/self/statm");
    if (statm >> total_pages >> resident_pages) {
        stats.resident_bytes = resident_pages * ::sysconf(_SC_PAGESIZE);
    }
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        stats.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    return stats;
}

}  // namespace lockstep::app
