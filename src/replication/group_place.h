#pragma once

// PURE: where a group stands in one partition on both clusters, and who follows whom.

#include "model/ids.h"
#include "replication/stream_map.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace lockstep::replication {

/// One cluster's side.
struct GroupSide {
    std::optional<Offset> committed;
    bool is_active = false;  // the group has members there
    std::string text{};      // the metadata of the commit
};

/// What was there when it was last looked at; nothing the first time.
struct LastSeen {
    std::optional<Offset> source;
    std::optional<Offset> target;
    std::string source_text{};
    std::string target_text{};
};

/// What is in a log: the offsets that can be committed.
struct LogRange {
    Offset start;
    Offset end;

    Offset clamp(Offset offset) const { return std::clamp(offset, start, end); }
};

/// Both logs of a partition, and how offsets on one side are told on the other: as places, that are
/// the same on both. Where offsets are kept, places are offsets; else they are the numbers of the
/// stream's records.
class PartitionRanges {
public:
    PartitionRanges(LogRange source, LogRange target) : source_(source), target_(target) {}

    /// Where offsets are not kept. Of the source, all before `copied_to` has been copied.
    PartitionRanges(LogRange source, LogRange target, const StreamMap& map, Offset copied_to)
        : source_(source), target_(target), map_(&map), copied_to_(copied_to) {}

    /// The logs, in places.
    LogRange source() const {
        return {place_at_source(source_.start), place_at_source(source_.end)};
    }
    LogRange target() const;

    /// False of what another mirror has copied (take_over.h): nobody knows which record is which.
    bool has_place_at_source(Offset offset) const;
    bool has_place_on_target(Offset offset) const;

    Offset place_at_source(Offset offset) const;
    Offset place_on_target(Offset offset) const;
    Offset source_offset(Offset place) const;
    Offset target_offset(Offset place) const;

private:
    struct Begin {
        Offset source;
        Offset target;
    };
    std::optional<Begin> begin_behind_mirror() const;

    LogRange source_;
    LogRange target_;
    const StreamMap* map_ = nullptr;
    Offset copied_to_;
};

/// The logs of a partition of the link; nothing where it is none of the link's, or not copied.
using RangesOf = std::function<std::optional<PartitionRanges>(const TopicPartition&)>;

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
    Offset place;  // what is to be committed
};

/// The side that has members leads. Where neither has, the side that has changed since the last
/// look does; at the first look, the target follows a source that is further on. Rewinds are
/// followed like any change, and so are new metadata at the same offset. Never commits what is not
/// in the log.
GroupDecision decide(const GroupPlace& place);

}  // namespace lockstep::replication
