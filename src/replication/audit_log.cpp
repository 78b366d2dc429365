#include "replication/audit_log.h"

#include "base/log.h"
#include "client/admin.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/produce.h"
#include "protocol/record_batch_builder.h"
#include "replication/error_policy.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

constexpr int16_t kAllInSyncReplicas = -1;
constexpr int32_t kBrokerTimeoutMs = 10'000;
constexpr int16_t kLastVersionWithNames = 12;
constexpr int16_t kUsualReplicas = 3;

client::NewTopic topic_for(size_t brokers) {
    client::NewTopic topic;
    topic.name = AuditLog::kTopic;
    topic.replication_factor =
        std::min(static_cast<int16_t>(std::min<size_t>(brokers, kUsualReplicas)), kUsualReplicas);
    topic.configs = {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}};
    return topic;
}

}  // namespace

AuditLog::AuditLog(client::Cluster& target) : target_(target), changed_(target.runtime().loop) {}

void AuditLog::add(std::string key, std::string value) {
    if (waiting_.size() >= kMostWaiting) {
        log::warn("audit: {} is away, not written to it: {}", target_.name(), value);
        return;
    }
    waiting_.push_back({std::move(key), std::move(value), target_.runtime().loop.wall_clock_ms()});
    changed_.notify_all();
}

Task<void> AuditLog::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (waiting_.empty()) {
            co_await changed_.wait(runtime::kNever, stop);
            continue;
        }
        const auto written = co_await write(waiting_.front(), stop);
        if (stop.stop_requested()) {
            break;
        }
        const bool may_heal =
            written.has_error() && reaction_to(written.error().code) != Reaction::block;
        if (may_heal) {
            co_await runtime::sleep_for(target_.runtime().loop,
                                        backoff_.next(target_.runtime().rng), stop);
            continue;
        }
        if (written.has_error()) {
            log::warn("audit: {}; not written: {}", written.error().message(),
                      waiting_.front().value);
        }
        backoff_.reset();
        waiting_.pop_front();
        changed_.notify_all();
    }
}

Task<void> AuditLog::drain(runtime::TimePoint deadline) {
    while (!waiting_.empty() && target_.runtime().loop.now() < deadline) {
        co_await changed_.wait(deadline);
    }
}

Task<Result<void>> AuditLog::write(Entry entry, std::stop_token stop) {
    auto found = co_await leader(stop);
    LS_CO_TRY(where, std::move(found));
    auto connected = co_await target_.broker(where.leader, client::Purpose::produce, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<protocol::ProduceRequest>(kLastVersionWithNames));
    protocol::RecordBatchBuilder builder{protocol::BatchOptions{}};
    builder.add(entry.timestamp_ms, {.key = as_bytes(entry.key), .value = as_bytes(entry.value)});
    LS_CO_TRY(batch, builder.build());
    protocol::ProduceRequest request;
    request.acks = kAllInSyncReplicas;
    request.timeout_ms = kBrokerTimeoutMs;
    auto& topic = request.topic_data.emplace_back();
    topic.name = kTopic;
    topic.partition_data.emplace_back().records.data = batch;
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    for (const auto& response : answer.message.responses) {
        for (const auto& partition : response.partition_responses) {
            if (partition.error_code != 0) {
                co_return Error(make_error_code(KafkaError(partition.error_code)),
                                fmt::format("write to {} on {}", kTopic, target_.name()));
            }
        }
    }
    co_return Result<void>();
}

Task<Result<client::PartitionLeader>> AuditLog::leader(std::stop_token stop) {
    const TopicPartition id{kTopic, PartitionIndex(0)};
    const std::vector<std::string> names{kTopic};
    auto refreshed = co_await target_.refresh_metadata(&names, stop);
    LS_CO_CHECK(std::move(refreshed));
    if (target_.metadata().find_topic(std::string(kTopic)) == nullptr) {
        std::vector<client::NewTopic> wanted{topic_for(target_.metadata().brokers().size())};
        auto created = co_await client::create_topics(target_, std::move(wanted), stop);
        LS_CO_TRY(outcomes, std::move(created));
        for (auto& [name, error] : outcomes) {
            if (error.code) {
                co_return std::move(error);
            }
            log::info("audit: created topic {} on {}", name, target_.name());
        }
        refreshed = co_await target_.refresh_metadata(&names, stop);
        LS_CO_CHECK(std::move(refreshed));
    }
    const auto leader = target_.metadata().leader_of(id);
    if (!leader) {
        co_return Error(make_error_code(KafkaError::leader_not_available),
                        fmt::format("{} has no leader on {}", kTopic, target_.name()));
    }
    co_return *leader;
}

}  // namespace lockstep::replication
