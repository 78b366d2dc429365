#pragma once

// PURE: whether a partition's offsets are kept. What was begun one way goes on that way: the
// target's log and the stored maps tell.

#include "model/link.h"
#include "replication/resume_point.h"

#include <string>

namespace lockstep::replication {

struct OffsetsFacts {
    OffsetsMode wanted = OffsetsMode::automatic;
    bool has_map = false;             // records were copied without their offsets
    std::string marker_problem = {};  // why the target takes no markers; "" where it does
    std::optional<int64_t> max_filler_bytes = {};
    RecreatedRule on_recreated = RecreatedRule::stop;
    std::optional<Uuid> former_topic = {};  // of the same name, whose records were copied before
    bool is_others_copy = false;            // the target keeps another cluster's offsets
};

struct OffsetsChoice {
    enum class Kind { preserve, translate, neither };
    Kind kind = Kind::preserve;
    std::string why;  // where `automatic` does not keep them, or neither is possible
};

/// `rules` are those of keeping offsets.
OffsetsChoice choose_offsets(const OffsetsFacts& facts, const PartitionLogs& logs,
                             const ResumeRules& rules);

}  // namespace lockstep::replication
