#include "replication/group_place.h"

#include "base/mutation.h"

namespace lockstep::replication {
namespace {

GroupDecision lead(GroupAction action, const GroupSide& from, const LogRange& log,
                   const GroupSide& there) {
    const Offset wanted =
        mutated(Mutation::group_beyond_data) ? *from.committed : log.clamp(*from.committed);
    const bool is_rewound = there.committed && *there.committed > wanted;
    const bool is_there = (there.committed == wanted && there.text == from.text) ||
                          (is_rewound && mutated(Mutation::group_never_rewound));
    return is_there ? GroupDecision{} : GroupDecision{action, wanted};
}

GroupDecision to_target(const GroupPlace& place) {
    return lead(GroupAction::to_target, place.source, place.target_log, place.target);
}

GroupDecision to_source(const GroupPlace& place) {
    return lead(GroupAction::to_source, place.target, place.source_log, place.source);
}

/// Both sides have an offset, neither has members.
GroupDecision by_change(const GroupPlace& place) {
    const Offset source = *place.source.committed;
    const Offset target = *place.target.committed;
    if (place.last &&
        (place.last->source != source || place.last->source_text != place.source.text)) {
        return to_target(place);
    }
    if (place.last &&
        (place.last->target != target || place.last->target_text != place.target.text)) {
        return to_source(place);
    }
    // The first look, or nothing has changed: the target's log was too short for the offset.
    if (source > target) {
        return to_target(place);
    }
    return source == target ? GroupDecision{} : GroupDecision{GroupAction::undecided, {}};
}

}  // namespace

LogRange PartitionRanges::target() const {
    if (map_ == nullptr) {
        return target_;
    }
    const Offset end(map_->next.value());  // records of others may be behind it
    return {std::min(place_on_target(target_.start), end), end};
}

/// Where the stream begins, if another mirror has copied what comes before, and both logs have it.
std::optional<PartitionRanges::Begin> PartitionRanges::begin_behind_mirror() const {
    const bool is_behind = map_ != nullptr && map_->is_behind_mirror && !map_->source.is_empty() &&
                           !map_->target.is_empty();
    if (!is_behind) {
        return std::nullopt;
    }
    const OffsetRun& source = map_->source.runs().front();
    const OffsetRun& target = map_->target.runs().front();
    const bool is_begin = source.first == target.first;  // else they are in the midst of it
    const bool has_more = source_.start < source.offset && target_.start < target.offset;
    return is_begin && has_more ? std::optional(Begin{source.offset, target.offset}) : std::nullopt;
}

bool PartitionRanges::has_place_at_source(Offset offset) const {
    const auto begin = begin_behind_mirror();
    return !begin || offset >= begin->source;
}

bool PartitionRanges::has_place_on_target(Offset offset) const {
    const auto begin = begin_behind_mirror();
    return !begin || offset >= begin->target;
}

Offset PartitionRanges::place_at_source(Offset offset) const {
    if (map_ == nullptr) {
        return offset;
    }
    const Offset end(map_->next.value());
    if (offset > copied_to_) {
        return end + (offset - copied_to_);  // at most: not all offsets have records
    }
    return std::min(Offset(map_->source.first_at(offset).value_or(map_->next).value()), end);
}

Offset PartitionRanges::place_on_target(Offset offset) const {
    return map_ == nullptr ? offset
                           : Offset(map_->target.first_at(offset).value_or(map_->next).value());
}

Offset PartitionRanges::source_offset(Offset place) const {
    if (map_ == nullptr) {
        return place;
    }
    const Ordinal record(place.value());
    return source_.clamp(
        record < map_->next ? map_->source.offset_of(record).value_or(source_.start) : copied_to_);
}

Offset PartitionRanges::target_offset(Offset place) const {
    const int64_t added = mutated(Mutation::group_off_by_one) ? 1 : 0;
    if (map_ == nullptr) {
        return place + added;
    }
    const auto found = map_->target.offset_of(Ordinal(place.value()));
    return target_.clamp(found.value_or(target_.start)) + added;
}

GroupDecision decide(const GroupPlace& place) {
    if (!place.source.committed) {
        return {};  // what only the target knows is the target's own
    }
    if (place.source.is_active && place.target.is_active) {
        return {GroupAction::conflict, {}};
    }
    if (place.target.is_active && mutated(Mutation::group_stays_behind)) {
        return {};
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
