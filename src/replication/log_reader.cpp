#include "replication/log_reader.h"

#include "model/tagged_producer_id.h"
#include "protocol/kafka_error.h"
#include "protocol/record_batch.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using runtime::Task;

namespace {

/// Takes one answer of ListOffsets in: into `offsets`, or into `errors`.
void sort_answers(const std::vector<client::OffsetAnswer>& answers, const std::string& cluster,
                  std::map<TopicPartition, Offset>& offsets,
                  std::map<TopicPartition, Error>& errors) {
    for (const client::OffsetAnswer& answer : answers) {
        if (answer.error) {
            errors.emplace(answer.partition,
                           Error(answer.error, fmt::format("list the offsets of {} on {}",
                                                           answer.partition.to_string(), cluster)));
        } else {
            offsets[answer.partition] = answer.offset;
        }
    }
}

}  // namespace

Task<LogEnds> read_ends(client::Cluster& cluster, BrokerId leader,
                        std::vector<TopicPartition> partitions, std::stop_token stop) {
    LogEnds ends;
    std::map<TopicPartition, Offset> earliest;
    std::map<TopicPartition, Offset> latest;
    for (const int64_t timestamp : {client::kEarliestOffset, client::kLatestOffset}) {
        client::OffsetQuery query{leader, partitions, timestamp};
        auto listed = co_await client::list_offsets(cluster, std::move(query), stop);
        if (listed.has_error()) {
            for (const TopicPartition& partition : partitions) {
                ends.errors.emplace(partition, listed.error());
            }
            co_return ends;
        }
        sort_answers(*listed, cluster.name(),
                     timestamp == client::kEarliestOffset ? earliest : latest, ends.errors);
    }
    for (const TopicPartition& partition : partitions) {
        if (ends.errors.contains(partition)) {
            continue;
        }
        if (earliest.contains(partition) && latest.contains(partition)) {
            ends.ranges[partition] = {earliest[partition], latest[partition]};
        } else {
            ends.errors.emplace(
                partition, Error(Errc::malformed, "the answer to ListOffsets of " + cluster.name() +
                                                      " lacks " + partition.to_string()));
        }
    }
    co_return ends;
}

Task<LogEnds> read_all_ends(client::Cluster& cluster, std::vector<TopicPartition> partitions,
                            std::stop_token stop) {
    std::map<BrokerId, std::vector<TopicPartition>> by_leader;
    for (const TopicPartition& id : partitions) {
        if (const auto leader = cluster.metadata().leader_of(id)) {
            by_leader[leader->leader].push_back(id);
        }
    }
    LogEnds all;
    for (auto& [leader, ids] : by_leader) {
        LogEnds ends = co_await read_ends(cluster, leader, std::move(ids), stop);
        all.ranges.merge(ends.ranges);
        all.errors.merge(ends.errors);
    }
    co_return all;
}

Result<PartitionLogs> logs_from(const LogEnds& source, const LogEnds& target,
                                const PartitionNames& partition) {
    for (const auto& [ends, id] :
         {std::pair{&source, &partition.source}, std::pair{&target, &partition.target}}) {
        if (const auto error = ends->errors.find(*id); error != ends->errors.end()) {
            return error->second;
        }
    }
    const LogEnds::Range& from = source.ranges.at(partition.source);
    const LogEnds::Range& to = target.ranges.at(partition.target);
    return PartitionLogs{from.start, from.end, to.start, to.end, {}};
}

namespace {

StreamTail tail_of(const client::ProducerState& producer) {
    return {producer.id, producer.epoch, producer.last_sequence,
            producer.last_sequence.value() < 0};
}

/// Whether Lockstep wrote it for another topic of the same cluster: the one that had the name of
/// `stream`'s before.
bool is_of_former_topic(ProducerId producer, ProducerId stream) {
    return origin_of(producer) && origin_of(producer) == origin_of(stream) &&
           !is_filler_of(producer, stream) && producer != translated_producer_id(stream);
}

/// The newest state of `stream` that the leader remembers; where it remembers none, that of a
/// former topic's stream.
Task<Result<std::optional<StreamTail>>> remembered_tail(client::Cluster& target,
                                                        client::LogPlace end, ProducerId stream,
                                                        std::stop_token stop) {
    auto described = co_await client::describe_producers(target, end.leader, end.partition, stop);
    LS_CO_TRY(producers, std::move(described));
    std::optional<StreamTail> newest;
    int64_t newest_generation = -1;
    for (const client::ProducerState& producer : producers) {
        const auto generation = generation_of(producer.id, stream);
        if (generation && *generation > newest_generation) {
            newest_generation = *generation;
            newest = tail_of(producer);
        }
        if (!newest && is_of_former_topic(producer.id, stream)) {
            newest = tail_of(producer);
        }
    }
    co_return newest;
}

}  // namespace

Task<Result<TargetTail>> read_target_tail(client::Cluster& target, client::LogPlace end,
                                          ProducerId stream, std::stop_token stop) {
    if (end.offset.value() == 0) {
        co_return TargetTail();
    }
    client::LogPlace last = end;
    last.offset = end.offset - 1;
    auto read = co_await client::read_batch_at(target, last, stop);
    const bool is_deleted =
        read.has_error() &&
        read.error().code == make_error_code(protocol::KafkaError::offset_out_of_range);
    if (read.has_error() && !is_deleted) {
        co_return std::move(read).error();
    }
    ByteView records = is_deleted ? ByteView() : read->view();
    LS_CO_TRY(batch, protocol::next_batch(records));
    if (!batch) {
        auto remembered = co_await remembered_tail(target, end, stream, stop);
        LS_CO_TRY(newest, std::move(remembered));
        co_return TargetTail{newest, false};
    }
    StreamTail tail;
    tail.producer_id = batch->producer_id();
    tail.epoch = batch->producer_epoch();
    tail.is_marker = batch->is_control();
    tail.last_sequence =
        sequence_at(int64_t{batch->base_sequence().value()} + batch->last_offset_delta());
    co_return TargetTail{tail, batch->next_offset() == end.offset};
}

runtime::Task<Result<bool>> visit_batches(client::Cluster& cluster, client::LogPlace& place,
                                          BatchVisitor visitor, std::stop_token stop) {
    auto fetched = co_await client::fetch_uncommitted_log(cluster, place, stop);
    LS_CO_TRY(log, std::move(fetched));
    ByteView rest = log.records;
    const Offset begun = place.offset;
    while (true) {
        LS_CO_TRY(batch, protocol::next_batch(rest));
        if (!batch) {
            break;
        }
        LS_CO_TRY(wants_more, visitor(*batch));
        if (!wants_more) {
            break;
        }
        place.offset = std::max(place.offset, batch->next_offset());
    }
    co_return place.offset != begun;
}

}  // namespace lockstep::replication
