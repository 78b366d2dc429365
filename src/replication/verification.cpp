#include "replication/verification.h"

#include "base/assert.h"
#include "replication/difference_cause.h"
#include "replication/discovery.h"
#include "replication/log_comparison.h"
#include "replication/log_reader.h"
#include "replication/offsets_store.h"
#include "replication/origin_ids.h"
#include "replication/stream_search.h"
#include "replication/translated_copy.h"
#include "runtime/task_group.h"

#include <algorithm>
#include <map>
#include <optional>

namespace lockstep::replication {

using client::Cluster;
using runtime::Task;

namespace {

constexpr size_t kAtOnce = 4;  // partitions
constexpr uint64_t kMostCounted = 10'000;
constexpr std::chrono::milliseconds kBetweenLooks{250};

/// Why the partition cannot be read there.
Error without_leader(const client::Cluster& cluster, const TopicPartition& partition) {
    const bool is_there = cluster.metadata().find_topic(partition.topic) != nullptr;
    return Error(Errc::not_found,
                 is_there ? partition.to_string() + " has no leader on " + cluster.name()
                          : "there is no topic " + partition.topic + " on " + cluster.name());
}

/// How many records the cursor shows. Of more than kMostCounted the rest is taken for full of them.
Task<Result<uint64_t>> count_records(LogCursor cursor, Offset end, std::stop_token stop) {
    uint64_t count = 0;
    while (true) {
        auto loading = co_await cursor.load(stop);
        LS_CO_TRY(has_more, std::move(loading));
        if (!has_more) {
            co_return count;
        }
        if (const auto* whole = cursor.whole_batch()) {
            count += static_cast<uint64_t>(whole->record_count());
            cursor.skip_batch();
        } else {
            LS_CO_TRY(has_record, cursor.unpack());
            count += has_record ? 1 : 0;
            cursor.skip_record();
        }
        if (count > kMostCounted && !cursor.has_batch()) {
            co_return count + static_cast<uint64_t>(std::max<int64_t>(0, end - cursor.looked_to()));
        }
    }
}

/// One call of verify_link().
class Verifying {
public:
    Verifying(runtime::Runtime& runtime, VerifyRequest request, LinkVerification& result)
        : runtime_(runtime),
          request_(std::move(request)),
          result_(result),
          ids_(configured_ids(request_.clusters)),
          source_(runtime, cluster_named(request_.clusters, request_.link.source), {}),
          target_(runtime, cluster_named(request_.clusters, request_.link.target), {}),
          producer_(target_),
          store_(target_, producer_),
          freed_(runtime.loop),
          tasks_(runtime.loop) {
        if (request_.bytes_per_second) {
            source_rate_.emplace(*request_.bytes_per_second);
            target_rate_.emplace(*request_.bytes_per_second);
        }
    }

    Task<void> run(std::stop_token stop) {
        patient_until_ = runtime_.loop.now() + request_.patience;
        auto compared = co_await compare_all(stop);
        if (compared.has_error()) {
            result_.problem = compared.error().message();
        }
        co_await tasks_.join();
        co_await source_.close();
        co_await target_.close();
    }

private:
    Task<Result<void>> compare_all(std::stop_token stop) {
        auto filter = TopicFilter::make(request_.link.topics, request_.link.exclude);
        LS_ASSERT(filter.has_value());
        Discovery discovery(source_, target_, request_.link, std::move(*filter));
        auto looked = co_await discovery.look_only(stop);
        LS_CO_TRY(topics, std::move(looked));
        if (!request_.only.empty()) {
            auto only = TopicFilter::make(request_.only, {});
            LS_ASSERT(only.has_value());
            std::erase_if(topics, [&](const auto& topic) { return !only->matches(topic.name); });
        }
        if (topics.empty()) {
            result_.has_no_topics = true;
            co_return Error(Errc::not_found,
                            "no topic of " + source_.name() + " matches: nothing was compared");
        }
        const auto not_copied = discovery.look_at_names(topics);
        std::erase_if(topics, [&](const auto& topic) { return not_copied.contains(topic.name); });
        for (const auto& [topic, problem] : not_copied) {
            auto& entry = result_.partitions.emplace_back();
            entry.topic = topic;
            entry.problem = problem;
        }
        LS_CO_CHECK(co_await learn_carried(stop));
        std::map<std::string, std::string> names;
        std::vector<TopicPartition> ids;
        for (const client::TopicMetadata& topic : topics) {
            const std::string there = request_.link.names.on_target(topic.name);
            names[topic.name] = there;
            for (size_t i = 0; i < topic.partitions.size(); ++i) {
                auto& entry = result_.partitions.emplace_back();
                entry.topic = topic.name;
                entry.renamed_to = there == topic.name ? "" : there;
                entry.partition = static_cast<int32_t>(i);
                ids.push_back({topic.name, PartitionIndex(entry.partition)});
            }
        }
        auto described = co_await read_cleanups(source_, target_, names, stop);
        LS_CO_TRY(cleanups, std::move(described));
        cleanups_ = std::move(cleanups);
        goals_ = co_await read_all_ends(source_, std::move(ids), stop);
        for (VerifiedPartition& partition : result_.partitions) {
            if (!partition.problem.empty()) {
                continue;
            }
            while (tasks_.running() >= kAtOnce) {
                co_await freed_.wait();
            }
            tasks_.spawn("verify", verify(partition, stop));
        }
        co_return Result<void>();
    }

    Task<Result<void>> learn_carried(std::stop_token stop) {
        LS_CO_CHECK(ids_.learn(source_.name(), source_.metadata().cluster_id()));
        LS_CO_CHECK(ids_.learn(target_.name(), target_.metadata().cluster_id()));
        const RelayedOrigins relayed = relayed_by(request_.link, request_.clusters);
        LS_CO_CHECK(co_await learn_origins(runtime_, relayed, ids_, stop));
        LS_CO_TRY(carried, carried_by(request_.link, ids_));
        carried_ = std::move(carried);
        co_return Result<void>();
    }

    Task<void> verify(VerifiedPartition& partition, std::stop_token stop) {
        auto compared = co_await compare(partition, stop);
        if (compared.has_error()) {
            partition.problem = compared.error().message();
        }
        request_.told(partition);
        freed_.notify_all();
    }

    Task<Result<void>> compare(VerifiedPartition& partition, std::stop_token stop) {
        const TopicPartition id{partition.topic, PartitionIndex(partition.partition)};
        const TopicPartition there = request_.link.names.on_target(id);
        const auto from_leader = source_.metadata().leader_of(id);
        const auto to_leader = target_.metadata().leader_of(there);
        if (!from_leader || !to_leader) {
            co_return from_leader ? without_leader(target_, there) : without_leader(source_, id);
        }
        Pair pair{{from_leader->leader, id, {}}, {to_leader->leader, there, {}}, {}};
        LS_CO_CHECK(co_await wait_until_copied(partition, pair, stop));
        if (is_translated(id)) {
            for (size_t index = 0; index < carried_.clusters.size(); ++index) {
                LS_CO_CHECK(co_await compare_translated(partition, pair, index, stop));
            }
            co_return Result<void>();
        }
        auto compared = co_await compare_kept(partition, std::move(pair), stop);
        co_return compared;
    }

    /// Both sides of a partition: where to begin, and what the logs are.
    struct Pair {
        client::LogPlace source;
        client::LogPlace target;
        PartitionLogs logs;  // the source's only up to where it ended at the start
    };

    /// The source must have the topic. Without `origin`: of the records that were born there.
    StreamKey key_of(const TopicPartition& id, const std::string& origin = "") const {
        StreamKey key = stream_key(
            {source_.metadata().cluster_id(), source_.metadata().find_topic(id.topic)->id, id},
            request_.link.names);
        key.origin_cluster_id = origin;
        return key;
    }

    bool is_translated(const TopicPartition& id) const {
        return request_.link.origins || store_.has(key_of(id));
    }

    /// Until all is copied that the source held at the start, or until patience is at its end.
    Task<Result<void>> wait_until_copied(VerifiedPartition& partition, Pair& pair,
                                         std::stop_token stop) {
        while (true) {
            LS_CO_CHECK(co_await look(pair, stop));
            auto counting = co_await count_not_copied(pair, stop);
            LS_CO_TRY(count, std::move(counting));
            partition.not_copied = count;
            if (count == 0 || runtime_.loop.now() >= patient_until_ || stop.stop_requested()) {
                co_return Result<void>();
            }
            co_await runtime::sleep_for(runtime_.loop, kBetweenLooks, stop);
        }
    }

    Task<Result<void>> look(Pair& pair, std::stop_token stop) {
        const TopicPartition id = pair.source.partition;
        const TopicPartition there = pair.target.partition;
        const std::vector<TopicPartition> source_ids{id};
        const std::vector<TopicPartition> target_ids{there};
        const LogEnds at_target = co_await read_ends(target_, pair.target.leader, target_ids, stop);
        const LogEnds at_source = co_await read_ends(source_, pair.source.leader, source_ids, stop);
        LS_CO_TRY(logs, logs_from(at_source, at_target, {id, there}));
        pair.logs = logs;
        if (const auto goal = goals_.ranges.find(id); goal != goals_.ranges.end()) {
            pair.logs.source_end = std::min(logs.source_end, goal->second.end);
        }
        if (request_.link.offsets != OffsetsMode::preserve && store_.is_there()) {
            LS_CO_CHECK(co_await store_.catch_up(key_of(id), stop));
        }
        if (is_translated(id)) {
            for (const std::string& origin : carried_.clusters) {
                const StreamKey key = key_of(id, origin);
                StreamSearch search{pair.target, pair.logs.target_end, stream_id(key), {}};
                search.log_start.offset = pair.logs.target_start;
                LS_CO_CHECK(co_await find_stream(target_, search, store_.map_of(key), stop));
            }
        }
        co_return Result<void>();
    }

    /// The first of a stream's records that the target's log does not have: the map is newer than
    /// the look at that log, and may know of more.
    static Ordinal end_on_target(const StreamMap& map, const PartitionLogs& logs) {
        return std::min(map.next, map.target.first_at(logs.target_end).value_or(map.next));
    }

    /// What a consumer would see of the source behind what was copied.
    Task<Result<uint64_t>> count_not_copied(Pair pair, std::stop_token stop) {
        const PartitionLogs& logs = pair.logs;
        const TopicPartition& id = pair.source.partition;
        if (!is_translated(id)) {
            pair.source.offset = std::max(logs.source_start, logs.target_end);
            LogCursor cursor(source_, pair.source, logs.source_end, rate_of(source_rate_));
            auto counted = co_await count_records(std::move(cursor), logs.source_end, stop);
            co_return counted;
        }
        uint64_t count = 0;
        for (size_t index = 0; index < carried_.clusters.size(); ++index) {
            const TranslatedCopy copy = copy_of(id, index);
            const auto next = copy.map->source.offset_of(end_on_target(*copy.map, logs));
            pair.source.offset = std::max(logs.source_start, next.value_or(Offset(0)));
            LogCursor cursor(source_, pair.source, logs.source_end, rate_of(source_rate_));
            cursor.see(view_of_source(copy));
            auto counting = co_await count_records(std::move(cursor), logs.source_end, stop);
            LS_CO_TRY(counted, std::move(counting));
            count += counted;
        }
        co_return count;
    }

    TranslatedCopy copy_of(const TopicPartition& id, size_t index) {
        const StreamKey key = key_of(id, carried_.clusters[index]);
        return {&store_.map_of(key), stream_id(key), carried_.origins, index};
    }

    Task<Result<void>> compare_kept(VerifiedPartition& partition, Pair pair, std::stop_token stop) {
        const PartitionLogs& logs = pair.logs;
        const Offset from = std::max(logs.source_start, logs.target_start);
        const Offset to = std::max(from, std::min(logs.source_end, logs.target_end));
        partition.from = from.value();
        partition.to = to.value();
        pair.source.offset = from;
        pair.target.offset = from;
        LogComparison comparison(LogCursor(source_, pair.source, to, rate_of(source_rate_)),
                                 LogCursor(target_, pair.target, to, rate_of(target_rate_)),
                                 rules_for(partition.topic), partition);
        LS_CO_CHECK(co_await comparison.run(stop));
        if (!partition.first.empty()) {
            co_await find_cause(partition, std::move(pair), stop);
        }
        co_return Result<void>();
    }

    Task<void> find_cause(VerifiedPartition& partition, Pair pair, std::stop_token stop) {
        const Difference& difference = partition.first.front();
        client::LogPlace place = pair.target;
        place.offset = difference.offset;
        const TopicPartition id = pair.source.partition;
        const auto read = co_await client::read_batch_at(target_, std::move(place), stop);
        if (read.has_error() || source_.metadata().find_topic(id.topic) == nullptr) {
            co_return;
        }
        ByteView bytes = read->view();
        const auto batch = protocol::next_batch(bytes);
        std::optional<protocol::RecordBatchView> at_target;
        if (batch.has_value() && *batch && (*batch)->base_offset() <= difference.offset &&
            (*batch)->last_offset() >= difference.offset) {
            at_target = **batch;
        }
        partition.cause = cause_of(difference, at_target, preserved_stream_id(key_of(id)));
    }

    /// By the numbers of the stream's records. What others wrote to the target is not seen.
    Task<Result<void>> compare_translated(VerifiedPartition& partition, Pair pair, size_t index,
                                          std::stop_token stop) {
        const PartitionLogs& logs = pair.logs;
        const TranslatedCopy copy = copy_of(pair.source.partition, index);
        const StreamMap& map = *copy.map;
        const Ordinal first = std::max(map.source.first_at(logs.source_start).value_or(map.next),
                                       map.target.first_at(logs.target_start).value_or(map.next));
        const Ordinal end = end_on_target(map, logs);
        if (first >= end) {
            co_return Result<void>();
        }
        pair.source.offset = map.source.offset_of(first).value_or(logs.source_start);
        pair.target.offset = map.target.offset_of(first).value_or(logs.target_start);
        const Offset to = *map.source.offset_of(end - 1) + 1;
        // Of several streams, what any of them was compared in.
        const bool is_first = partition.to == 0;
        partition.from = is_first ? pair.source.offset.value()
                                  : std::min(partition.from, pair.source.offset.value());
        partition.to = std::max(partition.to, to.value());
        LogCursor from_source(source_, pair.source, to, rate_of(source_rate_));
        from_source.see(view_of_source(copy));
        LogCursor from_target(target_, pair.target, logs.target_end, rate_of(target_rate_));
        from_target.see(view_of_target(copy));
        LogComparison comparison(std::move(from_source), std::move(from_target),
                                 rules_for(partition.topic), partition);
        auto compared = co_await comparison.run(stop);
        co_return compared;
    }

    ComparisonRules rules_for(const std::string& topic) const {
        return {cleanups_.at(topic), request_.link.append_time};
    }

    static ReadRate* rate_of(std::optional<ReadRate>& rate) { return rate ? &*rate : nullptr; }

    runtime::Runtime& runtime_;
    VerifyRequest request_;
    LinkVerification& result_;
    ClusterIds ids_;
    Carried carried_;
    Cluster source_;
    Cluster target_;
    client::BatchProducer producer_;  // sends nothing
    OffsetsStore store_;
    std::optional<ReadRate> source_rate_;  // of what is read from one cluster
    std::optional<ReadRate> target_rate_;
    std::map<std::string, Cleanup> cleanups_;
    LogEnds goals_;  // the source's, at the start
    runtime::TimePoint patient_until_{};
    runtime::Signal freed_;
    runtime::TaskGroup tasks_;
};

}  // namespace

Task<LinkVerification> verify_link(runtime::Runtime& runtime, VerifyRequest request,
                                   std::stop_token stop) {
    LinkVerification result;
    result.name = request.link.name;
    result.source = request.link.source;
    result.target = request.link.target;
    Verifying verifying(runtime, std::move(request), result);
    co_await verifying.run(stop);
    co_return result;
}

}  // namespace lockstep::replication
