#pragma once

// PURE: from where a partition is copied, told from both logs alone. No state is kept outside of
// them: the target's log end offset is the checkpoint.

#include "model/ids.h"
#include "replication/stream_chain.h"
#include "replication/stream_map.h"

#include <optional>
#include <string>

namespace lockstep::replication {

struct PartitionLogs {
    Offset source_start;
    Offset source_end;  // the high watermark
    Offset target_start;
    Offset target_end;
    std::optional<StreamTail> target_tail;  // the last batch; nothing where there is none
    std::optional<uint64_t> turn = {};      // which one the worker had before it looked
};

/// Where a partition goes on whose offsets are not kept.
struct StreamPlace {
    Ordinal next;                       // the number of the next record
    Offset source;                      // from where on it is looked for
    std::optional<Offset> expected_at;  // where the map has it already
};

struct ResumePoint {
    std::optional<Offset> next;      // where to go on
    std::optional<Offset> raise_to;  // or: where the target's log has to begin first
    std::string reason;              // where it must do neither: what was seen, with offsets
};

struct ResumeRules {
    ProducerId stream;  // that Lockstep writes the partition's records under
    bool continue_past_overrun = false;
};

ResumePoint resume_point(const PartitionLogs& logs, const ResumeRules& rules);

/// The same where offsets are not kept: behind the last record that the map has on the target.
struct TranslatedResume {
    std::optional<StreamPlace> place;
    int64_t lost = 0;    // offsets that are passed over, as on_overrun says
    std::string reason;  // why there is no place
};

struct TranslatedRules {
    bool continue_past_overrun = false;
    /// The source may have others than before in what was passed over behind the last one.
    bool may_have_changed = false;
};

TranslatedResume resume_translated(const PartitionLogs& logs, const StreamMap& map,
                                   const TranslatedRules& rules);

}  // namespace lockstep::replication
