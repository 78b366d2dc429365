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
    std::optional<Offset> next;      // where to go on
    std::optional<Offset> raise_to;  // or: where the target's log has to begin first
    std::string reason;              // where it must do neither: what was seen, with offsets
};

struct ResumeRules {
    ProducerId stream;  // that Lockstep writes the partition's records under
    ProducerId filler;  // and the empty records below the log's start
    bool continue_past_overrun = false;
};

ResumePoint resume_point(const PartitionLogs& logs, const ResumeRules& rules);

}  // namespace lockstep::replication
