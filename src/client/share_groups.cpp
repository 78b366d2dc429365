#include "client/share_groups.h"

#include "client/answered_error.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/alter_share_group_offsets.h"
#include "protocol/messages/describe_share_group_offsets.h"

#include <fmt/core.h>

namespace lockstep::client {

using protocol::AlterShareGroupOffsetsRequest;
using protocol::AlterShareGroupOffsetsResponse;
using protocol::DescribeShareGroupOffsetsRequest;
using protocol::DescribeShareGroupOffsetsResponse;
using protocol::KafkaError;
using runtime::Task;

namespace {

std::error_code code_of(int16_t error) {
    return error == 0 ? std::error_code() : std::error_code(KafkaError(error));
}

/// Brokers explain themselves in a message; it may be missing.
ShareStarts starts_of(
    const DescribeShareGroupOffsetsResponse::DescribeShareGroupOffsetsResponseGroup& group) {
    ShareStarts starts;
    for (const auto& topic : group.topics) {
        for (const auto& partition : topic.partitions) {
            ShareStart& start =
                starts[{topic.topic_name, PartitionIndex(partition.partition_index)}];
            start.error = code_of(partition.error_code);
            if (partition.error_code == 0 && partition.start_offset >= 0) {
                start.offset = Offset(partition.start_offset);
            }
            start.topic_id = topic.topic_id;
            start.leader_epoch = LeaderEpoch(partition.leader_epoch);
        }
    }
    return starts;
}

AlterShareGroupOffsetsRequest request_of(const ShareGroupChange& change) {
    AlterShareGroupOffsetsRequest request;
    request.group_id = change.group;
    for (const auto& [partition, offset] : change.starts) {
        if (request.topics.empty() || request.topics.back().topic_name != partition.topic) {
            request.topics.emplace_back().topic_name = partition.topic;
        }
        auto& entry = request.topics.back().partitions.emplace_back();
        entry.partition_index = partition.partition.value();
        entry.start_offset = offset.value();
    }
    return request;
}

/// The first error in an answer.
Result<void> check(const AlterShareGroupOffsetsResponse& response, const std::string& what) {
    if (response.error_code != 0) {
        return answered_error(response.error_code, response.error_message, what);
    }
    for (const auto& topic : response.responses) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code != 0) {
                const std::string where =
                    fmt::format("{} for {}-{}", what, topic.topic_name, partition.partition_index);
                return answered_error(partition.error_code, partition.error_message, where);
            }
        }
    }
    return {};
}

}  // namespace

Task<Result<ShareGroupStarts>> describe_share_groups(Cluster& cluster, BrokerId coordinator,
                                                     std::vector<std::string> groups,
                                                     std::stop_token stop) {
    DescribeShareGroupOffsetsRequest request;
    for (std::string& group : groups) {
        auto& entry = request.groups.emplace_back();
        entry.group_id = std::move(group);
        entry.topics = std::nullopt;  // all that it has
    }
    const std::string what =
        fmt::format("ask for the start offsets of share groups on {}", cluster.name());
    auto connected = co_await cluster.broker(coordinator, Purpose::share_groups, stop);
    if (connected.has_error()) {
        co_return std::move(connected).error().within(what);
    }
    auto called = co_await (*connected)->call(request);
    if (called.has_error()) {
        co_return std::move(called).error().within(what);
    }
    ShareGroupStarts starts;
    for (const auto& group : called->message.groups) {
        if (group.error_code != 0) {
            const std::string which =
                fmt::format("ask for the start offsets of share group {} on {}", group.group_id,
                            cluster.name());
            starts.emplace(group.group_id,
                           answered_error(group.error_code, group.error_message, which));
        } else {
            starts.emplace(group.group_id, starts_of(group));
        }
    }
    co_return starts;
}

Task<Result<void>> alter_share_group(Cluster& cluster, ShareGroupChange change,
                                     std::stop_token stop) {
    const std::string what =
        fmt::format("set the start offsets of share group {} on {}", change.group, cluster.name());
    const AlterShareGroupOffsetsRequest request = request_of(change);
    auto connected = co_await cluster.broker(change.coordinator, Purpose::share_groups, stop);
    if (connected.has_error()) {
        co_return std::move(connected).error().within(what);
    }
    auto called = co_await (*connected)->call(request);
    if (called.has_error()) {
        co_return std::move(called).error().within(what);
    }
    co_return check(called->message, what);
}

}  // namespace lockstep::client
