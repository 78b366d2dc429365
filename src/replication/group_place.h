#pragma once

// PURE: where a group stands in one partition on both clusters, and who follows whom.

#include "model/ids.h"

#include <algorithm>
#include <optional>

namespace lockstep::replication {

/// One cluster's side.
struct GroupSide {
    std::optional<Offset> committed;
    bool is_active = false;  // the group has members there
};

/// What was there when it was last looked at; nothing the first time.
struct LastSeen {
    std::optional<Offset> source;
    std::optional<Offset> target;
};

/// What is in a log: the offsets that can be committed.
struct LogRange {
    Offset start;
    Offset end;

    Offset clamp(Offset offset) const { return std::clamp(offset, start, end); }
};

struct PartitionRanges {
    LogRange source;
    LogRange target;
};

struct GroupPlace {
    GroupSide source;
    GroupSide target;
    std::optional<LastSeen> last;
    LogRange source_log;
    LogRange target_log;
};

enum class GroupAction {
    none,
    to_target,
    to_source,
    conflict,   // members on both clusters: each side commits for itself
    undecided,  // they differ, and nothing tells which one is newer
};

struct GroupDecision {
    GroupAction action = GroupAction::none;
    Offset offset;  // what is to be committed
};

/// The side that has members leads. Where neither has, the side that has changed since the last
/// look does; at the first look, the target follows a source that is further on. Rewinds are
/// followed like any change. Never commits what is not in the log.
GroupDecision decide(const GroupPlace& place);

}  // namespace lockstep::replication
