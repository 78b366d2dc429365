// Whether a copy holds anything that did not come from its source.

#include "client/admin.h"
#include "protocol/kafka_error.h"
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

/// Retention has taken all that was there: who wrote last is all that can be known of it.
Task<Result<std::string>> search_producers(client::Cluster& target, Searched log,
                                           std::stop_token stop) {
    auto described =
        co_await client::describe_producers(target, log.from.leader, log.from.partition, stop);
    LS_CO_TRY(producers, std::move(described));
    for (const client::ProducerState& producer : producers) {
        if (!is_own_batch(log.topic, log.source_cluster_id, log.from.partition, producer.id)) {
            co_return fmt::format("{} is empty, and others have written to it (producer {})",
                                  log.from.partition.to_string(), producer.id.value());
        }
    }
    co_return "";
}

Task<Result<std::string>> search(client::Cluster& target, Searched log, std::stop_token stop) {
    if (log.from.offset >= log.end && log.end.value() > 0) {
        auto searched = co_await search_producers(target, std::move(log), stop);
        co_return searched;
    }
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
        if (next == place.offset) {
            auto uncommitted = co_await client::fetch_uncommitted_log(target, place, stop);
            LS_CO_TRY(rest, std::move(uncommitted));
            if (rest.records.empty()) {
                break;  // it has been compacted away
            }
            co_return fmt::format("{} has a transaction that is open at offset {}",
                                  place.partition.to_string(), next.value());
        }
        place.offset = next;
    }
    if (stop.stop_requested()) {
        co_return Error(Errc::stopped, "stopped");
    }
    co_return "";
}

Error no_leader(const TopicPartition& id, const std::string& cluster) {
    return {make_error_code(protocol::KafkaError::leader_not_available),
            fmt::format("{} has no leader on {}", id.to_string(), cluster)};
}

Result<LogEnds::Range> range_in(const LogEnds& logs, const TopicPartition& id,
                                const std::string& cluster) {
    if (const auto range = logs.ranges.find(id); range != logs.ranges.end()) {
        return range->second;
    }
    const auto error = logs.errors.find(id);
    return error != logs.errors.end() ? error->second : no_leader(id, cluster);
}

}  // namespace

Task<Result<CopyLogs>> logs_of_copy(client::Cluster& target, FollowedTopic topic,
                                    std::stop_token stop) {
    const std::vector<std::string> names{topic.target_topic};
    LS_CO_CHECK(co_await target.refresh_metadata(&names, stop));
    const auto* metadata = target.metadata().find_topic(topic.target_topic);
    if (metadata == nullptr || metadata->id != topic.target_id) {
        co_return Error(Errc::not_found, fmt::format("{} has no topic {} any more that is the copy",
                                                     target.name(), topic.target_topic));
    }
    const auto partitions = static_cast<int32_t>(metadata->partitions.size());
    std::vector<TopicPartition> ids;
    for (int32_t index = 0; index < partitions; ++index) {
        ids.push_back({topic.target_topic, PartitionIndex(index)});
    }
    const LogEnds logs = co_await read_all_ends(target, ids, stop);
    CopyLogs all;
    for (const TopicPartition& id : ids) {
        LS_CO_TRY(range, range_in(logs, id, target.name()));
        all[id] = range;
    }
    co_return all;
}

Task<Result<std::string>> find_foreign_data(client::Cluster& target, FollowedTopic topic,
                                            CopySearch search_for, std::stop_token stop) {
    for (const auto& [id, range] : search_for.logs) {
        const auto leader = target.metadata().leader_of(id);
        if (!leader) {
            co_return no_leader(id, target.name());
        }
        Searched log{
            topic, search_for.source_cluster_id, {leader->leader, id, range.start}, range.end};
        auto searched = co_await search(target, std::move(log), stop);
        LS_CO_TRY(foreign, std::move(searched));
        if (!foreign.empty()) {
            co_return foreign;
        }
    }
    co_return "";
}

}  // namespace lockstep::replication
