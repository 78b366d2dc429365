#include "client/log_sizes.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/describe_log_dirs.h"

#include <fmt/core.h>

namespace lockstep::client {

using protocol::KafkaError;
using runtime::Task;

Task<Result<std::map<TopicPartition, int64_t>>> log_sizes(Cluster& cluster, BrokerId broker,
                                                          std::vector<TopicPartition> partitions,
                                                          std::stop_token stop) {
    std::map<std::string, std::vector<int32_t>> by_topic;
    for (const TopicPartition& partition : partitions) {
        by_topic[partition.topic].push_back(partition.partition.value());
    }
    protocol::DescribeLogDirsRequest request;
    for (auto& [topic, indexes] : by_topic) {
        auto& entry = request.topics->emplace_back();
        entry.topic = topic;
        entry.partitions = std::move(indexes);
    }
    auto connected = co_await cluster.broker(broker, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    auto called = co_await connection->call(request);
    LS_CO_TRY(answer, std::move(called));
    const auto context = fmt::format("ask broker {} of {} how large its partitions are",
                                     broker.value(), cluster.name());
    if (answer.message.error_code != 0) {
        co_return Error(make_error_code(KafkaError(answer.message.error_code)), context);
    }
    std::map<TopicPartition, int64_t> sizes;
    for (const auto& directory : answer.message.results) {
        if (directory.error_code != 0) {
            co_return Error(make_error_code(KafkaError(directory.error_code)), context);
        }
        for (const auto& topic : directory.topics) {
            for (const auto& partition : topic.partitions) {
                if (!partition.is_future_key) {
                    sizes[{topic.name, PartitionIndex(partition.partition_index)}] +=
                        partition.partition_size;
                }
            }
        }
    }
    co_return sizes;
}

}  // namespace lockstep::client
