// Whether a copy holds anything that did not come from its source.

#include "client/admin.h"
#include "protocol/record_batch.h"
#include "replication/deletion_follower.h"
#include "replication/log_reader.h"

#include <fmt/core.h>

namespace lockstep::replication {

using runtime::Task;

namespace {

constexpr int32_t kChunkBytes = 2 << 20;

/// One partition of the copy.
struct Searched {
    FollowedTopic topic;
    std::string source_cluster_id;
    client::LogPlace from;
    Offset end;
};

/// The first batch of another one; moves `next` behind what was read.
Result<std::string> foreign_in(ByteView records, const Searched& log, Offset& next) {
    while (true) {
        LS_TRY(batch, protocol::next_batch(records));
        if (!batch) {
            return "";
        }
        const TopicPartition& id = log.from.partition;
        if (batch->next_offset() > next &&
            !is_own_batch(log.topic, log.source_cluster_id, id, batch->producer_id())) {
            return fmt::format("{} has records of others, first at offset {} (producer {})",
                               id.to_string(), batch->base_offset().value(),
                               batch->producer_id().value());
        }
        next = std::max(next, batch->next_offset());
    }
}

Task<Result<std::string>> search(client::Cluster& target, Searched log, std::stop_token stop) {
    const client::LogFetch how{client::Purpose::verify, kChunkBytes};
    client::LogPlace place = log.from;
    while (place.offset < log.end && !stop.stop_requested()) {
        auto fetched = co_await client::fetch_log(target, place, how, stop);
        LS_CO_TRY(read, std::move(fetched));
        Offset next = place.offset;
        LS_CO_TRY(foreign, foreign_in(read.records, log, next));
        if (!foreign.empty()) {
            co_return foreign;
        }
        if (next == place.offset) {  // behind it is what somebody has not committed yet
            co_return fmt::format("{} cannot be read beyond offset {} yet",
                                  place.partition.to_string(), next.value());
        }
        place.offset = next;
    }
    if (stop.stop_requested()) {
        co_return Error(Errc::stopped, "stopped");
    }
    co_return "";
}

}  // namespace

Task<Result<std::string>> find_foreign_data(client::Cluster& target, FollowedTopic topic,
                                            std::string source_cluster_id, std::stop_token stop) {
    const auto* metadata = target.metadata().find_topic(topic.target_topic);
    const size_t partitions = metadata == nullptr ? 0 : metadata->partitions.size();
    for (size_t index = 0; index < partitions; ++index) {
        const TopicPartition id{topic.target_topic, PartitionIndex(static_cast<int32_t>(index))};
        const auto leader = target.metadata().leader_of(id);
        if (!leader) {
            co_return fmt::format("{} has no leader on {}", id.to_string(), target.name());
        }
        const std::vector<TopicPartition> ids{id};
        const LogEnds ends = co_await read_ends(target, leader->leader, ids, stop);
        const auto range = ends.ranges.find(id);
        if (range == ends.ranges.end()) {
            co_return Error(ends.errors.at(id));
        }
        Searched log{
            topic, source_cluster_id, {leader->leader, id, range->second.start}, range->second.end};
        auto searched = co_await search(target, std::move(log), stop);
        LS_CO_TRY(foreign, std::move(searched));
        if (!foreign.empty()) {
            co_return foreign;
        }
    }
    co_return "";
}

}  // namespace lockstep::replication
