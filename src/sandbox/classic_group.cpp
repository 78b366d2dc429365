#include "sandbox/classic_group.h"

#include "sandbox/consumer_subscription.h"
#include "sandbox/group_settings.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::HeartbeatRequest;
using protocol::KafkaError;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

ClassicGroup::ClassicGroup(Cluster& cluster, std::string id)
    : cluster_(cluster),
      id_(std::move(id)),
      state_since_ms_(cluster.now_ms()),
      join_deadline_(cluster.loop()),
      sync_deadline_(cluster.loop()) {}

std::shared_ptr<ClassicGroup::SyncTicket> ClassicGroup::sync(const SyncGroupRequest& request) {
    auto ticket = std::make_shared<SyncTicket>(cluster_.loop());
    KafkaError error = judge_member(request.member_id, request.group_instance_id);
    if (error == KafkaError::none && request.generation_id != generation_) {
        error = KafkaError::illegal_generation;
    } else if (error == KafkaError::none &&
               (request.protocol_type.value_or(protocol_type_) != protocol_type_ ||
                request.protocol_name.value_or(protocol_) != protocol_)) {
        error = KafkaError::inconsistent_group_protocol;
    } else if (error == KafkaError::none && state_ == State::preparing_rebalance) {
        error = KafkaError::rebalance_in_progress;
    }
    if (error != KafkaError::none) {
        ticket->refuse(error);
        return ticket;
    }
    Member& member = members_.at(request.member_id);
    member.has_synced = true;
    if (state_ == State::stable) {
        renew_session(request.member_id);
        ticket->give(synced(member));
    } else {
        if (member.syncing) {
            member.syncing->refuse(KafkaError::rebalance_in_progress);
        }
        member.syncing = ticket;
        if (request.member_id == leader_) {
            give_assignments(request);
        }
    }
    if (std::ranges::all_of(members_, [](const auto& one) { return one.second.has_synced; })) {
        sync_deadline_.cancel();
    }
    return ticket;
}

/// A member that the leader has forgotten gets nothing to do.
void ClassicGroup::give_assignments(const SyncGroupRequest& request) {
    for (auto& [id, member] : members_) {
        const auto given = std::ranges::find(
            request.assignments, id, &SyncGroupRequest::SyncGroupRequestAssignment::member_id);
        member.assignment = given == request.assignments.end() ? Bytes{} : given->assignment;
    }
    set_state(State::stable);
    for (auto& [id, member] : members_) {
        if (member.syncing) {
            member.syncing->give(synced(member));
            member.syncing.reset();
            renew_session(id);
        }
    }
}

SyncGroupResponse ClassicGroup::synced(const Member& member) const {
    SyncGroupResponse response;
    response.protocol_type = protocol_type_;
    response.protocol_name = protocol_;
    response.assignment = member.assignment;
    return response;
}

KafkaError ClassicGroup::heartbeat(const HeartbeatRequest& request) {
    const KafkaError error = judge_member(request.member_id, request.group_instance_id);
    if (error != KafkaError::none) {
        return error;
    }
    if (request.generation_id != generation_) {
        return KafkaError::illegal_generation;
    }
    renew_session(request.member_id);
    return state_ == State::preparing_rebalance ? KafkaError::rebalance_in_progress
                                                : KafkaError::none;
}

KafkaError ClassicGroup::leave(const Identity& identity) {
    std::string id = identity.member_id;
    if (pending_.erase(id) > 0) {
        if (state_ == State::preparing_rebalance && !waits_for_first_members_) {
            complete_join_or_wait();
        }
        return KafkaError::none;
    }
    if (id.empty() && identity.group_instance_id) {
        // An operator takes a static member out, whatever its member id is.
        const auto found = static_members_.find(*identity.group_instance_id);
        if (found == static_members_.end()) {
            return KafkaError::unknown_member_id;
        }
        id = found->second;
    }
    const KafkaError error = judge_member(id, identity.group_instance_id);
    if (error == KafkaError::none) {
        remove_member(id);
        rebalance();
    }
    return error;
}

KafkaError ClassicGroup::judge_commit(const MemberClaim& claim) {
    if (claim.epoch < 0 && is_empty()) {
        return KafkaError::none;
    }
    if (claim.epoch >= 0 || !claim.member_id.empty() || claim.instance_id) {
        const KafkaError error = judge_member(claim.member_id, claim.instance_id);
        if (error != KafkaError::none) {
            return error;
        }
        if (claim.epoch != generation_) {
            return KafkaError::illegal_generation;
        }
    } else if (!claim.is_transactional) {
        return KafkaError::unknown_member_id;
    }
    if (!claim.is_transactional && state_ == State::completing_rebalance) {
        return KafkaError::rebalance_in_progress;
    }
    if (members_.contains(claim.member_id) && !claim.is_transactional) {
        renew_session(claim.member_id);
    }
    return KafkaError::none;
}

/// Ids that nobody has joined with are not in the log that the next coordinator reads; who has
/// joined for the next generation has to come again.
void ClassicGroup::move_to_other_broker() {
    const bool is_coordinated = cluster_.coordinator_of(id_) != kNoBroker;
    pending_.clear();
    waits_for_first_members_ = false;
    join_deadline_.cancel();
    sync_deadline_.cancel();
    for (auto& [id, member] : members_) {
        if (member.joining) {
            member.joining->refuse(KafkaError::not_coordinator);
            member.joining.reset();
        }
        if (member.syncing) {
            member.syncing->refuse(KafkaError::not_coordinator);
            member.syncing.reset();
            member.has_synced = false;
        }
        member.session.cancel();
        if (is_coordinated) {
            renew_session(id);
        }
    }
    if (is_coordinated && state_ == State::preparing_rebalance) {
        complete_join_or_wait();
    } else if (is_coordinated && !is_empty()) {
        wait_for_syncs();
    }
}

std::string_view ClassicGroup::state_name() const {
    switch (state_) {
        case State::preparing_rebalance: return "PreparingRebalance";
        case State::completing_rebalance: return "CompletingRebalance";
        case State::stable: return "Stable";
        default: return "Empty";
    }
}

bool ClassicGroup::is_subscribed_to(const std::string& topic) const {
    return is_of_consumers() && topics_ && topics_->contains(topic);
}

void ClassicGroup::describe(protocol::DescribeGroupsResponse::DescribedGroup& answer) const {
    answer.group_id = id_;
    answer.group_state = state_name();
    answer.protocol_type = protocol_type_;
    const bool is_stable = state_ == State::stable;
    answer.protocol_data = is_stable ? protocol_ : "";
    for (const auto& [id, member] : members_) {
        auto& told = answer.members.emplace_back();
        told.member_id = id;
        told.group_instance_id = member.instance_id;
        told.client_id = member.client_id;
        told.client_host = member.client_host;
        const bool keeps_assignment = cluster_.options().version == KafkaVersion::v4_3;
        if (is_stable || keeps_assignment) {
            told.member_assignment = member.assignment;
        }
        if (!is_stable) {
            continue;
        }
        for (const auto& offered : member.protocols) {
            if (offered.name == protocol_) {
                told.member_metadata = offered.metadata;
            }
        }
    }
}

/// What a group has to do when a member came, changed or went.
void ClassicGroup::rebalance() {
    if (state_ != State::preparing_rebalance) {
        begin_rebalance();
    } else if (!waits_for_first_members_) {
        complete_join_or_wait();
    }
}

void ClassicGroup::begin_rebalance() {
    if (state_ == State::completing_rebalance) {
        drop_syncs(KafkaError::rebalance_in_progress);
    }
    sync_deadline_.cancel();
    const bool is_first = is_empty();
    set_state(State::preparing_rebalance);
    if (is_first) {
        left_to_wait_ms_ = 0;
        for (const auto& [id, member] : members_) {
            left_to_wait_ms_ = std::max<int64_t>(left_to_wait_ms_, member.rebalance_timeout_ms);
        }
        wait_for_first_members();
    } else {
        complete_join_or_wait();
    }
}

/// group.initial.rebalance.delay.ms, again for as long as more members come, up to the rebalance
/// timeout.
void ClassicGroup::wait_for_first_members() {
    const int64_t delay_ms =
        std::min(broker_number(cluster_, "group.initial.rebalance.delay.ms", 0), left_to_wait_ms_);
    waits_for_first_members_ = delay_ms > 0;
    if (!waits_for_first_members_) {
        complete_join();
        return;
    }
    has_more_members_ = false;
    left_to_wait_ms_ -= delay_ms;
    join_deadline_.set(delay_ms, [this] {
        if (has_more_members_) {
            wait_for_first_members();
        } else {
            waits_for_first_members_ = false;
            complete_join();
        }
    });
}

void ClassicGroup::complete_join_or_wait() {
    const bool have_all_joined =
        pending_.empty() && std::ranges::all_of(members_, [](const auto& one) {
            return one.second.joining != nullptr;
        });
    if (have_all_joined) {
        complete_join();
        return;
    }
    if (!join_deadline_.is_set()) {
        int32_t timeout_ms = 0;
        for (const auto& [id, member] : members_) {
            timeout_ms = std::max(timeout_ms, member.rebalance_timeout_ms);
        }
        join_deadline_.set(timeout_ms, [this] { complete_join(); });
    }
}

/// The time is up or all are there: who has not joined is out. Static members stay until their
/// session ends.
void ClassicGroup::complete_join() {
    join_deadline_.cancel();
    std::vector<std::string> late;
    for (const auto& [id, member] : members_) {
        if (!member.joining && !member.instance_id) {
            late.push_back(id);
        }
    }
    for (const std::string& id : late) {
        remove_member(id);
    }
    if (members_.empty()) {
        ++generation_;
        protocol_.clear();
        leader_.clear();
        topics_ = is_of_consumers() ? std::optional(std::set<std::string>()) : std::nullopt;
        set_state(State::empty);
    } else if (elect_leader()) {
        begin_generation();
    } else {
        complete_join_or_wait();
    }
}

/// The leader stays, if it has joined. False: nobody has.
bool ClassicGroup::elect_leader() {
    const auto leader = members_.find(leader_);
    if (leader != members_.end() && leader->second.joining) {
        return true;
    }
    const auto found = std::ranges::find_if(
        members_, [](const auto& one) { return one.second.joining != nullptr; });
    if (found == members_.end()) {
        return false;
    }
    leader_ = found->first;
    return true;
}

void ClassicGroup::begin_generation() {
    ++generation_;
    protocol_ = select_protocol();
    set_state(State::completing_rebalance);
    topics_ = is_of_consumers() ? std::optional(std::set<std::string>()) : std::nullopt;
    for (const auto& told : told_members()) {
        const auto topics = is_of_consumers() ? subscribed_topics(told.metadata) : std::nullopt;
        if (topics && topics_) {
            topics_->insert(topics->begin(), topics->end());
        } else {
            topics_.reset();
        }
    }
    for (auto& [id, member] : members_) {
        member.is_new = false;
        member.has_synced = false;
        renew_session(id);
        if (member.joining) {
            member.joining->give(joined(id));
            member.joining.reset();
        }
    }
    wait_for_syncs();
}

/// For as long as the most patient member says.
void ClassicGroup::wait_for_syncs() {
    int32_t timeout_ms = 0;
    for (const auto& [id, member] : members_) {
        timeout_ms = std::max(timeout_ms, member.rebalance_timeout_ms);
    }
    sync_deadline_.set(timeout_ms, [this] { expire_syncs(); });
}

/// Members that joined but do not fetch their assignment hold everybody up: they are out.
void ClassicGroup::expire_syncs() {
    std::vector<std::string> late;
    for (const auto& [id, member] : members_) {
        if (!member.has_synced) {
            late.push_back(id);
        }
    }
    for (const std::string& id : late) {
        remove_member(id);
    }
    if (!late.empty()) {
        rebalance();
    }
}

void ClassicGroup::drop_syncs(KafkaError error) {
    for (auto& [id, member] : members_) {
        member.assignment.clear();
        if (member.syncing) {
            member.syncing->refuse(error);
            member.syncing.reset();
            renew_session(id);
        }
    }
}

void ClassicGroup::set_state(State state) {
    state_ = state;
    state_since_ms_ = cluster_.now_ms();
}

KafkaError ClassicGroup::judge_member(const std::string& id,
                                      const std::optional<std::string>& instance_id) const {
    if (instance_id) {
        const auto found = static_members_.find(*instance_id);
        if (found == static_members_.end()) {
            return KafkaError::unknown_member_id;
        }
        if (found->second != id) {
            return KafkaError::fenced_instance_id;
        }
    }
    return members_.contains(id) ? KafkaError::none : KafkaError::unknown_member_id;
}

void ClassicGroup::renew_session(const std::string& id) {
    Member& member = members_.at(id);
    member.session.set(member.session_timeout_ms, [this, id] { expire_session(id); });
}

void ClassicGroup::expire_session(const std::string& id) {
    const Member& member = members_.at(id);
    // Who waits for our answer cannot send heartbeats; only a newcomer's wait has an end.
    if (!member.is_new && (member.joining || member.syncing)) {
        return;
    }
    remove_member(id);
    rebalance();
}

void ClassicGroup::remove_member(const std::string& id) {
    const auto found = members_.find(id);
    Member& member = found->second;
    if (member.joining) {
        member.joining->refuse(KafkaError::unknown_member_id);
    }
    if (member.syncing) {
        member.syncing->refuse(KafkaError::unknown_member_id);
    }
    if (member.instance_id) {
        static_members_.erase(*member.instance_id);
    }
    members_.erase(found);
    if (leader_ == id) {
        leader_ = members_.empty() ? "" : members_.begin()->first;
    }
}

}  // namespace lockstep::sandbox
