// Whether mirrors that were taken over have come back.

#include "replication/link.h"
#include "replication/log_reader.h"
#include "replication/returned_mirror.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

namespace lockstep::replication {

using runtime::Task;

namespace {

StreamMap* map_behind_mirror(const PartitionReplicator& partition) {
    for (const TranslatedRecords& each : partition.streams()) {
        if (each.map->is_behind_mirror) {
            return each.map;
        }
    }
    return nullptr;
}

}  // namespace

/// Of what is being copied. That its records are answered for says nothing: others may write
/// between them, and while the source rests nothing is answered.
Task<void> Link::look_for_mirrors() {
    std::map<BrokerId, std::vector<TopicPartition>> by_leader;
    std::map<TopicPartition, TopicPartition> at_source;
    for (const auto& [id, partition] : partitions_) {
        const auto leader = target_.metadata().leader_of(partition->target_id());
        if (leader && partition->is_streaming() && map_behind_mirror(*partition) != nullptr) {
            by_leader[leader->leader].push_back(partition->target_id());
            at_source[partition->target_id()] = id;
        }
    }
    for (const auto& [leader, ids] : by_leader) {
        const LogEnds ends = co_await read_ends(target_, leader, ids, tasks_.stop_token());
        for (const auto& [there, range] : ends.ranges) {
            co_await look_for_mirror(at_source[there], range.end);
        }
    }
}

Task<void> Link::look_for_mirror(TopicPartition id, Offset target_end) {
    const auto found = partitions_.find(id);
    if (found == partitions_.end() || !found->second->is_streaming()) {
        co_return;
    }
    StreamMap* map = map_behind_mirror(*found->second);
    if (map == nullptr) {
        co_return;
    }
    // What is on its way may be behind the last record that is known to be there.
    const Offset known = map->target.offset_of(map->next).value_or(target_end);
    const Offset end = found->second->is_delivered() ? std::max(known, target_end) : known;
    auto looked = co_await find_returned_mirror(id, *map, end);
    const auto again = partitions_.find(id);
    if (looked.has_error()) {
        count_error(looked.error().message());
    } else if (!looked->empty() && again != partitions_.end() && again->second->is_streaming()) {
        again->second->block(*looked);
    }
}

/// Why it must not go on; "" where nothing tells so. Looks on from where it has come before; what
/// it has found, it finds again. `map` outlives its partition.
Task<Result<std::string>> Link::find_returned_mirror(TopicPartition id, StreamMap& map,
                                                     Offset end) {
    if (!map.is_behind_mirror) {
        co_return "";
    }
    const auto begin = map.target.offset_of(map.next);
    if (map.is_just_taken_over() && begin && end > *begin) {
        co_return fmt::format(
            "the mirror that it goes on with has written to it since it was taken over (its log "
            "ended at {} then, and at {} now)",
            begin->value(), end.value());
    }
    if (map.is_just_taken_over()) {
        map.looked_to = begin.value_or(end);  // what is before that is known to be the mirror's
    } else if (map.looked_to.value() == 0 && !map.target.is_empty()) {
        map.looked_to = map.target.runs().front().offset;
    }
    map.looked_to = std::min(map.looked_to, end);
    const TopicPartition there = spec_.names.on_target(id);
    const auto source = source_.metadata().leader_of(id);
    const auto target = target_.metadata().leader_of(there);
    if (!source || !target) {
        co_return "";  // whoever copies it finds that out, too
    }
    const MirrorSearch search{{source->leader, id, {}},
                              {target->leader, there, {}},
                              gaps_between_own(map, {map.looked_to, end}, kMostGaps)};
    auto found = co_await find_mirrored(source_, target_, search, tasks_.stop_token());
    LS_CO_TRY(at, std::move(found));
    if (at) {
        co_return returned_mirror_text(*at);
    }
    map.looked_to = std::max(map.looked_to, end);
    co_return "";
}

}  // namespace lockstep::replication
