#include "client/groups.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/list_groups.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"

#include <fmt/core.h>

namespace lockstep::client {

using protocol::KafkaError;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using runtime::Task;

namespace {

constexpr int8_t kGroupKey = 0;
constexpr int16_t kFirstFetchOfManyGroups = 8;
constexpr int16_t kFirstFindOfManyKeys = 4;
constexpr int16_t kLastVersionWithNames = 9;  // of OffsetFetch and OffsetCommit

/// Works for both forms of an answer's topics, before and from version 8.
template <typename Topics>
GroupOffsets offsets_of(const Topics& topics) {
    GroupOffsets offsets;
    for (const auto& topic : topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code == 0 && partition.committed_offset >= 0) {
                offsets[{topic.name, PartitionIndex(partition.partition_index)}] = {
                    Offset(partition.committed_offset), partition.metadata.value_or("")};
            }
        }
    }
    return offsets;
}

OffsetFetchRequest fetch_request(const std::vector<std::string>& groups) {
    OffsetFetchRequest request;
    request.require_stable = true;
    request.group_id = groups.front();  // before version 8
    request.topics = std::nullopt;      // all
    for (const std::string& group : groups) {
        auto& entry = request.groups.emplace_back();
        entry.group_id = group;
        entry.topics = std::nullopt;
    }
    return request;
}

/// Takes one answer in; groups with an error of their own (a transaction is open, the coordinator
/// has moved) are left out.
void take_offsets(const OffsetFetchResponse& response, const std::string& single,
                  std::map<std::string, GroupOffsets>& offsets) {
    for (const auto& group : response.groups) {
        if (group.error_code == 0) {
            offsets[group.group_id] = offsets_of(group.topics);
        }
    }
    if (response.groups.empty() && response.error_code == 0) {
        offsets[single] = offsets_of(response.topics);
    }
}

}  // namespace

Task<Result<std::map<std::string, ListedGroup>>> list_groups(Cluster& cluster,
                                                             std::stop_token stop) {
    std::map<std::string, ListedGroup> groups;
    const std::map<BrokerId, Endpoint> brokers = cluster.metadata().brokers();
    for (const auto& [broker, endpoint] : brokers) {
        const std::string what =
            fmt::format("list the groups of broker {} of {}", broker.value(), cluster.name());
        auto connected = co_await cluster.broker(broker, Purpose::control, stop);
        if (connected.has_error()) {
            co_return std::move(connected).error().within(what);
        }
        const protocol::ListGroupsRequest request;
        auto called = co_await (*connected)->call(request);
        LS_CO_TRY(answer, std::move(called));
        if (answer.message.error_code != 0) {
            co_return Error(KafkaError(answer.message.error_code), what);
        }
        for (const auto& group : answer.message.groups) {
            groups[group.group_id] = {broker, group.group_state, group.group_type};
        }
    }
    co_return groups;
}

Task<Result<std::map<std::string, GroupOffsets>>> fetch_group_offsets(
    Cluster& cluster, BrokerId coordinator, std::vector<std::string> groups, std::stop_token stop) {
    std::map<std::string, GroupOffsets> offsets;
    auto connected = co_await cluster.broker(coordinator, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<OffsetFetchRequest>(kLastVersionWithNames));
    std::vector<std::vector<std::string>> asked;
    if (version >= kFirstFetchOfManyGroups && !groups.empty()) {
        asked.push_back(std::move(groups));
    } else {
        for (std::string& group : groups) {
            asked.push_back({std::move(group)});
        }
    }
    for (const std::vector<std::string>& some : asked) {
        const OffsetFetchRequest request = fetch_request(some);
        auto called = co_await connection->call(request, version);
        LS_CO_TRY(answer, std::move(called));
        take_offsets(answer.message, some.front(), offsets);
    }
    co_return offsets;
}

Task<Result<BrokerId>> find_coordinator(Cluster& cluster, std::string group, std::stop_token stop,
                                        runtime::Duration most) {
    using protocol::FindCoordinatorRequest;
    const std::string what =
        fmt::format("find the coordinator of group {} on {}", group, cluster.name());
    FindCoordinatorRequest request;
    request.key = group;
    request.key_type = kGroupKey;
    request.coordinator_keys.push_back(group);
    auto connected = co_await cluster.any_broker(stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<FindCoordinatorRequest>());
    auto called = co_await connection->call(request, version, most);
    LS_CO_TRY(answer, std::move(called));
    if (version < kFirstFindOfManyKeys) {
        if (answer.message.error_code != 0) {
            co_return Error(KafkaError(answer.message.error_code), what);
        }
        co_return BrokerId(answer.message.node_id);
    }
    for (const auto& coordinator : answer.message.coordinators) {
        if (coordinator.error_code != 0) {
            co_return Error(KafkaError(coordinator.error_code), what);
        }
        co_return BrokerId(coordinator.node_id);
    }
    co_return Error(Errc::malformed, what + ": the answer is empty");
}

Task<Result<void>> commit_group_offsets(Cluster& cluster, GroupCommit commit,
                                        std::stop_token stop) {
    using protocol::OffsetCommitRequest;
    OffsetCommitRequest request;
    request.group_id = commit.group;
    for (const auto& [partition, committed] : commit.offsets) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.emplace_back().name = partition.topic;
        }
        auto& entry = request.topics.back().partitions.emplace_back();
        entry.partition_index = partition.partition.value();
        entry.committed_offset = committed.offset.value();
        entry.committed_metadata = committed.metadata;
    }
    auto connected = co_await cluster.broker(commit.coordinator, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<OffsetCommitRequest>(kLastVersionWithNames));
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& topic : answer.message.topics) {
        for (const auto& partition : topic.partitions) {
            if (partition.error_code != 0) {
                co_return Error(
                    KafkaError(partition.error_code),
                    fmt::format("commit offsets of group {} for {}-{} on {}", commit.group,
                                topic.name, partition.partition_index, cluster.name()));
            }
        }
    }
    co_return Result<void>();
}

}  // namespace lockstep::client
