#include "replication/translated_copy.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

std::optional<Offset> place_in(const RunList& runs, Offset offset) {
    const auto record = runs.first_at(offset);
    const bool is_there = record && runs.offset_of(*record) == offset;
    return is_there ? std::optional(Offset(record->value())) : std::nullopt;
}

}  // namespace

CursorView view_of_source(const TranslatedCopy& copy) {
    return {[origins = copy.origins, index = copy.index](const protocol::RecordBatchView& batch) {
                return origins.stream_of(batch.producer_id()) == index;
            },
            [map = copy.map](Offset offset) { return place_in(map->source, offset); }};
}

CursorView view_of_target(const TranslatedCopy& copy) {
    return {[id = copy.stream](const protocol::RecordBatchView& batch) {
                return batch.producer_id() == id;
            },
            [map = copy.map](Offset offset) { return place_in(map->target, offset); }};
}

std::optional<CommonPlace> common_place(const TranslatedCopy& copy, Offset source) {
    const auto record = copy.map->source.first_at(source);
    if (!record) {
        return std::nullopt;
    }
    const auto target = copy.map->target.offset_of(std::min(*record, copy.map->next));
    return target ? std::optional(CommonPlace{source, *target}) : std::nullopt;
}

CommonPlace common_end(const TranslatedCopy& copy, CommonPlace ends, Offset copied_to) {
    const StreamMap& map = *copy.map;
    const Ordinal on_target = map.target.first_at(ends.target).value_or(Ordinal(0));
    const Offset limit =
        on_target < map.next ? map.source.offset_of(on_target).value_or(Offset(0)) : copied_to;
    const Offset end = std::min(ends.source, limit);
    if (copy.is_empty()) {
        return {end, ends.target};
    }
    const auto record = map.source.first_at(end);
    if (record && *record >= map.next) {
        return {end, ends.target};  // all that the target has of the stream was read
    }
    const auto place = common_place(copy, end);
    // No record of the stream is between what was read and the next one's place.
    return place ? CommonPlace{place->source, std::min(place->target, ends.target)}
                 : CommonPlace{Offset(0), Offset(0)};
}

PartitionLogs in_source_offsets(const TranslatedCopy& copy, PartitionLogs logs, Offset copied_to) {
    const auto first = copy.map->target.first_at(logs.target_start);
    logs.target_start = first ? copy.map->source.offset_of(std::min(*first, copy.map->next))
                                    .value_or(logs.source_start)
                              : logs.source_start;
    logs.target_end = copied_to;
    return logs;
}

}  // namespace lockstep::replication
