#include "replication/resume_point.h"

#include "model/tagged_producer_id.h"
#include "replication/batch_admission.h"

#include <fmt/core.h>

namespace lockstep::replication {
namespace {

std::string foreign_tail(const TargetTail& tail, ProducerId stream) {
    const bool is_lockstep = origin_of(tail.producer_id).has_value();
    return fmt::format(
        "the target's last record (offset {}) was written by {} (producer id {}, Lockstep's for "
        "this partition is {}): its offsets cannot be trusted to be the source's",
        tail.last_offset.value(),
        is_lockstep ? "Lockstep for another topic or cluster" : "someone else",
        tail.producer_id.value(), stream.value());
}

}  // namespace

ResumePoint resume_point(const PartitionLogs& logs, ProducerId stream) {
    if (logs.target_end.value() == 0 && logs.source_start.value() > 0) {
        return {{},
                fmt::format("the source's log starts at offset {} and the target is empty: keeping "
                            "offsets needs the target's log to start there too",
                            logs.source_start.value())};
    }
    if (logs.target_tail) {
        if (logs.target_tail->producer_id != stream) {
            return {{}, foreign_tail(*logs.target_tail, stream)};
        }
        if (logs.target_tail->last_sequence != sequence_at(logs.target_end - 1)) {
            return {{},
                    fmt::format("the target's last record (offset {}) carries sequence {}, not {}: "
                                "its offsets are not the source's",
                                logs.target_tail->last_offset.value(),
                                logs.target_tail->last_sequence.value(),
                                sequence_at(logs.target_end - 1).value())};
        }
    }
    if (logs.target_end < logs.source_start) {
        return {{},
                fmt::format("the source has deleted offsets [{}, {}) before they were copied",
                            logs.target_end.value(), logs.source_start.value())};
    }
    if (logs.target_end > logs.source_end) {
        return {{},
                fmt::format("the target ends at offset {}, the source already at {}: the source "
                            "has lost offsets [{}, {}), or someone else wrote to the target",
                            logs.target_end.value(), logs.source_end.value(),
                            logs.source_end.value(), logs.target_end.value())};
    }
    return {logs.target_end, {}};
}

}  // namespace lockstep::replication
