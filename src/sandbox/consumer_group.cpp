#include "sandbox/consumer_group.h"

#include "sandbox/acls.h"
#include "sandbox/group_settings.h"
#include "sandbox/topic_pattern.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::KafkaError;

namespace {

constexpr int32_t kLeaves = -1;
constexpr int32_t kLeavesForAWhile = -2;  // a static member that comes back

constexpr int64_t kDefaultSessionTimeoutMs = 45'000;
constexpr int64_t kDefaultHeartbeatIntervalMs = 5'000;

PartitionSet partitions_of(const ConsumerGroup::Request& request) {
    PartitionSet partitions;
    for (const auto& topic : *request.topic_partitions) {
        for (const int32_t partition : topic.partitions) {
            partitions.insert({topic.topic_id, partition});
        }
    }
    return partitions;
}

/// As both answers have it: partitions by topic.
template <typename Topics, typename Partitions, typename IdOf>
void tell(Topics& topics, const Partitions& partitions, IdOf id_of) {
    for (const auto& one : partitions) {
        const TopicIdPartition& partition = id_of(one);
        if (topics.empty() || topics.back().topic_id != partition.topic) {
            topics.emplace_back().topic_id = partition.topic;
        }
        topics.back().partitions.push_back(partition.partition);
    }
}

const TopicIdPartition& key_of(const std::pair<const TopicIdPartition, int32_t>& entry) {
    return entry.first;
}
const TopicIdPartition& itself(const TopicIdPartition& partition) {
    return partition;
}

bool has_any(const PartitionSet& owned, const std::map<TopicIdPartition, int32_t>& partitions) {
    return std::ranges::any_of(partitions,
                               [&](const auto& one) { return owned.contains(one.first); });
}

}  // namespace

ConsumerGroup::ConsumerGroup(Cluster& cluster, std::string id)
    : cluster_(cluster), id_(std::move(id)) {}

ConsumerGroup::Response ConsumerGroup::heartbeat(const Call& call, const Request& request) {
    if (request.member_epoch < 0) {
        return leave(request);
    }
    Response response;
    bool is_changed = false;
    const KafkaError error = request.instance_id ? find_or_add_static(request, is_changed)
                                                 : find_or_add(request, is_changed);
    if (error != KafkaError::none) {
        response.error_code = code(error);
        response.error_message = "the group has no such member, or not in this epoch";
        return response;
    }
    Member& member = members_.at(request.member_id);
    is_changed = update(member, call, request) || is_changed;
    const PartitionCounts counts = count_partitions();
    if (is_changed || counts != counts_) {
        counts_ = counts;
        ++epoch_;
    }
    if (target_epoch_ < epoch_) {
        assign();
    }
    const Owned before = member.assigned;
    reconcile(request.member_id, request);
    renew_session(request.member_id);

    response.member_id = request.member_id;
    response.member_epoch = member.epoch;
    response.heartbeat_interval_ms = static_cast<int32_t>(broker_number(
        cluster_, "group.consumer.heartbeat.interval.ms", kDefaultHeartbeatIntervalMs));
    const bool is_full = request.rebalance_timeout_ms != -1 && request.topic_partitions &&
                         (request.subscribed_topic_names || request.subscribed_topic_regex);
    const bool has_changed = !std::ranges::equal(before, member.assigned, {}, key_of, key_of);
    if (request.member_epoch == 0 || is_full || has_changed) {
        tell(response.assignment.emplace().topic_partitions, member.assigned, key_of);
    }
    return response;
}

KafkaError ConsumerGroup::find_or_add(const Request& request, bool& is_changed) {
    const auto found = members_.find(request.member_id);
    if (found != members_.end()) {
        return judge_epoch(found->second, request);
    }
    if (request.member_epoch != 0) {
        return KafkaError::unknown_member_id;
    }
    members_.try_emplace(request.member_id, cluster_.loop());
    is_changed = true;
    return KafkaError::none;
}

KafkaError ConsumerGroup::find_or_add_static(const Request& request, bool& is_changed) {
    const auto known = static_members_.find(*request.instance_id);
    if (request.member_epoch != 0) {
        if (known == static_members_.end()) {
            return KafkaError::unknown_member_id;
        }
        return known->second != request.member_id
                   ? KafkaError::fenced_instance_id
                   : judge_epoch(members_.at(request.member_id), request);
    }
    if (known == static_members_.end()) {
        const KafkaError error = find_or_add(request, is_changed);
        if (error == KafkaError::none) {
            members_.at(request.member_id).instance_id = request.instance_id;
            static_members_[*request.instance_id] = request.member_id;
        }
        return error;
    }
    if (members_.at(known->second).epoch != kLeavesForAWhile) {
        return KafkaError::unreleased_instance_id;
    }
    const std::string old_id = known->second;
    replace_static(old_id, request.member_id);
    return KafkaError::none;
}

/// The new one has what the old one had, so nobody else is disturbed.
void ConsumerGroup::replace_static(const std::string& old_id, const std::string& new_id) {
    auto node = members_.extract(old_id);
    node.key() = new_id;
    Member& member = members_.insert(std::move(node)).position->second;
    member.epoch = 0;
    member.previous_epoch = 0;
    static_members_[*member.instance_id] = new_id;
    target_[new_id] = std::exchange(target_[old_id], {});
    if (old_id != new_id) {
        target_.erase(old_id);
    }
}

/// One epoch back is taken from a member that has not more than it should: the answer that told
/// it of the new epoch may have got lost.
KafkaError ConsumerGroup::judge_epoch(const Member& member, const Request& request) const {
    if (request.member_epoch == member.epoch || request.member_epoch == 0) {
        return KafkaError::none;  // 0: it comes back, perhaps after an answer that got lost
    }
    if (request.member_epoch > member.epoch || request.member_epoch != member.previous_epoch ||
        !request.topic_partitions) {
        return KafkaError::fenced_member_epoch;
    }
    const bool is_within = std::ranges::all_of(
        partitions_of(request),
        [&](const TopicIdPartition& partition) { return member.assigned.contains(partition); });
    return is_within ? KafkaError::none : KafkaError::fenced_member_epoch;
}

/// Null fields say: as before. True where the subscription has changed.
bool ConsumerGroup::update(Member& member, const Call& call, const Request& request) {
    member.client_id = call.client_id;
    member.client_host = "/" + call.connection.host;
    if (request.rack_id) {
        member.rack_id = request.rack_id;
    }
    if (request.rebalance_timeout_ms != -1) {
        member.rebalance_timeout_ms = request.rebalance_timeout_ms;
    }
    member.assignor = request.server_assignor.value_or(member.assignor);
    std::set<std::string> names = member.topic_names;
    if (request.subscribed_topic_names) {
        names = {request.subscribed_topic_names->begin(), request.subscribed_topic_names->end()};
    }
    member.topic_regex = request.subscribed_topic_regex.value_or(member.topic_regex);
    std::set<std::string> matched;
    if (!member.topic_regex.empty()) {
        const TopicPattern pattern(member.topic_regex);
        for (const auto& [name, topic] : cluster_.topics()) {
            if (pattern.matches(name) &&
                cluster_.acls().allows(call, AclOperation::describe, ResourceType::topic, name)) {
                matched.insert(name);
            }
        }
    }
    const bool is_changed = names != member.topic_names || matched != member.matched_topics;
    member.topic_names = std::move(names);
    member.matched_topics = std::move(matched);
    return is_changed;
}

ConsumerGroup::Response ConsumerGroup::leave(const Request& request) {
    Response response;
    response.member_id = request.member_id;
    response.member_epoch = request.member_epoch;
    KafkaError error = KafkaError::none;
    if (request.instance_id) {
        const auto known = static_members_.find(*request.instance_id);
        if (known == static_members_.end()) {
            error = KafkaError::unknown_member_id;
        } else if (known->second != request.member_id) {
            error = KafkaError::fenced_instance_id;
        }
    } else if (!members_.contains(request.member_id)) {
        error = KafkaError::unknown_member_id;
    }
    if (error != KafkaError::none) {
        response.error_code = code(error);
        response.error_message = "the group has no such member";
        response.member_id.reset();
        response.member_epoch = 0;
        return response;
    }
    if (request.member_epoch == kLeaves) {
        remove(request.member_id);
        return response;
    }
    Member& member = members_.at(request.member_id);
    set_epoch(member, kLeavesForAWhile);
    member.to_revoke.clear();
    member.revocation.cancel();
    return response;
}

void ConsumerGroup::remove(const std::string& id) {
    const auto found = members_.find(id);
    if (found->second.instance_id) {
        static_members_.erase(*found->second.instance_id);
    }
    target_.erase(id);
    members_.erase(found);
    ++epoch_;
}

void ConsumerGroup::assign() {
    std::vector<AssignableMember> members;
    for (const auto& [id, member] : members_) {
        members.push_back({id, member.instance_id, topic_ids(member), target_[id]});
    }
    target_ = assignor() == kRangeAssignor ? assign_ranges(members, counts_)
                                           : assign_uniformly(members, counts_);
    target_epoch_ = epoch_;
}

/// What most members want; uniform where nobody says.
std::string_view ConsumerGroup::assignor() const {
    const auto wanting = [&](std::string_view name) {
        return std::ranges::count_if(members_,
                                     [&](const auto& one) { return one.second.assignor == name; });
    };
    return wanting(kRangeAssignor) > wanting(kUniformAssignor) ? kRangeAssignor : kUniformAssignor;
}

bool ConsumerGroup::is_subscribed(const Member& member, const std::string& topic) const {
    return member.topic_names.contains(topic) || member.matched_topics.contains(topic);
}

bool ConsumerGroup::is_subscribed_to(const std::string& topic) const {
    return std::ranges::any_of(members_,
                               [&](const auto& one) { return is_subscribed(one.second, topic); });
}

std::set<Uuid> ConsumerGroup::topic_ids(const Member& member) const {
    std::set<Uuid> ids;
    for (const auto& names : {member.topic_names, member.matched_topics}) {
        for (const std::string& name : names) {
            if (const auto topic = cluster_.find_topic(name)) {
                ids.insert(topic->id);
            }
        }
    }
    return ids;
}

PartitionCounts ConsumerGroup::count_partitions() const {
    PartitionCounts counts;
    for (const auto& [id, member] : members_) {
        for (const Uuid& topic : topic_ids(member)) {
            counts[topic] = static_cast<int32_t>(cluster_.find_topic(topic)->partitions.size());
        }
    }
    return counts;
}

/// One step towards what the member is to have.
void ConsumerGroup::reconcile(const std::string& id, const Request& request) {
    Member& member = members_.at(id);
    std::optional<PartitionSet> owned;
    if (request.topic_partitions) {
        owned = partitions_of(request);
    }
    const bool waits_for_member = member.state == MemberState::unrevoked_partitions &&
                                  (!owned || has_any(*owned, member.to_revoke));
    const bool is_there = member.state == MemberState::stable && member.epoch == target_epoch_;
    if (!waits_for_member && !is_there) {
        take_next_step(id, owned);
    }
}

void ConsumerGroup::take_next_step(const std::string& id,
                                   const std::optional<PartitionSet>& owned) {
    Member& member = members_.at(id);
    const PartitionSet& target = target_[id];
    Owned kept;
    Owned to_revoke;
    for (const auto& [partition, epoch] : member.assigned) {
        (target.contains(partition) ? kept : to_revoke)[partition] = epoch;
    }
    member.revocation.cancel();
    member.assigned = std::move(kept);
    if (!to_revoke.empty() && (!owned || has_any(*owned, to_revoke))) {
        member.to_revoke = std::move(to_revoke);
        member.state = MemberState::unrevoked_partitions;
        set_epoch(member, member.epoch);
        wait_for_revocation(id);
        return;
    }
    member.to_revoke.clear();
    member.state = MemberState::stable;
    const PartitionSet unreleased = held_by_others(id);
    for (const TopicIdPartition& partition : target) {
        if (unreleased.contains(partition)) {
            member.state = MemberState::unreleased_partitions;
        } else {
            member.assigned.try_emplace(partition, target_epoch_);
        }
    }
    set_epoch(member, target_epoch_);
}

PartitionSet ConsumerGroup::held_by_others(const std::string& id) const {
    PartitionSet held;
    for (const auto& [other, member] : members_) {
        for (const Owned* owned : {&member.assigned, &member.to_revoke}) {
            for (const auto& [partition, epoch] : *owned) {
                if (other != id) {
                    held.insert(partition);
                }
            }
        }
    }
    return held;
}

void ConsumerGroup::set_epoch(Member& member, int32_t epoch) const {
    member.previous_epoch = member.epoch;
    member.epoch = epoch;
}

void ConsumerGroup::renew_session(const std::string& id) {
    const int64_t timeout_ms =
        broker_number(cluster_, "group.consumer.session.timeout.ms", kDefaultSessionTimeoutMs);
    members_.at(id).session.set(timeout_ms, [this, id] { remove(id); });
}

void ConsumerGroup::wait_for_revocation(const std::string& id) {
    Member& member = members_.at(id);
    member.revocation.set(member.rebalance_timeout_ms, [this, id] { remove(id); });
}

void ConsumerGroup::move_to_other_broker() {
    const bool is_coordinated = cluster_.coordinator_of(id_) != kNoBroker;
    for (auto& [id, member] : members_) {
        member.session.cancel();
        member.revocation.cancel();
        if (is_coordinated) {
            renew_session(id);
        }
        if (is_coordinated && member.state == MemberState::unrevoked_partitions) {
            wait_for_revocation(id);
        }
    }
}

/// An older epoch is good for partitions that the member had already then (KIP-1251).
KafkaError ConsumerGroup::judge_commit(const MemberClaim& claim,
                                       const PartitionSet& partitions) const {
    const bool is_nobody = claim.epoch < 0 && claim.member_id.empty() && !claim.instance_id;
    if ((claim.epoch < 0 && members_.empty()) || (claim.is_transactional && is_nobody)) {
        return KafkaError::none;
    }
    const auto found = members_.find(claim.member_id);
    if (found == members_.end()) {
        return KafkaError::unknown_member_id;
    }
    constexpr int16_t kFirstVersionWithMemberEpochs = 9;
    if (!claim.is_transactional && claim.version < kFirstVersionWithMemberEpochs) {
        return KafkaError::unsupported_version;
    }
    const Member& member = found->second;
    if (claim.epoch == member.epoch) {
        return KafkaError::none;
    }
    const bool had_all = std::ranges::all_of(partitions, [&](const TopicIdPartition& partition) {
        for (const Owned* owned : {&member.assigned, &member.to_revoke}) {
            const auto one = owned->find(partition);
            if (one != owned->end()) {
                return one->second <= claim.epoch;
            }
        }
        return false;
    });
    return claim.epoch < member.epoch && had_all ? KafkaError::none
                                                 : KafkaError::stale_member_epoch;
}

KafkaError ConsumerGroup::judge_fetch(const std::optional<std::string>& member_id,
                                      int32_t epoch) const {
    if (!member_id && epoch < 0) {
        return KafkaError::none;
    }
    const auto found = members_.find(member_id.value_or(""));
    if (found == members_.end()) {
        return KafkaError::unknown_member_id;
    }
    return epoch == found->second.epoch ? KafkaError::none : KafkaError::stale_member_epoch;
}

std::string_view ConsumerGroup::state_name() const {
    if (members_.empty()) {
        return "Empty";
    }
    if (epoch_ > target_epoch_) {
        return "Assigning";
    }
    const bool are_there = std::ranges::all_of(members_, [&](const auto& one) {
        return one.second.state == MemberState::stable && one.second.epoch == target_epoch_;
    });
    return are_there ? "Stable" : "Reconciling";
}

void ConsumerGroup::describe(
    protocol::ConsumerGroupDescribeResponse::DescribedGroup& answer) const {
    constexpr int8_t kConsumerMember = 1;
    const auto name = [&](auto& assignment) {
        for (auto& topic : assignment.topic_partitions) {
            const auto found = cluster_.find_topic(topic.topic_id);
            topic.topic_name = found ? found->name : "";
        }
        std::erase_if(assignment.topic_partitions,
                      [](const auto& topic) { return topic.topic_name.empty(); });
    };
    answer.group_id = id_;
    answer.group_state = state_name();
    answer.group_epoch = epoch_;
    answer.assignment_epoch = target_epoch_;
    answer.assignor_name = assignor();
    for (const auto& [id, member] : members_) {
        auto& told = answer.members.emplace_back();
        told.member_id = id;
        told.instance_id = member.instance_id;
        told.rack_id = member.rack_id;
        told.member_epoch = member.epoch;
        told.client_id = member.client_id;
        told.client_host = member.client_host;
        told.subscribed_topic_names = {member.topic_names.begin(), member.topic_names.end()};
        told.subscribed_topic_regex = member.topic_regex;
        told.member_type = kConsumerMember;
        tell(told.assignment.topic_partitions, member.assigned, key_of);
        name(told.assignment);
        const auto target = target_.find(id);
        if (target != target_.end()) {
            tell(told.target_assignment.topic_partitions, target->second, itself);
            name(told.target_assignment);
        }
    }
}

}  // namespace lockstep::sandbox
