#include "replication/group_place.h"

namespace lockstep::replication {
namespace {

GroupDecision lead(GroupAction action, Offset from, const LogRange& log,
                   const std::optional<Offset>& there) {
    const Offset wanted = log.clamp(from);
    return there == wanted ? GroupDecision{} : GroupDecision{action, wanted};
}

GroupDecision to_target(const GroupPlace& place) {
    return lead(GroupAction::to_target, *place.source.committed, place.target_log,
                place.target.committed);
}

GroupDecision to_source(const GroupPlace& place) {
    return lead(GroupAction::to_source, *place.target.committed, place.source_log,
                place.source.committed);
}

/// Both sides have an offset, neither has members.
GroupDecision by_change(const GroupPlace& place) {
    const Offset source = *place.source.committed;
    const Offset target = *place.target.committed;
    if (source == target) {
        return {};
    }
    if (!place.last) {
        return source > target ? to_target(place) : GroupDecision{GroupAction::undecided, {}};
    }
    if (place.last->source != source) {
        return to_target(place);
    }
    if (place.last->target != target) {
        return to_source(place);
    }
    // Nothing has changed: either the target's log was too short for the offset, or undecided.
    return source > target ? to_target(place) : GroupDecision{GroupAction::undecided, {}};
}

}  // namespace

GroupDecision decide(const GroupPlace& place) {
    if (!place.source.committed) {
        return {};  // what only the target knows is the target's own
    }
    if (place.source.is_active && place.target.is_active) {
        return {GroupAction::conflict, {}};
    }
    if (place.target.is_active) {
        return place.target.committed ? to_source(place) : GroupDecision{};
    }
    if (place.source.is_active || !place.target.committed) {
        return to_target(place);
    }
    return by_change(place);
}

}  // namespace lockstep::replication
