// What a link has to know of its topics' configs before it copies them.

#include "base/mutation.h"
#include "replication/link.h"
#include "replication/topic_cleanup.h"

#include <set>

namespace lockstep::replication {

using runtime::Task;
using runtime::TimePoint;

namespace {

constexpr auto kMessageBytesKept = std::chrono::minutes(1);
constexpr size_t kTopicsAtOnce = 100;  // that are asked about in one request

}  // namespace

/// Of the topics that nobody has asked about yet: thousands of partitions may begin together. Where
/// that fails, each partition asks itself.
Task<void> Link::learn_cleanups(const std::vector<PartitionReplicator*>& group) {
    std::set<std::string> unknown;
    for (const PartitionReplicator* partition : group) {
        if (!compacted_.contains(partition->id().topic)) {
            unknown.insert(partition->id().topic);
        }
    }
    auto next = unknown.begin();
    while (next != unknown.end() && !tasks_.stop_requested()) {
        std::vector<std::string> some;
        for (; next != unknown.end() && some.size() < kTopicsAtOnce; ++next) {
            some.push_back(*next);
        }
        const auto asked = co_await read_compacted(source_, std::move(some), tasks_.stop_token());
        if (asked.has_error()) {
            co_return;
        }
        compacted_.insert(asked->begin(), asked->end());
    }
}

/// Compaction leaves holes, and shows two workers different records under the same names. Where it
/// cannot be known, one worker at a time copies, and holes are not passed over.
Task<Result<void>> Link::learn_cleanup(PartitionReplicator& partition) {
    const std::string topic = partition.id().topic;
    if (!compacted_.contains(topic) || partition.wants_cleanup_policy()) {
        auto asked = co_await is_compacted(source_, topic, tasks_.stop_token());
        if (asked.has_error()) {
            co_return partition.wants_cleanup_policy()
                ? Result<void>(std::move(asked).error().within("offsets are missing"))
                : Result<void>();
        }
        compacted_[topic] = *asked;
    }
    partition.on_cleanup_policy(compacted_[topic] && !mutated(Mutation::compaction_unknown));
    co_return Result<void>();
}

/// Asked about where it was configured only; each topic once in a while, as somebody may change it.
Task<void> Link::learn_batch_size(PartitionReplicator& partition) {
    if (!spec_.batch_size) {
        co_return;
    }
    const std::string topic = partition.target_id().topic;
    const TimePoint now = environment_.runtime.loop.now();
    const auto known = message_bytes_.find(topic);
    if (known == message_bytes_.end() || now - known->second.asked_at >= kMessageBytesKept) {
        const auto most = co_await max_message_bytes(target_, topic, tasks_.stop_token());
        message_bytes_[topic] = {most, now};
    }
    partition.limit_made(*spec_.batch_size, message_bytes_[topic].most);
}

}  // namespace lockstep::replication
