#pragma once

// PURE: from where a partition is copied, told from both logs alone. No state is kept outside of
// them: the target's log end offset is the checkpoint.

#include "model/ids.h"

#include <optional>
#include <string>

namespace lockstep::replication {

/// The last batch in the target's log.
struct TargetTail {
    ProducerId producer_id;
    Sequence last_sequence;
    Offset last_offset;
};

struct PartitionLogs {
    Offset source_start;
    Offset source_end;  // the high watermark
    Offset target_start;
    Offset target_end;
    std::optional<TargetTail> target_tail;  // nothing where the target's log holds no batch
};

struct ResumePoint {
    std::optional<Offset> next;  // where to go on; nothing where it must not
    std::string reason;          // then: what was seen, with offsets
};

/// `stream` is the producer id that Lockstep uses for this partition.
ResumePoint resume_point(const PartitionLogs& logs, ProducerId stream);

}  // namespace lockstep::replication
