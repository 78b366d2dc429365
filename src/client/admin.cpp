#include "client/admin.h"

#include "client/answered_error.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/offset_for_leader_epoch.h"
#include "protocol/record_batch.h"

#include <fmt/core.h>

namespace lockstep::client {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr int32_t kAdminTimeoutMs = 20'000;
constexpr int8_t kTopicResource = 2;
constexpr int8_t kBrokerResource = 4;
constexpr int8_t kSetConfig = 0;
constexpr int8_t kDeleteConfig = 1;
constexpr int16_t kLastFetchVersionWithNames = 12;
constexpr int8_t kReadUncommitted = 0;
constexpr int8_t kReadCommitted = 1;

Result<void> checked(int16_t error_code, const std::optional<std::string>& detail,
                     std::string what) {
    Error error = answered_error(error_code, detail, std::move(what));
    return error.code ? Result<void>(std::move(error)) : Result<void>();
}

/// DescribeConfigs' config sources (KIP-226).
ConfigOrigin origin_of_source(int8_t source) {
    switch (source) {
        case 1: return ConfigOrigin::topic;
        case 2:  // dynamic, one broker
        case 3:  // dynamic, default of all brokers
        case 4:  // the broker's properties file
            return ConfigOrigin::cluster;
        default: return ConfigOrigin::built_in;
    }
}

}  // namespace

Task<Result<std::vector<OffsetAnswer>>> list_offsets(Cluster& cluster, OffsetQuery query,
                                                     std::stop_token stop) {
    protocol::ListOffsetsRequest request;
    request.replica_id = -1;
    request.timeout_ms = kAdminTimeoutMs;
    for (const TopicPartition& partition : query.partitions) {
        if (request.topics.empty() || request.topics.back().name != partition.topic) {
            request.topics.emplace_back().name = partition.topic;
        }
        auto& entry = request.topics.back().partitions.emplace_back();
        entry.partition_index = partition.partition.value();
        entry.timestamp = query.timestamp;
        entry.current_leader_epoch = -1;
    }
    auto connected = co_await cluster.broker(query.leader, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    auto called = co_await connection->call(request);
    LS_CO_TRY(answer, std::move(called));
    std::vector<OffsetAnswer> offsets;
    for (const auto& topic : answer.message.topics) {
        for (const auto& partition : topic.partitions) {
            OffsetAnswer& entry = offsets.emplace_back();
            entry.partition = {topic.name, PartitionIndex(partition.partition_index)};
            entry.offset = Offset(partition.offset);
            if (partition.error_code != 0) {
                entry.error = make_error_code(KafkaError(partition.error_code));
            }
        }
    }
    co_return offsets;
}

Task<Result<std::map<std::string, std::vector<ConfigEntry>>>> describe_topics(
    Cluster& cluster, std::vector<std::string> topics, std::stop_token stop,
    std::vector<std::string> keys) {
    protocol::DescribeConfigsRequest request;
    for (const std::string& topic : topics) {
        auto& resource = request.resources.emplace_back();
        resource.resource_type = kTopicResource;
        resource.resource_name = topic;
        resource.configuration_keys = std::nullopt;  // all
        if (!keys.empty()) {
            resource.configuration_keys = keys;
        }
    }
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    std::map<std::string, std::vector<ConfigEntry>> configs;
    for (const auto& result : answer.message.results) {
        if (result.error_code != 0) {
            continue;
        }
        auto& entries = configs[result.resource_name];
        for (const auto& config : result.configs) {
            if (config.value && !config.is_sensitive) {
                entries.push_back(
                    {config.name, *config.value, origin_of_source(config.config_source)});
            }
        }
    }
    co_return configs;
}

Task<Result<std::map<std::string, std::string>>> describe_broker(Cluster& cluster, BrokerId broker,
                                                                 std::stop_token stop) {
    protocol::DescribeConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kBrokerResource;
    resource.resource_name = std::to_string(broker.value());
    resource.configuration_keys = std::nullopt;
    auto connected = co_await cluster.broker(broker, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    auto called = co_await connection->call(request);
    LS_CO_TRY(answer, std::move(called));
    std::map<std::string, std::string> configs;
    for (const auto& result : answer.message.results) {
        LS_CO_CHECK(
            checked(result.error_code, result.error_message,
                    fmt::format("describe broker {} of {}", broker.value(), cluster.name())));
        for (const auto& config : result.configs) {
            configs[config.name] = config.value.value_or("");
        }
    }
    co_return configs;
}

Task<Result<std::map<std::string, Error>>> create_topics(Cluster& cluster,
                                                         std::vector<NewTopic> topics,
                                                         std::stop_token stop) {
    protocol::CreateTopicsRequest request;
    request.timeout_ms = kAdminTimeoutMs;
    for (const NewTopic& topic : topics) {
        auto& entry = request.topics.emplace_back();
        entry.name = topic.name;
        entry.num_partitions = topic.partitions;
        entry.replication_factor = topic.replication_factor;
        for (const auto& [name, value] : topic.configs) {
            auto& config = entry.configs.emplace_back();
            config.name = name;
            config.value = value;
        }
    }
    auto called = co_await cluster.call_controller(request, stop);
    LS_CO_TRY(answer, std::move(called));
    std::map<std::string, Error> outcomes;
    for (const auto& result : answer.message.topics) {
        Error& outcome = outcomes[result.name];
        if (result.error_code != static_cast<int16_t>(KafkaError::topic_already_exists)) {
            auto created = checked(result.error_code, result.error_message,
                                   "create topic " + result.name + " on " + cluster.name());
            outcome = created.has_error() ? created.error() : Error();
        }
    }
    co_return outcomes;
}

Task<Result<void>> delete_topic(Cluster& cluster, TopicIdentity topic, std::stop_token stop) {
    constexpr int16_t kFirstVersionWithIds = 6;
    auto connected =
        co_await cluster.broker(cluster.metadata().controller(), Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<protocol::DeleteTopicsRequest>());
    protocol::DeleteTopicsRequest request;
    request.timeout_ms = kAdminTimeoutMs;
    if (version < kFirstVersionWithIds) {
        request.topic_names = {topic.name};
    } else {
        auto& entry = request.topics.emplace_back();
        entry.topic_id = topic.id;
        if (topic.id.is_zero()) {
            entry.name = topic.name;
        }
    }
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& result : answer.message.responses) {
        const auto code = static_cast<KafkaError>(result.error_code);
        if (code == KafkaError::unknown_topic_id ||
            code == KafkaError::unknown_topic_or_partition) {
            continue;
        }
        LS_CO_CHECK(checked(result.error_code, result.error_message,
                            "delete topic " + topic.name + " on " + cluster.name()));
    }
    co_return Result<void>();
}

Task<Result<void>> create_partitions(Cluster& cluster, std::string topic, int32_t count,
                                     std::stop_token stop) {
    protocol::CreatePartitionsRequest request;
    request.timeout_ms = kAdminTimeoutMs;
    auto& entry = request.topics.emplace_back();
    entry.name = topic;
    entry.count = count;
    entry.assignments = std::nullopt;
    auto called = co_await cluster.call_controller(request, stop);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& result : answer.message.results) {
        LS_CO_CHECK(checked(
            result.error_code, result.error_message,
            fmt::format("raise the partitions of {} on {} to {}", topic, cluster.name(), count)));
    }
    co_return Result<void>();
}

Task<Result<void>> delete_records(Cluster& cluster, LogPlace place, std::stop_token stop) {
    protocol::DeleteRecordsRequest request;
    request.timeout_ms = kAdminTimeoutMs;
    auto& topic = request.topics.emplace_back();
    topic.name = place.partition.topic;
    auto& entry = topic.partitions.emplace_back();
    entry.partition_index = place.partition.partition.value();
    entry.offset = place.offset.value();
    auto connected = co_await cluster.broker(place.leader, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    auto called = co_await connection->call(request);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& topic_result : answer.message.topics) {
        for (const auto& result : topic_result.partitions) {
            LS_CO_CHECK(checked(
                result.error_code, std::nullopt,
                fmt::format("delete the records of {} on {} before offset {}",
                            place.partition.to_string(), cluster.name(), place.offset.value())));
        }
    }
    co_return Result<void>();
}

Task<Result<void>> alter_topic_configs(Cluster& cluster, std::string topic, ConfigChanges changes,
                                       std::stop_token stop) {
    protocol::IncrementalAlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kTopicResource;
    resource.resource_name = topic;
    for (const auto& [name, value] : changes) {
        auto& config = resource.configs.emplace_back();
        config.name = name;
        config.config_operation = value ? kSetConfig : kDeleteConfig;
        config.value = value;
    }
    auto called = co_await cluster.call_any(request, stop);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& result : answer.message.responses) {
        LS_CO_CHECK(
            checked(result.error_code, result.error_message,
                    fmt::format("change configs of topic {} on {}", topic, cluster.name())));
    }
    co_return Result<void>();
}

Task<Result<std::vector<ProducerState>>> describe_producers(Cluster& cluster, BrokerId leader,
                                                            TopicPartition partition,
                                                            std::stop_token stop) {
    protocol::DescribeProducersRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = partition.topic;
    topic.partition_indexes.push_back(partition.partition.value());
    auto connected = co_await cluster.broker(leader, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    auto called = co_await connection->call(request);
    LS_CO_TRY(answer, std::move(called));
    std::vector<ProducerState> states;
    for (const auto& topic_answer : answer.message.topics) {
        for (const auto& result : topic_answer.partitions) {
            LS_CO_CHECK(checked(result.error_code, result.error_message,
                                fmt::format("describe the producers of {} on {}",
                                            partition.to_string(), cluster.name())));
            for (const auto& producer : result.active_producers) {
                ProducerState& state = states.emplace_back();
                state.id = ProducerId(producer.producer_id);
                state.epoch = ProducerEpoch(static_cast<int16_t>(producer.producer_epoch));
                state.last_sequence = Sequence(producer.last_sequence);
                state.coordinator_epoch = producer.coordinator_epoch;
                if (producer.current_txn_start_offset >= 0) {
                    state.transaction_start = Offset(producer.current_txn_start_offset);
                }
            }
        }
    }
    co_return states;
}

Task<Result<std::optional<Offset>>> end_of_epoch(Cluster& cluster, LogPlace place,
                                                 LeaderEpoch epoch, std::stop_token stop) {
    protocol::OffsetForLeaderEpochRequest request;
    request.replica_id = -1;  // a client
    auto& topic = request.topics.emplace_back();
    topic.topic = place.partition.topic;
    auto& wanted = topic.partitions.emplace_back();
    wanted.partition = place.partition.partition.value();
    wanted.leader_epoch = epoch.value();
    auto connected = co_await cluster.broker(place.leader, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    auto called = co_await connection->call(request);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& topic_answer : answer.message.topics) {
        for (const auto& end : topic_answer.partitions) {
            LS_CO_CHECK(checked(end.error_code, std::nullopt,
                                fmt::format("ask {} where epoch {} of {} ends", cluster.name(),
                                            epoch.value(), place.partition.to_string())));
            co_return end.end_offset < 0 ? std::optional<Offset>()
                                         : std::optional(Offset(end.end_offset));
        }
    }
    co_return Error(Errc::malformed, "the answer to OffsetForLeaderEpoch of " + cluster.name() +
                                         " lacks " + place.partition.to_string());
}

namespace {

/// A Fetch of one partition, once.
Task<Result<FetchedLog>> fetch_once(Cluster& cluster, LogPlace place, LogFetch how,
                                    int8_t isolation_level, std::stop_token stop) {
    protocol::FetchRequest request;
    request.max_bytes = how.max_bytes;
    request.isolation_level = isolation_level;
    auto& topic = request.topics.emplace_back();
    topic.topic = place.partition.topic;
    auto& entry = topic.partitions.emplace_back();
    entry.partition = place.partition.partition.value();
    entry.fetch_offset = place.offset.value();
    entry.partition_max_bytes = request.max_bytes;
    const std::string what =
        fmt::format("read {} at offset {} from {}", place.partition.to_string(),
                    place.offset.value(), cluster.name());
    while (true) {
        auto connected = co_await cluster.broker(place.leader, how.purpose, stop);
        LS_CO_TRY(connection, std::move(connected));
        LS_CO_TRY(version,
                  connection->version_of<protocol::FetchRequest>(kLastFetchVersionWithNames));
        auto called = co_await connection->call(request, version);
        LS_CO_TRY(answer, std::move(called));
        for (auto& topic_answer : answer.message.responses) {
            for (auto& data : topic_answer.partitions) {
                LS_CO_CHECK(checked(data.error_code, std::nullopt, what));
                FetchedLog fetched;
                fetched.records = data.records.view();
                fetched.aborted = std::move(data.aborted_transactions);
                fetched.frame = std::move(answer.frame);
                co_return fetched;
            }
        }
        // Over its quota, a client gets an answer without partitions
        // (FetchContext.getThrottledResponse).
        const std::chrono::milliseconds throttled(answer.message.throttle_time_ms);
        if (throttled.count() <= 0 || stop.stop_requested()) {
            co_return Error(Errc::malformed, what + ": the answer lacks the partition");
        }
        co_await runtime::sleep_for(cluster.runtime().loop, throttled, stop);
    }
}

}  // namespace

Task<Result<FetchedLog>> fetch_log(Cluster& cluster, LogPlace place, LogFetch how,
                                   std::stop_token stop) {
    auto fetched = co_await fetch_once(cluster, std::move(place), how, kReadCommitted, stop);
    co_return fetched;
}

Task<Result<FetchedLog>> fetch_uncommitted_log(Cluster& cluster, LogPlace place,
                                               std::stop_token stop) {
    const LogFetch how;
    auto fetched = co_await fetch_once(cluster, std::move(place), how, kReadUncommitted, stop);
    co_return fetched;
}

// A Fetch returns the first batch of its first partition whole, whatever the limits (KIP-74), so
// one byte asks for just that one.
Task<Result<Slice>> read_batch_at(Cluster& cluster, LogPlace place, std::stop_token stop) {
    const LogFetch how{Purpose::control, 1};
    auto fetching = co_await fetch_once(cluster, std::move(place), how, kReadUncommitted, stop);
    LS_CO_TRY(fetched, std::move(fetching));
    const auto at = static_cast<size_t>(fetched.records.data() - fetched.frame.data);
    co_return fetched.records.empty() ? Slice{} : fetched.frame.part(at, fetched.records.size());
}

}  // namespace lockstep::client
