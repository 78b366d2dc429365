#include "replication/verification.h"

#include "base/assert.h"
#include "replication/discovery.h"
#include "replication/log_cursor.h"
#include "replication/log_reader.h"
#include "runtime/task_group.h"

#include <algorithm>
#include <set>

namespace lockstep::replication {

using client::Cluster;
using protocol::RecordBatchView;
using runtime::Task;

namespace {

constexpr size_t kAtOnce = 4;  // partitions
constexpr size_t kFirstDifferences = 100;

bool is_same(const protocol::RecordHeader& one, const protocol::RecordHeader& other) {
    return one.key == other.key && one.value.has_value() == other.value.has_value() &&
           (!one.value || std::ranges::equal(*one.value, *other.value));
}

bool is_same(const std::optional<ByteView>& one, const std::optional<ByteView>& other) {
    return one.has_value() == other.has_value() && (!one || std::ranges::equal(*one, *other));
}

bool is_same(const SeenRecord& one, const SeenRecord& other) {
    const auto same_headers = [](const auto& a, const auto& b) { return is_same(a, b); };
    return one.timestamp_ms == other.timestamp_ms && is_same(one.content.key, other.content.key) &&
           is_same(one.content.value, other.content.value) &&
           std::ranges::equal(one.content.headers, other.content.headers, same_headers);
}

/// Whether both show the same records, told from the outside alone.
bool is_same(const RecordBatchView& one, const RecordBatchView& other) {
    return one.base_offset() == other.base_offset() && one.codec() == other.codec() &&
           one.last_offset_delta() == other.last_offset_delta() &&
           one.record_count() == other.record_count() &&
           one.base_timestamp() == other.base_timestamp() && !one.is_log_append_time() &&
           !other.is_log_append_time() && std::ranges::equal(one.payload(), other.payload());
}

/// Compares what two cursors see. Lives for one partition.
class Comparison {
public:
    Comparison(LogCursor source, LogCursor target, VerifiedPartition& verified, bool is_compacted)
        : source_(std::move(source)),
          target_(std::move(target)),
          verified_(verified),
          is_compacted_(is_compacted) {}

    Task<Result<void>> run(std::stop_token stop) {
        while (true) {
            auto at_source = co_await source_.load(stop);
            LS_CO_TRY(source_has, std::move(at_source));
            auto at_target = co_await target_.load(stop);
            LS_CO_TRY(target_has, std::move(at_target));
            if (!source_has && !target_has) {
                co_return Result<void>();
            }
            if (source_has && target_has && skip_same_batch()) {
                continue;
            }
            LS_CO_TRY(source_is_open, source_has ? source_.unpack() : Result<bool>(false));
            LS_CO_TRY(target_is_open, target_has ? target_.unpack() : Result<bool>(false));
            if (source_is_open != source_has || target_is_open != target_has) {
                continue;  // a batch is used up: what comes behind it belongs to the comparison
            }
            compare();
        }
    }

private:
    bool skip_same_batch() {
        const RecordBatchView* one = source_.whole_batch();
        const RecordBatchView* other = target_.whole_batch();
        if (one == nullptr || other == nullptr || !is_same(*one, *other)) {
            return false;
        }
        verified_.records += static_cast<uint64_t>(one->record_count());
        ++verified_.untouched_batches;
        source_.skip_batch();
        target_.skip_batch();
        return true;
    }

    void compare() {
        const SeenRecord* one = source_.has_record() ? &source_.record() : nullptr;
        const SeenRecord* other = target_.has_record() ? &target_.record() : nullptr;
        if (other == nullptr || (one != nullptr && one->offset < other->offset)) {
            only_at_source();
        } else if (one == nullptr || one->offset > other->offset) {
            only_on_target();
        } else {
            if (is_same(*one, *other)) {
                ++verified_.records;
            } else {
                note(one->offset, Difference::Kind::content);
            }
            source_.skip_record();
            target_.skip_record();
        }
    }

    void only_at_source() {
        note(source_.record().offset, Difference::Kind::only_at_source);
        source_.skip_record();
    }

    void only_on_target() {
        note(target_.record().offset, Difference::Kind::only_on_target);
        target_.skip_record();
    }

    void note(Offset offset, Difference::Kind kind) {
        // The two clusters compact at different times.
        if (is_compacted_ && kind != Difference::Kind::content) {
            ++verified_.compacted;
            return;
        }
        ++verified_.differences;
        if (verified_.first.size() < kFirstDifferences) {
            verified_.first.push_back({offset.value(), kind});
        }
    }

    LogCursor source_;
    LogCursor target_;
    VerifiedPartition& verified_;
    bool is_compacted_;
};

/// One call of verify_link().
class Verifying {
public:
    Verifying(runtime::Runtime& runtime, VerifyRequest request, LinkVerification& result)
        : request_(std::move(request)),
          result_(result),
          source_(runtime, cluster_named(request_.clusters, request_.link.source), {}),
          target_(runtime, cluster_named(request_.clusters, request_.link.target), {}),
          freed_(runtime.loop),
          tasks_(runtime.loop) {}

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
        std::vector<std::string> names;
        for (const client::TopicMetadata& topic : topics) {
            names.push_back(topic.name);
            for (size_t i = 0; i < topic.partitions.size(); ++i) {
                auto& entry = result_.partitions.emplace_back();
                entry.topic = topic.name;
                entry.partition = static_cast<int32_t>(i);
            }
        }
        for (Cluster* cluster : {&source_, &target_}) {
            auto described = co_await client::describe_topics(*cluster, names, stop);
            LS_CO_TRY(configs, std::move(described));
            note_compacted(configs);
        }
        for (VerifiedPartition& partition : result_.partitions) {
            while (tasks_.running() >= kAtOnce) {
                co_await freed_.wait();
            }
            tasks_.spawn("verify", verify(partition, stop));
        }
        co_return Result<void>();
    }

    void note_compacted(const std::map<std::string, std::vector<client::ConfigEntry>>& configs) {
        for (const auto& [topic, entries] : configs) {
            for (const client::ConfigEntry& entry : entries) {
                if (entry.name == "cleanup.policy" &&
                    entry.value.find("compact") != std::string::npos) {
                    compacted_.insert(topic);
                }
            }
        }
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
        const auto from_leader = source_.metadata().leader_of(id);
        const auto to_leader = target_.metadata().leader_of(id);
        if (!from_leader || !to_leader) {
            co_return Error(Errc::not_found, id.to_string() + " has no leader on " +
                                                 (from_leader ? target_.name() : source_.name()));
        }
        const std::vector<TopicPartition> ids{id};
        // The target first: copying goes on meanwhile.
        const LogEnds at_target = co_await read_ends(target_, to_leader->leader, ids, stop);
        const LogEnds at_source = co_await read_ends(source_, from_leader->leader, ids, stop);
        LS_CO_TRY(logs, logs_from(at_source, at_target, id));
        const Offset from = std::max(logs.source_start, logs.target_start);
        const Offset to = std::max(from, std::min(logs.source_end, logs.target_end));
        partition.from = from.value();
        partition.to = to.value();
        const client::LogPlace source_place{from_leader->leader, id, from};
        const client::LogPlace target_place{to_leader->leader, id, from};
        Comparison comparison(LogCursor(source_, source_place, to),
                              LogCursor(target_, target_place, to), partition,
                              compacted_.contains(partition.topic));
        auto compared = co_await comparison.run(stop);
        co_return compared;
    }

    VerifyRequest request_;
    LinkVerification& result_;
    Cluster source_;
    Cluster target_;
    std::set<std::string> compacted_;
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
