#include "replication/log_start.h"

#include "base/mutation.h"
#include "client/admin.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/produce.h"
#include "protocol/record_batch_builder.h"
#include "replication/error_policy.h"
#include "replication/filler_series.h"
#include "replication/log_reader.h"
#include "replication/policy_aside.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>

namespace lockstep::replication {

using protocol::KafkaError;
using runtime::Task;

namespace {

/// A broker makes an object of each record of a compressed batch: half a million take it 60 ms and
/// some tens of MiB for a moment. In zstd they are 400 kB, below the usual max.message.bytes.
constexpr int32_t kMostRecords = 500'000;
constexpr int32_t kFewestRecords = 1'000;
constexpr size_t kBatchesInFlight = kMostFillerUnderWay / kMostRecords;
/// So much filler may lie on the target's disk before it is deleted.
constexpr int64_t kDeleteEvery = 50'000'000;
constexpr int16_t kAllInSyncReplicas = -1;
constexpr int32_t kBrokerTimeoutMs = 20'000;
constexpr int16_t kLastVersionWithNames = 12;

/// What an empty record takes up in zstd, more or less.
constexpr double kBytesPerOffset = 0.8;

/// The broker remembers the filler's producer for as long as its records are young.
Result<Bytes> make_filler(int32_t count, int64_t now_ms) {
    protocol::RecordBatchBuilder builder(
        {.producer_id = ProducerId(0), .codec = protocol::Codec::zstd});
    const Bytes key;  // compacted topics want one
    for (int32_t i = 0; i < count; ++i) {
        builder.add(mutated(Mutation::filler_timeless) ? -1 : now_ms, {.key = ByteView(key)});
    }
    return builder.build();
}

/// One call of raise_log_start().
class Raising {
public:
    Raising(client::Cluster& target, LogStartTask task, std::function<void(Offset)> told,
            std::stop_token stop)
        : target_(target),
          task_(std::move(task)),
          told_(std::move(told)),
          stop_(std::move(stop)),
          end_(task_.from),
          answered_(target.runtime().loop),
          tasks_(target.runtime().loop) {}

    Task<Result<void>> run() {
        if (end_ < task_.to) {
            LS_CO_CHECK(co_await choose_series());
        }
        while (end_ < task_.to) {
            const Offset until = std::min(end_ + kDeleteEvery, task_.to);
            LS_CO_CHECK(co_await fill_to(until));
            LS_CO_CHECK(co_await delete_to(until));
        }
        if (!mutated(Mutation::filler_left)) {
            LS_CO_CHECK(co_await delete_to(task_.to));
        }
        LS_CO_CHECK(co_await put_policy_back());
        co_return Result<void>();
    }

private:
    /// All who begin at this end must choose the same series: only then may the log still end
    /// there.
    Task<Result<void>> choose_series() {
        auto described =
            co_await client::describe_producers(target_, task_.leader, task_.partition, stop_);
        LS_CO_TRY(producers, std::move(described));
        const auto series = filler_series(task_.stream, producers, end_);
        const std::vector<TopicPartition> ids{task_.partition};
        const LogEnds ends = co_await read_ends(target_, task_.leader, ids, stop_);
        const auto range = ends.ranges.find(task_.partition);
        if (!series || range == ends.ranges.end() || range->second.end != end_) {
            co_return Error(Errc::timeout, "the target's log has just been written to");
        }
        filler_id_ = *series;
        co_return Result<void>();
    }

    Task<Result<void>> fill_to(Offset until) {
        while (end_ < until) {
            auto filled = co_await fill_with_batches_of(most_records_, until);
            if (filled.has_error() && is_too_large(filled.error().code) &&
                most_records_ > kFewestRecords) {
                most_records_ = std::max(most_records_ / 4, kFewestRecords);
                continue;
            }
            if (filled.has_error()) {
                co_return filled;
            }
        }
        co_return Result<void>();
    }

    Task<Result<void>> fill_with_batches_of(int32_t records, Offset until) {
        auto connected = co_await target_.broker(task_.leader, client::Purpose::produce, stop_);
        LS_CO_TRY(connection, std::move(connected));
        problem_.reset();
        Offset sent = end_;
        while (sent < until && !problem_ && !stop_.stop_requested()) {
            if (in_flight_ >= kBatchesInFlight) {
                co_await answered_.wait();
                continue;
            }
            const auto count = static_cast<int32_t>(std::min<int64_t>(records, until - sent));
            auto batch = stamped(count, sent);
            if (batch.has_error()) {
                note(batch.error());
                break;
            }
            ++in_flight_;
            tasks_.spawn("filler", send(connection, std::move(*batch), sent));
            sent = sent + count;
        }
        co_await tasks_.join();
        if (problem_) {
            co_return std::move(*problem_);
        }
        if (sent < until) {
            co_return Error(Errc::stopped, "stopped while the log start was raised");
        }
        co_return Result<void>();
    }

    /// All filler batches of one size have the same records: they are compressed once.
    Result<Bytes> stamped(int32_t count, Offset at) {
        if (count != template_count_) {
            LS_TRY(made, make_filler(count, target_.runtime().loop.wall_clock_ms()));
            template_ = std::move(made);
            template_count_ = count;
        }
        Bytes batch = template_;
        LS_CHECK(protocol::rewrite_for_produce(
            batch, {filler_id_, ProducerEpoch(0), sequence_at(at.value())}));
        return batch;
    }

    Task<void> send(client::ConnectionPtr connection, Bytes batch, Offset at) {
        const Offset next = at + protocol::RecordBatchView::open(batch)->record_count();
        protocol::ProduceRequest request;
        request.acks = kAllInSyncReplicas;
        request.timeout_ms = kBrokerTimeoutMs;
        auto& topic = request.topic_data.emplace_back();
        topic.name = task_.partition.topic;
        auto& entry = topic.partition_data.emplace_back();
        entry.index = task_.partition.partition.value();
        entry.records.data = batch;
        const auto version =
            connection->version_of<protocol::ProduceRequest>(kLastVersionWithNames);
        if (version.has_error()) {
            note(version.error());
        } else {
            auto answer = co_await connection->call(request, *version);
            if (answer.has_error()) {
                note(answer.error());
            } else {
                take(answer->message, at, next);
            }
        }
        --in_flight_;
        answered_.notify_all();
    }

    void take(const protocol::ProduceResponse& response, Offset at, Offset next) {
        for (const auto& topic : response.responses) {
            for (const auto& partition : topic.partition_responses) {
                if (partition.error_code != 0) {
                    note(Error(make_error_code(KafkaError(partition.error_code)),
                               fmt::format("write filler at offset {}", at.value())));
                } else if (partition.base_offset != at.value()) {
                    note(Error(Errc::internal,
                               fmt::format("the filler of offset {} is at offset {}: someone else "
                                           "writes to the target",
                                           at.value(), partition.base_offset)));
                } else if (!problem_) {
                    end_ = next;
                    told_(end_);
                }
            }
        }
    }

    void note(const Error& error) {
        if (!problem_) {
            problem_ = error;
        }
    }

    Task<Result<void>> delete_to(Offset start) {
        const client::LogPlace place{task_.leader, task_.partition, start};
        auto deleted = co_await client::delete_records(target_, place, stop_);
        if (deleted.has_error() &&
            deleted.error().code == make_error_code(KafkaError::policy_violation)) {
            LS_CO_CHECK(co_await set_policy_aside());
            deleted = co_await client::delete_records(target_, place, stop_);
        }
        co_return deleted;
    }

    Task<Result<void>> set_policy_aside() {
        auto described = co_await own_configs();
        LS_CO_TRY(own, std::move(described));
        auto set = co_await client::alter_topic_configs(target_, task_.partition.topic,
                                                        set_aside(own), stop_);
        co_return set;
    }

    /// Also where it was set aside before Lockstep was ended in the middle.
    Task<Result<void>> put_policy_back() {
        auto described = co_await own_configs();
        LS_CO_TRY(own, std::move(described));
        if (auto changes = put_back(own)) {
            LS_CO_CHECK(co_await client::alter_topic_configs(target_, task_.partition.topic,
                                                             std::move(*changes), stop_));
        }
        co_return Result<void>();
    }

    Task<Result<OwnConfigs>> own_configs() {
        const std::vector<std::string> names{task_.partition.topic};
        auto described = co_await client::describe_topics(target_, names, stop_);
        LS_CO_TRY(topics, std::move(described));
        OwnConfigs own;
        for (const client::ConfigEntry& entry : topics[task_.partition.topic]) {
            if (entry.origin == client::ConfigOrigin::topic) {
                own[entry.name] = entry.value;
            }
        }
        co_return own;
    }

    client::Cluster& target_;
    LogStartTask task_;
    std::function<void(Offset)> told_;
    std::stop_token stop_;
    Offset end_;
    ProducerId filler_id_;
    int32_t most_records_ = kMostRecords;
    int32_t template_count_ = 0;
    Bytes template_;
    size_t in_flight_ = 0;
    std::optional<Error> problem_;
    runtime::Signal answered_;
    runtime::TaskGroup tasks_;
};

}  // namespace

int64_t filler_bytes(Offset from, Offset to) {
    return static_cast<int64_t>(static_cast<double>(to - from) * kBytesPerOffset);
}

Task<Result<void>> raise_log_start(client::Cluster& target, LogStartTask task,
                                   std::function<void(Offset end)> told, std::stop_token stop) {
    const std::string what =
        fmt::format("raise the log start of {} on {} to {}", task.partition.to_string(),
                    target.name(), task.to.value());
    Raising raising(target, std::move(task), std::move(told), std::move(stop));
    auto raised = co_await raising.run();
    if (raised.has_error()) {
        co_return std::move(raised).error().within(what);
    }
    co_return raised;
}

}  // namespace lockstep::replication
