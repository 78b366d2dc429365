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
        LS_CO_CHECK(co_await learn_carried(stop));
        std::map<std::string, std::string> names;
        for (const client::TopicMetadata& topic : topics) {
            const std::string there = request_.link.names.on_target(topic.name);
            names[topic.name] = there;
            for (size_t i = 0; i < topic.partitions.size(); ++i) {
                auto& entry = result_.partitions.emplace_back();
                entry.topic = topic.name;
                entry.renamed_to = there == topic.name ? "" : there;
                entry.partition = static_cast<int32_t>(i);
            }
        }
        auto described = co_await read_cleanups(source_, target_, names, stop);
        LS_CO_TRY(cleanups, std::move(described));
        cleanups_ = std::move(cleanups);
        for (VerifiedPartition& partition : result_.partitions) {
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
            co_return Error(Errc::not_found,
                            from_leader ? there.to_string() + " has no leader on " + target_.name()
                                        : id.to_string() + " has no leader on " + source_.name());
        }
        const std::vector<TopicPartition> source_ids{id};
        const std::vector<TopicPartition> target_ids{there};
        // The target first: copying goes on meanwhile.
        const LogEnds at_target = co_await read_ends(target_, to_leader->leader, target_ids, stop);
        const LogEnds at_source =
            co_await read_ends(source_, from_leader->leader, source_ids, stop);
        LS_CO_TRY(logs, logs_from(at_source, at_target, {id, there}));
        Pair pair{{from_leader->leader, id, {}}, {to_leader->leader, there, {}}, logs};
        const StreamKey key = key_of(id);
        if (request_.link.offsets != OffsetsMode::preserve && store_.is_there()) {
            LS_CO_CHECK(co_await store_.catch_up(key, stop));
        }
        if (request_.link.origins || store_.has(key)) {
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
        PartitionLogs logs;
    };

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

    /// Of the records that were born at the source, which must have the topic.
    StreamKey key_of(const TopicPartition& id) const {
        return stream_key(
            {source_.metadata().cluster_id(), source_.metadata().find_topic(id.topic)->id, id},
            request_.link.names);
    }

    /// By the numbers of the stream's records. What others wrote to the target is not seen.
    Task<Result<void>> compare_translated(VerifiedPartition& partition, Pair pair, size_t index,
                                          std::stop_token stop) {
        const PartitionLogs& logs = pair.logs;
        const TopicPartition& id = pair.source.partition;
        StreamKey key = key_of(id);
        key.origin_cluster_id = carried_.clusters[index];
        StreamMap& map = store_.map_of(key);
        StreamSearch search{pair.target, logs.target_end, stream_id(key), {}};
        search.log_start.offset = logs.target_start;
        LS_CO_CHECK(co_await find_stream(target_, search, map, stop));

        const Ordinal first = std::max(map.source.first_at(logs.source_start).value_or(map.next),
                                       map.target.first_at(logs.target_start).value_or(map.next));
        if (first >= map.next) {
            co_return Result<void>();
        }
        pair.source.offset = map.source.offset_of(first).value_or(logs.source_start);
        pair.target.offset = map.target.offset_of(first).value_or(logs.target_start);
        const Offset to = *map.source.offset_of(map.next - 1) + 1;
        // Of several streams, what any of them was compared in.
        const bool is_first = partition.to == 0;
        partition.from = is_first ? pair.source.offset.value()
                                  : std::min(partition.from, pair.source.offset.value());
        partition.to = std::max(partition.to, to.value());
        const TranslatedCopy copy{&map, search.id, carried_.origins, index};
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
