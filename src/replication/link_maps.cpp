// Maps that the target has lost, in part or as a whole, are told from both logs again.

#include "base/log.h"
#include "replication/divergence.h"
#include "replication/link.h"
#include "replication/map_rebuild.h"

#include <fmt/core.h>

#include <utility>

namespace lockstep::replication {

using runtime::Task;

Task<Result<MapAlignment>> Link::align(const PartitionReplicator& partition, StreamPlaces places) {
    const TopicPartition id = partition.id();
    const TopicPartition there = partition.target_id();
    const PartitionLogs& logs = places.logs;
    const LostMap lost{*places.stream.map, {places.leaders.source.leader, id, logs.source_start},
                       logs.source_end,    {places.leaders.target.leader, there, logs.target_start},
                       logs.target_end,    stream_id(places.stream.key),
                       places.origins,     places.index,
                       spec_.append_time};
    while (is_aligning_) {  // one after the other: both logs' records are in memory
        co_await aligned_.wait(runtime::kNever, tasks_.stop_token());
        if (tasks_.stop_requested()) {
            co_return Error(Errc::stopped, "stopped");
        }
    }
    is_aligning_ = true;
    auto read = co_await rebuild_map(source_, target_, lost, tasks_.stop_token());
    is_aligning_ = false;
    aligned_.notify_all();
    if (read.has_error() && read.error().is(Errc::limit_exceeded)) {
        co_return MapAlignment{.problem = read.error().message()};
    }
    co_return read;
}

/// Stores a map that was lost again; "" or why that cannot be.
Task<Result<std::string>> Link::rebuild(const PartitionReplicator& partition, StreamPlaces places) {
    log::warn("link {}: {}: the map of its offsets is lost; reading both logs to tell it again",
              spec_.name, partition.id().to_string());
    auto read = co_await align(partition, places);
    LS_CO_TRY(alignment, std::move(read));
    if (!alignment.problem.empty()) {
        co_return alignment.problem;
    }
    const StreamKey& key = places.stream.key;
    auto stored = co_await store_.store_source_runs(key, stream_id(key), std::move(alignment.runs),
                                                    tasks_.stop_token());
    LS_CO_CHECK(std::move(stored));
    co_return "";
}

/// Of a stream that has copied records: `truncation` is what the source shows otherwise than it was
/// copied by the map, or "". The topic that the map is in may have lost its newest part: then the
/// map says of the newest records what was true of those before, and that may be where the source
/// has nothing. It is told again where that is sure. "", or why the partition must not be copied.
/// Where compaction may have taken something, nobody could tell that from what was lost.
Task<Result<std::string>> Link::check_map(const PartitionReplicator& partition, StreamPlaces places,
                                          std::string truncation) {
    const std::stop_token stop = tasks_.stop_token();
    const StreamKey& key = places.stream.key;
    const StreamMap& map = *places.stream.map;
    const Offset last = map.source.offset_of(map.next - 1).value_or(Offset(0));
    if (partition.may_be_compacted() || map.is_behind_mirror || last < places.logs.source_start) {
        co_return truncation;
    }
    if (truncation.empty()) {
        client::LogPlace place{places.leaders.source.leader, partition.id(), last};
        auto looked = co_await may_have_record(source_, std::move(place), stop);
        LS_CO_TRY(is_there, std::move(looked));
        if (is_there) {
            co_return "";
        }
    }
    CheckedMap& checked = checked_maps_[key];
    if (checked.changes == map.changes) {
        co_return truncation.empty() ? checked.problem : truncation;
    }
    log::warn(
        "link {}: {}: the map of its offsets does not fit its source; reading both logs to "
        "tell whether the map has lost its end",
        spec_.name, partition.id().to_string());
    auto read = co_await align(partition, places);
    LS_CO_TRY(alignment, std::move(read));
    auto missing = missing_runs(map.source, alignment.runs);
    if (missing && !missing->empty() && alignment.is_whole) {
        auto stored =
            co_await store_.store_source_runs(key, stream_id(key), std::move(*missing), stop);
        LS_CO_CHECK(std::move(stored));
        co_return "";  // the newest record was found
    }
    const bool is_right = alignment.problem.empty() && missing && missing->empty();
    checked = {map.changes, ""};
    if (!is_right) {
        checked.problem = fmt::format(
            "the map of its offsets is lost in part: what topic {} on {} has of it does not fit "
            "the source, and it cannot be told from both logs again{}{}",
            OffsetsStore::kTopic, spec_.target, alignment.problem.empty() ? "" : ": ",
            alignment.problem);
    }
    co_return truncation.empty() ? checked.problem : truncation;
}

}  // namespace lockstep::replication
