#include "replication/consistent_cut.h"

#include "base/assert.h"
#include "model/tagged_producer_id.h"
#include "replication/cut_search.h"
#include "replication/discovery.h"
#include "replication/log_reader.h"
#include "replication/offsets_store.h"
#include "replication/stream_search.h"
#include "replication/transaction_source.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using client::Cluster;
using End = ScannedTransaction::End;
using Identity = SourceTransaction::Identity;
using runtime::Task;

namespace {

constexpr size_t kFirstTransactions = 100;

/// One call of find_cut().
class Cutting {
public:
    Cutting(runtime::Runtime& runtime, CutRequest request, LinkCut& result)
        : request_(std::move(request)),
          result_(result),
          source_(runtime, cluster_named(request_.clusters, request_.link.source), {}),
          target_(runtime, cluster_named(request_.clusters, request_.link.target), {}),
          producer_(target_),
          store_(target_, producer_) {}

    Task<void> run(std::stop_token stop) {
        auto cut = co_await find(stop);
        if (cut.has_error()) {
            result_.problem = cut.error().message();
            result_.partitions.clear();
        }
        if (logs_) {
            co_await logs_->close();
        }
        co_await source_.close();
        co_await target_.close();
    }

private:
    Task<Result<void>> find(std::stop_token stop) {
        auto filter = TopicFilter::make(request_.link.topics, request_.link.exclude);
        LS_ASSERT(filter.has_value());
        Discovery discovery(source_, target_, request_.link, std::move(*filter));
        auto looking = co_await discovery.look_only(stop);
        LS_CO_TRY(topics, std::move(looking));
        const auto not_copied = discovery.look_at_names(topics);
        std::erase_if(topics, [&](const auto& topic) { return not_copied.contains(topic.name); });
        for (const client::TopicMetadata& topic : topics) {
            for (size_t i = 0; i < topic.partitions.size(); ++i) {
                partitions_.push_back({topic.name, PartitionIndex(static_cast<int32_t>(i))});
            }
        }
        if (partitions_.empty()) {
            co_return Error(Errc::not_found,
                            "no topic of " + source_.name() + " matches: there is nothing to cut");
        }
        // The target first: what was copied then is before the ends that the source tells later.
        LS_CO_CHECK(co_await read_copied(stop));
        logs_.emplace(source_, partitions_);
        LS_CO_CHECK(co_await logs_->look(stop));
        LS_CO_CHECK(check_ends());
        if (copied_ != logs_->ends()) {
            LS_CO_CHECK(co_await logs_->look_more(stop));
        }
        auto searching = co_await search(stop);
        LS_CO_TRY(found, std::move(searching));
        report(found);
        co_return Result<void>();
    }

    /// With kept offsets the target's log end is the next source offset; else the map tells it.
    Task<Result<void>> read_copied(std::stop_token stop) {
        OffsetsOf asked;
        for (const TopicPartition& partition : partitions_) {
            const TopicPartition there = request_.link.names.on_target(partition);
            const auto* topic = target_.metadata().find_topic(there.topic);
            const auto index = static_cast<size_t>(there.partition.value());
            if (topic != nullptr && index < topic->partitions.size()) {
                asked.partitions.push_back(there);
            }
        }
        const std::vector<TopicPartition> there = asked.partitions;
        auto reading = co_await offsets_of(target_, std::move(asked), stop);
        LS_CO_TRY(ends, std::move(reading));
        copied_.assign(partitions_.size(), Offset(0));
        for (size_t i = 0, found = 0; i < partitions_.size() && found < there.size(); ++i) {
            if (request_.link.names.on_target(partitions_[i]) == there[found]) {
                copied_[i] = ends[found++];
            }
        }
        if (request_.link.offsets == OffsetsMode::preserve || !store_.is_there()) {
            co_return Result<void>();
        }
        for (size_t i = 0; i < partitions_.size(); ++i) {
            if (copied_[i].value() > 0) {
                LS_CO_CHECK(co_await read_translated(i, stop));
            }
        }
        co_return Result<void>();
    }

    Task<Result<void>> read_translated(size_t index, std::stop_token stop) {
        const TopicPartition id = partitions_[index];
        const Uuid topic_id = source_.metadata().find_topic(id.topic)->id;
        const StreamKey key =
            stream_key({source_.metadata().cluster_id(), topic_id, id}, request_.link.names);
        const TopicPartition there = key.partition;
        LS_CO_CHECK(co_await store_.catch_up(key, stop));
        const auto leader = target_.metadata().leader_of(there);
        if (!store_.has(key) || !leader) {
            co_return Result<void>();
        }
        StreamMap& map = store_.map_of(key);
        StreamSearch search{{leader->leader, there, Offset(0)}, copied_[index], stream_id(key), {}};
        const std::vector<TopicPartition> ids{there};
        const LogEnds ends = co_await read_ends(target_, leader->leader, ids, stop);
        if (const auto range = ends.ranges.find(there); range != ends.ranges.end()) {
            search.log_start.offset = range->second.start;
        }
        LS_CO_CHECK(co_await find_stream(target_, search, map, stop));
        const auto last = map.source.offset_of(map.next - 1);
        copied_[index] = last ? *last + 1 : Offset(0);
        co_return Result<void>();
    }

    Result<void> check_ends() const {
        for (size_t i = 0; i < partitions_.size(); ++i) {
            if (copied_[i] > logs_->ends()[i]) {
                return Error(Errc::invalid_argument,
                             fmt::format("{}: the target ends at {}, the source already at {}",
                                         partitions_[i].to_string(), copied_[i].value(),
                                         logs_->ends()[i].value()));
            }
        }
        return {};
    }

    Task<Result<CutStep>> search(std::stop_token stop) {
        CutSearch steps(copied_, logs_->starts(), logs_->ends());
        LS_CO_CHECK(co_await logs_->scan(steps.begin().scans, stop));
        while (true) {
            CutStep step = steps.next(logs_->view());
            if (!step.problem.empty()) {
                co_return Error(Errc::limit_exceeded, step.problem + doubt());
            }
            if (step.is_found()) {
                co_return step;
            }
            if (step.history_since_ms) {
                co_await logs_->read_history(*step.history_since_ms, stop);
            }
            LS_CO_CHECK(co_await logs_->scan(step.scans, stop));
            LS_CO_CHECK(co_await logs_->scan_since(step.scans_since, stop));
        }
    }

    void report(const CutStep& found) {
        for (size_t i = 0; i < partitions_.size(); ++i) {
            CutPartition& partition = result_.partitions.emplace_back();
            partition.topic = partitions_[i].topic;
            const std::string there = request_.link.names.on_target(partition.topic);
            partition.renamed_to = there == partition.topic ? "" : there;
            partition.partition = partitions_[i].partition.value();
            partition.copied_to = copied_[i].value();
            partition.cut = found.cut.ends[i].value();
        }
        for (size_t i = 0; i < found.transactions.size(); ++i) {
            if (found.cut.is_outside[i]) {
                report(found.transactions[i]);
            }
        }
        for (CutPartition& partition : result_.partitions) {
            std::ranges::sort(partition.first, {}, &CutTransaction::first_offset);
            partition.transactions_cut = partition.first.size();
            partition.first.resize(std::min(partition.first.size(), kFirstTransactions));
        }
    }

    void report(const SourceTransaction& transaction) {
        for (const IdentifiedPart& part : transaction.parts) {
            if (part.scanned == nullptr || part.first >= copied_[part.partition]) {
                continue;
            }
            CutTransaction& cut = result_.partitions[part.partition].first.emplace_back();
            cut.producer_id = transaction.producer_id.value();
            cut.producer_epoch = transaction.epoch.value();
            cut.first_offset = part.first.value();
            cut.last_offset = part.scanned->last.value();
            cut.is_told_apart = transaction.identity != Identity::unknown;
            if (part.scanned->end != End::open) {
                cut.marker_offset = part.scanned->marker.value();
            }
            if (!cut.is_told_apart) {
                result_.note =
                    "some transactions cannot be told apart from others of the same "
                    "producer, which are behind the cut as well" +
                    doubt();
            }
        }
    }

    /// Why transactions cannot be told apart.
    std::string doubt() const {
        return logs_->history_problem().empty()
                   ? ": what their coordinator wrote down about them is not there any more, or was "
                     "in motion"
                   : ": " + logs_->history_problem();
    }

    CutRequest request_;
    LinkCut& result_;
    Cluster source_;
    Cluster target_;
    client::BatchProducer producer_;  // sends nothing
    OffsetsStore store_;
    std::vector<TopicPartition> partitions_;
    std::vector<Offset> copied_;  // by partition
    std::optional<TransactionSource> logs_;
};

}  // namespace

Task<LinkCut> find_cut(runtime::Runtime& runtime, CutRequest request, std::stop_token stop) {
    LinkCut result;
    result.name = request.link.name;
    result.source = request.link.source;
    result.target = request.link.target;
    Cutting cutting(runtime, std::move(request), result);
    co_await cutting.run(stop);
    co_return result;
}

}  // namespace lockstep::replication
