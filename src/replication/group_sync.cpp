#include "replication/group_sync.h"

#include "base/log.h"
#include "protocol/kafka_error.h"

#include <fmt/core.h>

namespace lockstep::replication {

using client::GroupOffsets;
using runtime::Task;

namespace {

constexpr auto kPause = std::chrono::seconds(1);
/// Offsets expire by the time of their commit (offsets.retention.minutes, 7 days unless changed):
/// those of groups that do not move are committed again in time.
constexpr auto kRefresh = std::chrono::minutes(10);

const GroupOffsets kNone;

const GroupOffsets& offsets_of(const std::map<std::string, GroupOffsets>& all,
                               const std::string& group) {
    const auto found = all.find(group);
    return found == all.end() ? kNone : found->second;
}

std::optional<Offset> offset_in(const GroupOffsets& offsets, const TopicPartition& id) {
    const auto found = offsets.find(id);
    return found == offsets.end() ? std::nullopt : std::optional(found->second.offset);
}

bool is_active(const std::map<std::string, client::ListedGroup>& listed, const std::string& group) {
    const auto found = listed.find(group);
    return found != listed.end() && found->second.is_active();
}

bool says_active(const std::error_code& code) {
    using protocol::KafkaError;
    return code == KafkaError::unknown_member_id || code == KafkaError::illegal_generation ||
           code == KafkaError::rebalance_in_progress || code == KafkaError::stale_member_epoch;
}

void add_to_report(GroupStatus& status, Offset source, std::optional<Offset> target) {
    ++status.partitions;
    const int64_t distance = target ? *target - source : -source.value();
    status.exact += distance == 0 ? 1 : 0;
    status.behind_records += distance < 0 ? -distance : 0;
    status.ahead_records += distance > 0 ? distance : 0;
}

}  // namespace

GroupSync::GroupSync(client::Cluster& source, client::Cluster& target, GroupFilter filter,
                     RangesOf ranges_of)
    : source_(source),
      target_(target),
      filter_(std::move(filter)),
      ranges_of_(std::move(ranges_of)) {}

Task<void> GroupSync::run(std::stop_token stop) {
    auto& loop = source_.runtime().loop;
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kPause, stop);
        if (stop.stop_requested()) {
            break;
        }
        const auto looked = co_await look(stop);
        const std::string problem = looked.has_error() ? looked.error().message() : "";
        if (problem != problem_ && !problem.empty() && !stop.stop_requested()) {
            log::warn("{} to {}: groups are not synced: {}", source_.name(), target_.name(),
                      problem);
        }
        problem_ = problem;
    }
}

Task<Result<void>> GroupSync::look(std::stop_token stop) {
    if (source_.metadata().brokers().empty() || target_.metadata().brokers().empty()) {
        co_return Result<void>();
    }
    auto at_source = co_await look_at(source_, nullptr, stop);
    LS_CO_TRY(source, std::move(at_source));
    std::set<std::string> names;
    for (const auto& [name, offsets] : source.offsets) {
        names.insert(name);
    }
    auto at_target = co_await look_at(target_, &names, stop);
    LS_CO_TRY(target, std::move(at_target));
    std::vector<GroupStatus> groups;
    for (const std::string& name : names) {
        // Whom the target has, but gives no offsets of just now, must not look like a new group.
        if (target.listed.contains(name) && !target.offsets.contains(name)) {
            continue;
        }
        auto status = co_await sync(name, source, target, stop);
        if (status.partitions > 0) {
            groups.push_back(std::move(status));
        }
    }
    std::erase_if(remembered_,
                  [&](const auto& entry) { return !source.listed.contains(entry.first); });
    groups_ = std::move(groups);
    co_return Result<void>();
}

Task<Result<GroupSync::Side>> GroupSync::look_at(client::Cluster& cluster,
                                                 const std::set<std::string>* only,
                                                 std::stop_token stop) {
    Side side;
    auto listed = co_await client::list_groups(cluster, stop);
    LS_CO_TRY(groups, std::move(listed));
    std::map<BrokerId, std::vector<std::string>> by_coordinator;
    for (auto& [name, group] : groups) {
        if (only != nullptr ? only->contains(name) : filter_.matches(name)) {
            by_coordinator[group.coordinator].push_back(name);
            side.listed.emplace(name, group);
        }
    }
    for (auto& [coordinator, names] : by_coordinator) {
        auto fetched =
            co_await client::fetch_group_offsets(cluster, coordinator, std::move(names), stop);
        LS_CO_TRY(offsets, std::move(fetched));
        side.offsets.merge(offsets);
    }
    co_return side;
}

Task<GroupStatus> GroupSync::sync(std::string group, const Side& source, const Side& target,
                                  std::stop_token stop) {
    const GroupOffsets& at_source = offsets_of(source.offsets, group);
    const GroupOffsets& at_target = offsets_of(target.offsets, group);
    Remembered& remembered = remembered_[group];
    GroupStatus status;
    status.name = group;
    status.type = source.listed.at(group).type;
    status.is_active_at_source = is_active(source.listed, group);
    status.is_active_at_target = is_active(target.listed, group);

    const auto now = source_.runtime().loop.now();
    const bool refresh = !status.is_active_at_target && now - remembered.refreshed_at > kRefresh;
    client::GroupCommit to_target{group, kNoBroker, {}};
    client::GroupCommit to_source{group, kNoBroker, {}};
    std::map<TopicPartition, LastSeen> seen;
    for (const auto& [id, committed] : at_source) {
        const auto ranges = ranges_of_(id);
        if (!ranges) {
            continue;
        }
        GroupPlace place;
        place.source = {committed.offset, status.is_active_at_source};
        place.target = {offset_in(at_target, id), status.is_active_at_target};
        if (const auto last = remembered.last.find(id); last != remembered.last.end()) {
            place.last = last->second;
        }
        place.source_log = ranges->source;
        place.target_log = ranges->target;
        LastSeen& now_seen = seen[id];
        now_seen = {committed.offset, place.target.committed};

        const GroupDecision decision = decide(place);
        std::optional<Offset> target_offset = place.target.committed;
        if (decision.action == GroupAction::to_target) {
            to_target.offsets[id] = {decision.offset, committed.metadata};
            now_seen.target = target_offset = decision.offset;
        } else if (decision.action == GroupAction::to_source) {
            to_source.offsets[id] = {decision.offset, at_target.at(id).metadata};
            now_seen.source = decision.offset;
        } else if (refresh && decision.action == GroupAction::none && target_offset) {
            to_target.offsets[id] = at_target.at(id);
        }
        if (decision.action == GroupAction::undecided) {
            status.note =
                "the target is further on than the source; which one is right is not "
                "known, as nothing has been committed since Lockstep started";
        } else if (decision.action == GroupAction::conflict) {
            status.note = "the group has members on both clusters";
        }
        add_to_report(status, now_seen.source.value_or(committed.offset), target_offset);
    }
    auto told_source = co_await commit(source_, source, std::move(to_source), stop);
    auto told_target = co_await commit(target_, target, std::move(to_target), stop);
    for (const auto* told : {&told_source, &told_target}) {
        if (told->has_error()) {
            status.note = told->error().message();
        }
    }
    if (told_source.has_value() && told_target.has_value()) {
        remembered.last = std::move(seen);
        remembered.refreshed_at = refresh ? now : remembered.refreshed_at;
    }
    if (status.note.empty() && status.exact < status.partitions) {
        status.note = "the target's log does not reach its offsets yet";
    }
    co_return status;
}

/// A group that has got members meanwhile commits for itself: that is no error.
Task<Result<void>> GroupSync::commit(client::Cluster& cluster, const Side& side,
                                     client::GroupCommit commit, std::stop_token stop) {
    if (commit.offsets.empty()) {
        co_return Result<void>();
    }
    if (const auto found = side.listed.find(commit.group); found != side.listed.end()) {
        commit.coordinator = found->second.coordinator;
    } else {
        auto coordinator = co_await client::find_coordinator(cluster, commit.group, stop);
        LS_CO_TRY(broker, std::move(coordinator));
        commit.coordinator = broker;
    }
    auto committed = co_await client::commit_group_offsets(cluster, std::move(commit), stop);
    if (committed.has_error() && says_active(committed.error().code)) {
        co_return Result<void>();
    }
    co_return committed;
}

}  // namespace lockstep::replication
