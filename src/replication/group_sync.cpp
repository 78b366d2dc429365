#include "replication/group_sync.h"

#include "base/log.h"
#include "base/whole_number.h"
#include "client/admin.h"
#include "protocol/kafka_error.h"
#include "replication/group_report.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

using client::GroupOffsets;
using runtime::Task;

namespace {

constexpr auto kPause = std::chrono::seconds(1);
/// Offsets expire by the time of their commit (offsets.retention.minutes of the target, 7 days
/// unless changed): those of groups that do not move are committed again in time.
constexpr std::chrono::milliseconds kLongestRefresh = std::chrono::minutes(10);
constexpr int kRefreshesWithinRetention = 4;
constexpr int64_t kFarMinutes = 1'000'000;

const GroupOffsets kNone;

const GroupOffsets& offsets_of(const std::map<std::string, GroupOffsets>& all,
                               const std::string& group) {
    const auto found = all.find(group);
    return found == all.end() ? kNone : found->second;
}

GroupSide side_of(const GroupOffsets& offsets, const TopicPartition& id, bool is_active) {
    const auto found = offsets.find(id);
    return found == offsets.end()
               ? GroupSide{{}, is_active}
               : GroupSide{found->second.offset, is_active, found->second.metadata};
}

bool is_active(const std::map<std::string, client::ListedGroup>& listed, const std::string& group) {
    const auto found = listed.find(group);
    return found != listed.end() && found->second.is_active();
}

BrokerId coordinator_in(const std::map<std::string, client::ListedGroup>& listed,
                        const std::string& group) {
    const auto found = listed.find(group);
    return found == listed.end() ? kNoBroker : found->second.coordinator;
}

std::set<std::string> names_of(const std::map<std::string, GroupOffsets>& groups) {
    std::set<std::string> names;
    for (const auto& [name, offsets] : groups) {
        names.insert(name);
    }
    return names;
}

bool says_active(const std::error_code& code) {
    using protocol::KafkaError;
    return code == KafkaError::unknown_member_id || code == KafkaError::illegal_generation ||
           code == KafkaError::rebalance_in_progress || code == KafkaError::stale_member_epoch;
}

/// Nothing where it is at what another mirror has copied.
std::optional<Offset> own_place(const PartitionRanges& ranges, Offset on_target) {
    return ranges.has_place_on_target(on_target) ? std::optional(ranges.place_on_target(on_target))
                                                 : std::nullopt;
}

}  // namespace

GroupSync::GroupSync(client::Cluster& source, client::Cluster& target, GroupScope scope)
    : source_(source),
      target_(target),
      scope_(std::move(scope)),
      shares_(source, target, scope_.names, scope_.ranges_of),
      listed_(source.runtime().loop) {}

/// Where the target does not tell, its default is taken.
Task<void> GroupSync::learn_retention(std::stop_token stop) {
    auto& loop = source_.runtime().loop;
    if (loop.now() < retention_due_) {
        co_return;
    }
    const BrokerId any = target_.metadata().brokers().begin()->first;
    const auto described = co_await client::describe_broker(target_, any, stop);
    retention_due_ = loop.now() + kLongestRefresh;
    refresh_every_ = kLongestRefresh;
    if (described.has_error()) {
        co_return;
    }
    if (const auto found = described->find("offsets.retention.minutes");
        found != described->end()) {
        const auto minutes = parse_whole_number(found->second);
        if (minutes && *minutes > 0 && *minutes < kFarMinutes) {
            refresh_every_ = std::min<runtime::Duration>(
                kLongestRefresh, std::chrono::milliseconds(std::chrono::minutes(*minutes)) /
                                     kRefreshesWithinRetention);
        }
    }
}

Task<void> GroupSync::run(std::stop_token stop) {
    auto& loop = source_.runtime().loop;
    while (!stop.stop_requested()) {
        co_await runtime::sleep_for(loop, kPause, stop);
        if (stop.stop_requested()) {
            break;
        }
        const auto looked = co_await look(stop);
        note(looked, problem_, stop);
        listed_.notify_all();
    }
}

Task<void> GroupSync::run_shares(std::stop_token stop) {
    while (!stop.stop_requested()) {
        co_await listed_.wait(runtime::kNever, stop);
        if (stop.stop_requested()) {
            break;
        }
        const auto looked = co_await shares_.look(source_shares_, target_shares_, stop);
        note(looked, share_problem_, stop);
    }
}

/// Says what keeps it from looking, when that changes.
void GroupSync::note(const Result<void>& looked, std::string& problem,
                     const std::stop_token& stop) const {
    const std::string seen = looked.has_error() ? looked.error().message() : "";
    if (seen != problem && !seen.empty() && !stop.stop_requested()) {
        log::warn("{} to {}: groups are not synced: {}", source_.name(), target_.name(), seen);
    }
    problem = seen;
}

std::vector<GroupStatus> GroupSync::groups() const {
    std::vector<GroupStatus> all = groups_;
    all.insert(all.end(), shares_.groups().begin(), shares_.groups().end());
    return all;
}

Task<Result<void>> GroupSync::look(std::stop_token stop) {
    if (source_.metadata().brokers().empty() || target_.metadata().brokers().empty()) {
        co_return Result<void>();
    }
    co_await learn_retention(stop);
    auto at_source = co_await look_at(source_, nullptr, stop);
    LS_CO_TRY(source, std::move(at_source));
    const std::set<std::string> names = names_of(source.offsets);
    auto at_target = co_await look_at(target_, &names, stop);
    LS_CO_TRY(target, std::move(at_target));
    Outcomes outcomes = compare(source, target);
    LS_CO_CHECK(co_await confirm(outcomes, stop));
    std::vector<GroupStatus> groups;
    for (auto& [name, outcome] : outcomes) {
        auto status = co_await act(std::move(outcome), stop);
        if (status.partitions > 0) {
            groups.push_back(std::move(status));
        }
    }
    std::erase_if(remembered_,
                  [&](const auto& entry) { return !source.listed.contains(entry.first); });
    groups_ = std::move(groups);
    source_shares_ = std::move(source.shares);
    target_shares_ = std::move(target.shares);
    co_return Result<void>();
}

Task<Result<void>> GroupSync::confirm(Outcomes& outcomes, std::stop_token stop) {
    std::set<std::string> names;
    for (const auto& [name, outcome] : outcomes) {
        if (outcome.has_commits()) {
            names.insert(name);
        }
    }
    if (names.empty()) {
        co_return Result<void>();
    }
    auto at_source = co_await look_at(source_, &names, stop);
    LS_CO_TRY(source, std::move(at_source));
    auto at_target = co_await look_at(target_, &names, stop);
    LS_CO_TRY(target, std::move(at_target));
    Outcomes again = compare(source, target);
    for (const std::string& name : names) {
        const auto first = outcomes.extract(name);
        if (const auto second = again.find(name); second != again.end()) {
            second->second.agree_with(first.mapped());
            outcomes.insert(again.extract(second));
        }
    }
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
        if (group.is_share()) {
            if (scope_.groups.matches(name)) {
                side.shares.emplace(name, group);
            }
            continue;
        }
        if (only != nullptr ? only->contains(name) : scope_.groups.matches(name)) {
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

GroupSync::Outcomes GroupSync::compare(const Side& source, const Side& target) const {
    Outcomes outcomes;
    for (const auto& [name, offsets] : source.offsets) {
        // Whom the target has, but gives no offsets of just now, must not look like a new group.
        if (!target.listed.contains(name) || target.offsets.contains(name)) {
            outcomes[name] = compare(name, source, target);
        }
    }
    return outcomes;
}

GroupSync::Outcome GroupSync::compare(const std::string& group, const Side& source,
                                      const Side& target) const {
    Outcome outcome;
    GroupStatus& status = outcome.status;
    status.name = group;
    status.type = source.listed.at(group).type;
    status.is_active_at_source = is_active(source.listed, group);
    status.is_active_at_target = is_active(target.listed, group);
    outcome.to_source = {group, coordinator_in(source.listed, group), {}};
    outcome.to_target = {group, coordinator_in(target.listed, group), {}};

    const auto found = remembered_.find(group);
    const Remembered remembered = found == remembered_.end() ? Remembered{} : found->second;
    outcome.is_refresh = !status.is_active_at_target &&
                         source_.runtime().loop.now() - remembered.refreshed_at > refresh_every_;
    const GroupOffsets& at_source = offsets_of(source.offsets, group);
    const GroupOffsets& at_target = offsets_of(target.offsets, group);
    for (const auto& [id, committed] : at_source) {
        const auto ranges = scope_.ranges_of(id);
        if (!ranges && scope_.is_mixed && scope_.is_mixed(id)) {
            ++status.partitions;
            status.note = kOtherOrder;
        }
        if (ranges && !ranges->has_place_at_source(committed.offset)) {
            ++status.partitions;
            status.note = kBeforeTakeOver;
            continue;
        }
        if (!ranges) {
            continue;
        }
        const TopicPartition there = scope_.names.on_target(id);
        GroupPlace place;
        place.source = side_of(at_source, id, status.is_active_at_source);
        place.source.committed = ranges->place_at_source(committed.offset);
        place.target = side_of(at_target, there, status.is_active_at_target);
        if (place.target.committed) {
            place.target.committed = own_place(*ranges, *place.target.committed);
        }
        if (const auto last = remembered.last.find(id); last != remembered.last.end()) {
            place.last = last->second;
        }
        const bool was_set_back = at_target.contains(there) && !place.target.committed &&
                                  place.last && place.last->target;
        if (was_set_back) {
            ++status.partitions;
            status.note = kBeforeTakeOver;
            continue;
        }
        place.source_log = ranges->source();
        place.target_log = ranges->target();
        const GroupDecision decision = decide(place);
        outcome.add({id, there}, place, decision, *ranges);
        if (outcome.is_refresh && decision.action == GroupAction::none &&
            at_target.contains(there)) {
            outcome.to_target.offsets[there] = at_target.at(there);
        }
    }
    return outcome;
}

void GroupSync::Outcome::add(const PartitionNames& id, const GroupPlace& place,
                             const GroupDecision& decision, const PartitionRanges& ranges) {
    LastSeen& after = seen[id.source];
    after = {place.source.committed, place.target.committed, place.source.text, place.target.text};
    if (decision.action == GroupAction::to_target) {
        to_target.offsets[id.target] = {ranges.target_offset(decision.place), place.source.text};
        after.target = decision.place;
        after.target_text = place.source.text;
    } else if (decision.action == GroupAction::to_source) {
        to_source.offsets[id.source] = {ranges.source_offset(decision.place), place.target.text};
        after.source = decision.place;
        after.source_text = place.target.text;
    }
    if (const auto note = note_on(decision.action); !note.empty()) {
        status.note = note;
    }
    add_to_report(status, *after.source, after.target);
}

void GroupSync::Outcome::agree_with(const Outcome& other) {
    const auto keep_common = [](auto& ours, const auto& theirs) {
        return std::erase_if(ours,
                             [&](const auto& entry) { return !theirs.contains(entry.first); });
    };
    const size_t erased = keep_common(to_source.offsets, other.to_source.offsets) +
                          keep_common(to_target.offsets, other.to_target.offsets);
    is_agreed = erased == 0;
}

Task<GroupStatus> GroupSync::act(Outcome outcome, std::stop_token stop) {
    GroupStatus status = std::move(outcome.status);
    auto at_source = co_await commit(source_, std::move(outcome.to_source), stop);
    auto on_target = co_await commit(target_, std::move(outcome.to_target), stop);
    for (const auto* committed : {&at_source, &on_target}) {
        if (committed->has_error()) {
            status.note = committed->error().message();
        }
    }
    // Else what has changed has to look changed the next time, too.
    if (outcome.is_agreed && at_source.has_value() && *at_source && on_target.has_value() &&
        *on_target) {
        Remembered& remembered = remembered_[status.name];
        remembered.last = std::move(outcome.seen);
        if (outcome.is_refresh) {
            remembered.refreshed_at = source_.runtime().loop.now();
        }
    }
    if (status.note.empty() && status.exact < status.partitions) {
        status.note = kLogTooShort;
    }
    co_return status;
}

Task<Result<bool>> GroupSync::commit(client::Cluster& cluster, client::GroupCommit commit,
                                     std::stop_token stop) {
    if (commit.offsets.empty()) {
        co_return true;
    }
    if (commit.coordinator == kNoBroker) {
        auto coordinator = co_await client::find_coordinator(cluster, commit.group, stop);
        LS_CO_TRY(broker, std::move(coordinator));
        commit.coordinator = broker;
    }
    auto committed = co_await client::commit_group_offsets(cluster, std::move(commit), stop);
    if (committed.has_error() && says_active(committed.error().code)) {
        co_return false;
    }
    LS_CO_CHECK(std::move(committed));
    co_return true;
}

}  // namespace lockstep::replication
