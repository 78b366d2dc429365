#include "replication/resume_point.h"

#include "model/tagged_producer_id.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {
namespace {

std::string foreign_tail(const PartitionLogs& logs, ProducerId stream) {
    const ProducerId writer = logs.target_tail->producer_id;
    return fmt::format(
        "the target's last record (offset {}) was written by {} (producer id {}, Lockstep's for "
        "this partition is {}): its offsets cannot be trusted to be the source's",
        logs.target_end.value() - 1,
        origin_of(writer) ? "Lockstep for another topic or cluster" : "someone else",
        writer.value(), stream.value());
}

}  // namespace

ResumePoint resume_point(const PartitionLogs& logs, const ResumeRules& rules) {
    const bool is_filler = logs.target_tail && logs.target_tail->producer_id == rules.filler;
    const bool is_empty = logs.target_start == logs.target_end;
    if (logs.target_tail && !is_filler &&
        !generation_of(logs.target_tail->producer_id, rules.stream)) {
        return {{}, {}, foreign_tail(logs, rules.stream)};
    }
    const bool may_raise = is_empty || rules.continue_past_overrun;
    if (is_filler || (may_raise && logs.target_end < logs.source_start)) {
        return {{}, std::max(logs.source_start, logs.target_end), {}};
    }
    if (logs.target_end < logs.source_start) {
        return {{},
                {},
                fmt::format("the source has deleted offsets [{}, {}) before they were copied",
                            logs.target_end.value(), logs.source_start.value())};
    }
    if (logs.target_end > logs.source_end) {
        return {{},
                {},
                fmt::format("the target ends at offset {}, the source already at {}: the source "
                            "has lost offsets [{}, {}), or someone else wrote to the target",
                            logs.target_end.value(), logs.source_end.value(),
                            logs.source_end.value(), logs.target_end.value())};
    }
    return {logs.target_end, {}, {}};
}

}  // namespace lockstep::replication
