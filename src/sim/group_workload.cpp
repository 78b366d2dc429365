#include "sim/group_workload.h"

#include "base/assert.h"
#include "sandbox/group_coordinator.h"
#include "sim/checkers.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::sim {

using protocol::KafkaError;
using sandbox::Cluster;
using std::chrono::seconds;

namespace {

constexpr int32_t kSessionMs = 1'800'000;  // no member is lost for not being heard of
constexpr int16_t kJoinVersion = 3;        // the last one that joins at once
constexpr double kRewindChance = 0.15;
constexpr char kProtocol[] = "range";

std::optional<Offset> committed_in(Cluster& cluster, const std::string& group,
                                   const TopicPartition& id) {
    const auto* found = cluster.groups().find(group);
    const auto* offset = found == nullptr ? nullptr : found->offsets.find(id);
    return offset == nullptr ? std::nullopt : std::optional(offset->offset);
}

/// What a consumer that begins at `offset` reads first, of what `other` has too where the logs are
/// compacted, each at its time; "" at the end.
std::string first_at(const std::vector<SeenRecord>& records, Offset offset,
                     const std::set<std::string_view>* other) {
    for (const SeenRecord& record : records) {
        if (record.offset >= offset.value() &&
            (other == nullptr || other->contains(record.value))) {
            return record.value;
        }
    }
    return "";
}

std::set<std::string_view> values_of(const std::vector<SeenRecord>& records) {
    std::set<std::string_view> values;
    for (const SeenRecord& record : records) {
        values.insert(record.value);
    }
    return values;
}

}  // namespace

GroupWorkload::GroupWorkload(World& world, Cluster& source, Cluster& target,
                             const Workload& workload)
    : world_(world), source_(source), target_(target), workload_(workload) {}

GroupWorkload::~GroupWorkload() = default;

void GroupWorkload::begin(int count) {
    const auto& plans = workload_.plans();
    for (int i = 0; i < count; ++i) {
        Group& group = groups_.emplace_back();
        group.name = fmt::format("group-{}", i);
        group.topic = plans[world_.rng().below(plans.size())].name;
        join(group);
    }
}

void GroupWorkload::join(Group& group) {
    Cluster& cluster = home(group);
    sandbox::ClassicGroup* joined = cluster.groups().classic_to_join(group.name);
    LS_ASSERT(joined != nullptr);
    protocol::JoinGroupRequest join;
    join.group_id = group.name;
    join.session_timeout_ms = kSessionMs;
    join.rebalance_timeout_ms = kSessionMs;
    join.protocol_type = "consumer";
    join.protocols.emplace_back().name = kProtocol;
    const sandbox::Call call{.cluster = cluster,
                             .broker = cluster.brokers().front().id,
                             .connection = connection_,
                             .version = kJoinVersion,
                             .client_id = "sim-client",
                             .stop = {},
                             .kept = {}};
    const auto answer = joined->join(call, join)->answer();
    LS_ASSERT(answer && answer->error_code == 0);  // nobody else is in it
    protocol::SyncGroupRequest sync;
    sync.group_id = group.name;
    sync.generation_id = answer->generation_id;
    sync.member_id = answer->member_id;
    sync.assignments.emplace_back().member_id = answer->member_id;
    const auto synced = joined->sync(sync)->answer();
    LS_ASSERT(synced && synced->error_code == 0);
    group.member_id = answer->member_id;
    group.committed.clear();
    for (const TopicPartition& id : partitions(group)) {
        if (const auto offset = committed_in(cluster, group.name, id)) {
            group.committed[id] = *offset;
        }
    }
}

void GroupWorkload::leave(Group& group) {
    protocol::LeaveGroupRequest::MemberIdentity identity;
    identity.member_id = group.member_id;
    const KafkaError left = home(group).groups().find_classic(group.name)->leave(identity);
    LS_ASSERT(left == KafkaError::none);
    group.member_id.clear();
}

void GroupWorkload::commit_on(Duration interval) {
    if (is_stopped_ || groups_.empty()) {
        return;
    }
    Group& group = groups_[world_.rng().below(groups_.size())];
    if (!group.is_moving) {
        commit(group);
    }
    world_.after(world_.draw_up_to(2 * interval), [this, interval] { commit_on(interval); });
}

void GroupWorkload::commit(Group& group) {
    Rng& rng = world_.rng();
    Cluster& cluster = home(group);
    const auto all = partitions(group);
    const TopicPartition& id = all[rng.below(all.size())];
    const auto partition = cluster.find_partition(id.topic, id.partition.value());
    if (!partition) {
        return;
    }
    const Offset start = partition->log.start_offset();
    const Offset end = partition->log.last_stable_offset();
    const auto known = group.committed.find(id);
    const bool goes_on = known != group.committed.end() && !rng.chance(kRewindChance);
    const Offset from = goes_on ? std::clamp(known->second, start, end) : start;
    const Offset offset =
        from + static_cast<int64_t>(rng.below(static_cast<uint64_t>(end - from) + 1));
    sandbox::CommittedOffset committed;
    committed.offset = offset;
    committed.committed_at_ms = cluster.now_ms();
    if (cluster.groups().commit(group.name, id, committed) == KafkaError::none) {
        group.committed[id] = offset;
    }
}

std::vector<TopicPartition> GroupWorkload::partitions(const Group& group) const {
    const auto plan = std::ranges::find(workload_.plans(), group.topic, &TopicPlan::name);
    std::vector<TopicPartition> all;
    for (int32_t i = 0; i < plan->partitions; ++i) {
        all.push_back({group.topic, PartitionIndex(i)});
    }
    return all;
}

void GroupWorkload::move_one() {
    if (groups_.empty() || is_stopped_) {
        return;
    }
    Group& group = groups_[world_.rng().below(groups_.size())];
    const auto all = partitions(group);
    const bool may_move = !group.is_moving && std::ranges::all_of(all, [&](const auto& id) {
        return group.committed.contains(id) && !difference(group, id);
    });
    if (!may_move) {
        return;
    }
    world_.note(
        fmt::format("{} moves to the {}", group.name, group.is_at_target ? "source" : "target"));
    group.is_moving = true;
    leave(group);
    const size_t index = static_cast<size_t>(&group - groups_.data());
    world_.after(seconds(1), [this, index] {
        Group& moved = groups_[index];
        moved.is_at_target = !moved.is_at_target;
        moved.is_moving = false;
        join(moved);
    });
}

void GroupWorkload::forget_topic(const std::string& topic) {
    for (Group& group : groups_) {
        if (group.topic == topic) {
            group.committed.clear();
        }
    }
}

std::vector<std::string> GroupWorkload::changed() const {
    std::vector<std::string> problems;
    for (const Group& group : groups_) {
        for (const auto& [id, offset] : group.committed) {
            const auto now = committed_in(home(group), group.name, id);
            if (!group.is_moving && now != offset) {
                problems.push_back(fmt::format(
                    "groups kept: {} has committed {} of {}, somebody else {}", group.name,
                    offset.value(), id.to_string(), now ? now->value() : -1));
            }
        }
    }
    return problems;
}

std::vector<std::string> GroupWorkload::beyond() const {
    std::vector<std::string> problems;
    for (const Group& group : groups_) {
        for (const TopicPartition& id : partitions(group)) {
            const auto there = committed_in(target_, group.name, id);
            const auto copy = target_.find_partition(id.topic, id.partition.value());
            if (!group.is_at_target && there && (!copy || *there > copy->log.end_offset())) {
                problems.push_back(fmt::format(
                    "groups within: {} is at {} of {} on the target, which ends at {}", group.name,
                    there->value(), id.to_string(), copy ? copy->log.end_offset().value() : -1));
            }
        }
    }
    return problems;
}

std::optional<std::string> GroupWorkload::difference(const Group& group,
                                                     const TopicPartition& id) const {
    const auto ours = committed_in(source_, group.name, id);
    const auto theirs = committed_in(target_, group.name, id);
    if (!ours) {
        return std::nullopt;
    }
    const auto log = source_.find_partition(id.topic, id.partition.value());
    const auto copy = target_.find_partition(id.topic, id.partition.value());
    if (!theirs || !log || !copy) {
        return fmt::format("{} of {} is at {}, on the target at none", group.name, id.to_string(),
                           ours->value());
    }
    const auto plan = std::ranges::find(workload_.plans(), id.topic, &TopicPlan::name);
    const bool is_compacted = plan->kind == TopicKind::compacted;
    const auto source_records = consume(log->log);
    const auto target_records = consume(copy->log);
    const auto at_source = values_of(source_records);
    const auto on_target = values_of(target_records);
    const std::string here = first_at(source_records, *ours, is_compacted ? &on_target : nullptr);
    const std::string there =
        first_at(target_records, *theirs, is_compacted ? &at_source : nullptr);
    if (here == there) {
        return std::nullopt;
    }
    return fmt::format("{} of {} goes on with \"{}\" ({}), on the target with \"{}\" ({})",
                       group.name, id.to_string(), here, ours->value(), there, theirs->value());
}

std::vector<std::string> GroupWorkload::inexact(const std::set<TopicPartition>& passed_over) const {
    std::vector<std::string> problems;
    for (const Group& group : groups_) {
        for (const TopicPartition& id : partitions(group)) {
            if (const auto what = passed_over.contains(id) ? std::nullopt : difference(group, id)) {
                problems.push_back("groups exact: " + *what);
            }
        }
    }
    return problems;
}

}  // namespace lockstep::sim
