#pragma once

// PURE: from where a partition is copied, told from both logs alone. No state is kept outside of
// them: the target's log end offset is the checkpoint.

#include "model/ids.h"
#include "replication/stream_chain.h"

#include <optional>
#include <string>

namespace lockstep::replication {

struct PartitionLogs {
    Offset source_start;
    Offset source_end;  // the high watermark
    Offset target_start;
    Offset target_end;
    std::optional<StreamTail> target_tail;  // the last batch; nothing where there is none
};

struct ResumePoint {
    std::optional<Offset> next;  // where to go on; nothing where it must not
    std::string reason;          // then: what was seen, with offsets
};

/// `stream` is the producer id that Lockstep uses for this partition.
ResumePoint resume_point(const PartitionLogs& logs, ProducerId stream);

}  // namespace lockstep::replication
