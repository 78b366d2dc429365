#include "client/share_state_reader.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/read_share_group_state.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::client {

using protocol::FindCoordinatorRequest;
using protocol::KafkaError;
using protocol::ReadShareGroupStateRequest;
using protocol::ReadShareGroupStateResponse;
using runtime::Task;

namespace {

constexpr auto kTryAgain = std::chrono::seconds(10);
constexpr int8_t kSharePartitionKey = 2;
constexpr int16_t kFirstFindOfSharePartitions = 6;
constexpr int8_t kAcknowledged = 2;  // delivery states, as they are stored
constexpr int8_t kArchived = 4;

bool is_refusal(const Error& error) {
    return error.is(Errc::unsupported) || error.code == KafkaError::cluster_authorization_failed;
}

/// What can be asked for; calls `visit(group, partition, start)`.
template <typename Visit>
void for_each_start(ShareGroupStarts& groups, Visit visit) {
    for (auto& [group, starts] : groups) {
        if (starts.has_error()) {
            continue;
        }
        for (auto& [partition, start] : *starts) {
            if (!start.error && start.offset) {
                visit(group, partition, start);
            }
        }
    }
}

ReadShareGroupStateRequest request_for(const std::string& group, const ShareStarts& starts,
                                       const std::vector<TopicPartition>& partitions) {
    ReadShareGroupStateRequest request;
    request.group_id = group;
    for (const TopicPartition& id : partitions) {
        const ShareStart& start = starts.at(id);
        if (request.topics.empty() || request.topics.back().topic_id != start.topic_id) {
            request.topics.emplace_back().topic_id = start.topic_id;
        }
        // The epoch that is there already: a newer one would be stored, an older one be refused.
        auto& entry = request.topics.back().partitions.emplace_back();
        entry.partition = id.partition.value();
        entry.leader_epoch = start.leader_epoch.value();
    }
    return request;
}

DeliveredRanges delivered_in(const ReadShareGroupStateResponse::PartitionResult& partition) {
    DeliveredRanges ranges;
    for (const auto& batch : partition.state_batches) {
        const bool is_finished =
            batch.delivery_state == kAcknowledged || batch.delivery_state == kArchived;
        ranges.push_back({Offset(batch.first_offset), Offset(batch.last_offset), is_finished});
    }
    std::sort(ranges.begin(), ranges.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    return ranges;
}

/// Takes an answer in; an error where the right is missing. Partitions that it lacks are not told.
Result<void> take(const ReadShareGroupStateResponse& response,
                  const std::vector<TopicPartition>& partitions, ShareStarts& starts) {
    std::map<std::pair<Uuid, int32_t>, ShareStart*> asked;
    for (const TopicPartition& id : partitions) {
        ShareStart& start = starts.at(id);
        start.error = make_error_code(Errc::not_found);
        asked[{start.topic_id, id.partition.value()}] = &start;
    }
    for (const auto& topic : response.results) {
        for (const auto& partition : topic.partitions) {
            const auto found = asked.find({topic.topic_id, partition.partition});
            if (found == asked.end()) {
                continue;
            }
            ShareStart& start = *found->second;
            start.error = {};
            if (partition.error_code != 0) {
                start.error = KafkaError(partition.error_code);
            } else if (partition.start_offset >= 0) {
                start.offset = Offset(partition.start_offset);
                start.delivered = delivered_in(partition);
            }
            if (start.error == KafkaError::cluster_authorization_failed) {
                return Error(start.error, "ReadShareGroupState");
            }
        }
    }
    return {};
}

}  // namespace

Task<Result<ShareGroupStarts>> ShareStateReader::read(ShareGroupStarts groups,
                                                      std::stop_token stop) {
    const auto now = cluster_.runtime().loop.now();
    if (now < try_again_at_) {
        co_return groups;
    }
    auto asked = co_await ask(groups, stop);
    if (asked.has_error() && is_refusal(asked.error())) {
        refusal_ = asked.error().message();
        try_again_at_ = now + kTryAgain;
        co_return groups;
    }
    refusal_.clear();
    co_return asked;
}

Task<Result<ShareGroupStarts>> ShareStateReader::ask(ShareGroupStarts groups,
                                                     std::stop_token stop) {
    auto found = co_await find_coordinators(groups, stop);
    LS_CO_TRY(coordinators, std::move(found));
    const std::string what = fmt::format("read the state of share groups on {}", cluster_.name());
    for (const auto& [broker, asked] : coordinators) {
        auto connected = co_await cluster_.broker(broker, Purpose::share_groups, stop);
        if (connected.has_error()) {
            co_return std::move(connected).error().within(what);
        }
        for (const auto& [group, partitions] : asked) {
            ShareStarts& starts = *groups.at(group);
            const ReadShareGroupStateRequest request = request_for(group, starts, partitions);
            auto called = co_await (*connected)->call(request);
            if (called.has_error()) {
                co_return std::move(called).error().within(what);
            }
            auto taken = take(called->message, partitions, starts);
            if (taken.has_error()) {
                co_return std::move(taken).error().within(what);
            }
        }
    }
    co_return groups;
}

/// One request for all. Partitions whose coordinator is not known just now get its error.
Task<Result<ShareStateReader::Coordinators>> ShareStateReader::find_coordinators(
    ShareGroupStarts& groups, std::stop_token stop) {
    struct Wanted {
        std::string group;
        TopicPartition partition;
        ShareStart* start;
    };
    std::map<std::string, Wanted> wanted;
    FindCoordinatorRequest request;
    request.key_type = kSharePartitionKey;
    for_each_start(
        groups, [&](const std::string& group, const TopicPartition& id, ShareStart& start) {
            const std::string key =
                fmt::format("{}:{}:{}", group, start.topic_id.to_string(), id.partition.value());
            wanted.emplace(key, Wanted{group, id, &start});
            request.coordinator_keys.push_back(key);
        });
    Coordinators coordinators;
    if (wanted.empty()) {
        co_return coordinators;
    }
    const std::string what =
        fmt::format("find the coordinators of share groups on {}", cluster_.name());
    auto connected = co_await cluster_.any_broker(stop);
    if (connected.has_error()) {
        co_return std::move(connected).error().within(what);
    }
    LS_CO_TRY(version, (*connected)->version_of<FindCoordinatorRequest>());
    if (version < kFirstFindOfSharePartitions) {
        co_return Error(Errc::unsupported, what);
    }
    auto called = co_await (*connected)->call(request, version);
    if (called.has_error()) {
        co_return std::move(called).error().within(what);
    }
    if (called->message.error_code != 0) {
        co_return Error(KafkaError(called->message.error_code), what);
    }
    for (auto& [key, want] : wanted) {
        want.start->error = make_error_code(Errc::not_found);
    }
    for (const auto& coordinator : called->message.coordinators) {
        const auto found = wanted.find(coordinator.key);
        if (found == wanted.end()) {
            continue;
        }
        const Wanted& want = found->second;
        want.start->error = {};
        if (coordinator.error_code == 0) {
            coordinators[BrokerId(coordinator.node_id)][want.group].push_back(want.partition);
            continue;
        }
        want.start->error = KafkaError(coordinator.error_code);
        if (want.start->error == KafkaError::cluster_authorization_failed) {
            co_return Error(want.start->error, what);
        }
    }
    co_return coordinators;
}

}  // namespace lockstep::client
