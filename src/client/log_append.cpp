#include "client/log_append.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/produce.h"

#include <fmt/core.h>

namespace lockstep::client {

using runtime::Task;

namespace {

constexpr int16_t kAllInSyncReplicas = -1;
constexpr int32_t kBrokerTimeoutMs = 20'000;
constexpr int16_t kLastVersionWithNames = 12;

}  // namespace

Task<Result<Offset>> append_batch(Cluster& cluster, LogPlace place, Bytes batch,
                                  std::stop_token stop) {
    protocol::ProduceRequest request;
    request.acks = kAllInSyncReplicas;
    request.timeout_ms = kBrokerTimeoutMs;
    auto& topic = request.topic_data.emplace_back();
    topic.name = place.partition.topic;
    auto& entry = topic.partition_data.emplace_back();
    entry.index = place.partition.partition.value();
    entry.records.data = batch;
    auto connected = co_await cluster.broker(place.leader, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<protocol::ProduceRequest>(kLastVersionWithNames));
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    const std::string what =
        fmt::format("write to {} on {}", place.partition.to_string(), cluster.name());
    for (const auto& answered : answer.message.responses) {
        for (const auto& result : answered.partition_responses) {
            if (result.error_code != 0) {
                co_return Error(make_error_code(protocol::KafkaError(result.error_code)), what);
            }
            co_return Offset(result.base_offset);
        }
    }
    co_return Error(Errc::malformed, what + " was answered without the partition");
}

}  // namespace lockstep::client
