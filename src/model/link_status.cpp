#include "model/link_status.h"

#include <algorithm>

namespace lockstep {

std::string_view to_string(PartitionState state) {
    switch (state) {
        case PartitionState::starting: return "starting";
        case PartitionState::preparing: return "preparing";
        case PartitionState::running: return "running";
        case PartitionState::retrying: return "retrying";
        case PartitionState::blocked: return "blocked";
        case PartitionState::paused: return "paused";
        case PartitionState::promoted: return "promoted";
        case PartitionState::elsewhere: return "elsewhere";
    }
    return "unknown";
}

std::string_view to_string(Difference::Kind kind) {
    switch (kind) {
        case Difference::Kind::content: return "differs";
        case Difference::Kind::only_at_source: return "only at the source";
        case Difference::Kind::only_on_target: return "only on the target";
    }
    return "unknown";
}

double OpenTransaction::seconds(int64_t now_ms) const {
    return static_cast<double>(std::max<int64_t>(0, now_ms - seen_since_ms)) / 1000;
}

int64_t PartitionStatus::lag_records() const {
    if (!source_high_watermark || !next_offset) {
        return 0;
    }
    return std::max<int64_t>(0, *source_high_watermark - *next_offset);
}

double PartitionStatus::lag_seconds(int64_t now_ms) const {
    if (lag_records() == 0 || last_copied_timestamp_ms < 0) {
        return 0;
    }
    return static_cast<double>(std::max<int64_t>(0, now_ms - last_copied_timestamp_ms)) / 1000;
}

}  // namespace lockstep
