#include "replication/plan_logs.h"

#include "protocol/kafka_error.h"
#include "runtime/task_group.h"

#include <fmt/core.h>

#include <iterator>

namespace lockstep::replication {

using client::Cluster;
using runtime::Task;

namespace {

Error no_leader(const Cluster& cluster) {
    return {make_error_code(protocol::KafkaError::leader_not_available),
            fmt::format("it has no leader on {}", cluster.name())};
}

/// Also without a leader.
bool is_there(const Cluster& cluster, const TopicPartition& id) {
    const auto* topic = cluster.metadata().find_topic(id.topic);
    return topic != nullptr && id.partition.value() < std::ssize(topic->partitions);
}

constexpr size_t kAtOnce = 64;  // last batches that are asked for

class Tails {
public:
    Tails(Cluster& target, const WantedLogs& wanted, FoundLogs& found)
        : target_(target),
          wanted_(wanted),
          found_(found),
          freed_(target.runtime().loop),
          tasks_(target.runtime().loop) {}

    Task<void> read(std::stop_token stop) {
        for (const auto& [id, log] : wanted_) {
            Result<PartitionLogs>& logs = found_.at(id);
            if (logs.has_error() || logs->target_end.value() == 0) {
                continue;
            }
            while (tasks_.running() >= kAtOnce) {
                co_await freed_.wait();
            }
            tasks_.spawn("tail", read_one(log, logs, stop));
        }
        co_await tasks_.join();
    }

private:
    Task<void> read_one(WantedLog log, Result<PartitionLogs>& logs, std::stop_token stop) {
        const auto leader = target_.metadata().leader_of(log.target);
        const client::LogPlace end{leader->leader, log.target, logs->target_end};
        auto tail = co_await read_target_tail(target_, end, log.stream, stop);
        if (tail.has_error()) {
            logs = std::move(tail).error();
        } else {
            logs->target_tail = tail->tail;
        }
        freed_.notify_all();
    }

    Cluster& target_;
    const WantedLogs& wanted_;
    FoundLogs& found_;
    runtime::Signal freed_;
    runtime::TaskGroup tasks_;
};

}  // namespace

Task<FoundLogs> read_logs(Cluster& source, Cluster& target, WantedLogs wanted,
                          std::stop_token stop) {
    FoundLogs found;
    std::vector<TopicPartition> source_ids;
    std::vector<TopicPartition> target_ids;
    for (const auto& [id, log] : wanted) {
        found.emplace(id, PartitionLogs());
        source_ids.push_back(id);
        target_ids.push_back(log.target);
    }
    // The target first, as the link does it: a link that is running must not make the target seem
    // to be ahead of the source.
    const LogEnds at_target = co_await read_all_ends(target, std::move(target_ids), stop);
    const LogEnds at_source = co_await read_all_ends(source, std::move(source_ids), stop);
    for (auto& [id, logs] : found) {
        const auto from = at_source.ranges.find(id);
        const TopicPartition& there = wanted.at(id).target;
        const auto to = at_target.ranges.find(there);
        if (const auto error = at_target.errors.find(there); error != at_target.errors.end()) {
            logs = error->second;
        } else if (const auto failed = at_source.errors.find(id);
                   failed != at_source.errors.end()) {
            logs = failed->second;
        } else if (from == at_source.ranges.end()) {
            logs = no_leader(source);
        } else if (to == at_target.ranges.end() && is_there(target, there)) {
            logs = no_leader(target);  // what is in it is not known
        } else {
            logs->source_start = from->second.start;
            logs->source_end = from->second.end;
            if (to != at_target.ranges.end()) {
                logs->target_start = to->second.start;
                logs->target_end = to->second.end;
            }
        }
    }
    Tails tails(target, wanted, found);
    co_await tails.read(stop);
    co_return found;
}

}  // namespace lockstep::replication
