// How members come into a classic group: the first half of ClassicGroup.

#include "sandbox/classic_group.h"
#include "sandbox/member_names.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::KafkaError;

namespace {

/// A new member waits no longer than this for its first generation.
constexpr int64_t kNewMemberTimeoutMs = 5 * 60'000LL;
constexpr int16_t kFirstVersionWithKnownIds = 4;  // KIP-394
constexpr int16_t kFirstVersionWithProtocolType = 7;
constexpr int16_t kFirstVersionThatSkipsAssignment = 9;  // KIP-814

bool is_same(const std::vector<JoinGroupRequest::JoinGroupRequestProtocol>& left,
             const std::vector<JoinGroupRequest::JoinGroupRequestProtocol>& right) {
    return std::ranges::equal(left, right, [](const auto& one, const auto& other) {
        return one.name == other.name && one.metadata == other.metadata;
    });
}

}  // namespace

std::shared_ptr<ClassicGroup::JoinTicket> ClassicGroup::join(const Call& call,
                                                             const JoinGroupRequest& request) {
    const Join join{call, request, std::make_shared<JoinTicket>(cluster_.loop())};
    if (!supports(request)) {
        refuse(join, KafkaError::inconsistent_group_protocol);
    } else if (request.member_id.empty()) {
        join_as_new(join);
    } else {
        join_as_member(join);
    }
    return join.ticket;
}

void ClassicGroup::join_as_new(const Join& join) {
    if (join.request.group_instance_id) {
        join_as_static(join);
        return;
    }
    const std::string id = join.call.client_id + "-" + new_member_uuid(cluster_.rng());
    if (join.call.version < kFirstVersionWithKnownIds) {
        add_member(join, id);
        return;
    }
    Deadline& deadline = pending_.try_emplace(id, cluster_.loop()).first->second;
    deadline.set(join.request.session_timeout_ms, [this, id] {
        pending_.erase(id);
        if (state_ == State::preparing_rebalance && !waits_for_first_members_) {
            complete_join_or_wait();
        }
    });
    JoinGroupResponse response;
    response.error_code = code(KafkaError::member_id_required);
    response.member_id = id;
    join.ticket->give(std::move(response));
}

void ClassicGroup::join_as_static(const Join& join) {
    const std::string& instance = *join.request.group_instance_id;
    const std::string id = instance + "-" + new_member_uuid(cluster_.rng());
    const auto known = static_members_.find(instance);
    if (known == static_members_.end()) {
        add_member(join, id);
    } else {
        const std::string old_id = known->second;
        replace_static(join, old_id, id);
    }
}

/// A static member has started again: it takes its old place under a new id, and what still runs
/// under the old one is fenced. As long as the group's protocol stays there is no rebalance.
void ClassicGroup::replace_static(const Join& join, const std::string& old_id,
                                  const std::string& new_id) {
    const std::string old_leader = leader_;
    auto node = members_.extract(old_id);
    node.key() = new_id;
    Member& member = members_.insert(std::move(node)).position->second;
    static_members_[*member.instance_id] = new_id;
    if (leader_ == old_id) {
        leader_ = new_id;
    }
    if (member.joining) {
        member.joining->refuse(KafkaError::fenced_instance_id);
        member.joining.reset();
    }
    if (member.syncing) {
        member.syncing->refuse(KafkaError::fenced_instance_id);
        member.syncing.reset();
    }
    update_member(member, join);
    renew_session(new_id);
    if (state_ != State::stable || select_protocol() != protocol_) {
        rebalance();
        return;
    }
    member.joining.reset();
    JoinGroupResponse response = joined(new_id);
    const bool skips = join.call.version >= kFirstVersionThatSkipsAssignment;
    response.skip_assignment = skips && leader_ == new_id;
    if (!skips) {
        // Told that its old self leads, an old client does not assign anything.
        response.leader = old_leader;
        response.members.clear();
    }
    join.ticket->give(std::move(response));
}

void ClassicGroup::join_as_member(const Join& join) {
    const std::string& id = join.request.member_id;
    if (pending_.erase(id) > 0) {
        add_member(join, id);
        return;
    }
    const KafkaError error = judge_member(id, join.request.group_instance_id);
    if (error != KafkaError::none) {
        refuse(join, error);
        return;
    }
    Member& member = members_.at(id);
    const bool is_changed = !is_same(member.protocols, join.request.protocols);
    // The answer got lost, or a member looks whether there is a rebalance. The leader of a stable
    // group joins again to have one.
    const bool has_missed_answer = state_ == State::completing_rebalance && !is_changed;
    const bool is_only_looking = state_ == State::stable && !is_changed && leader_ != id;
    if (has_missed_answer || is_only_looking) {
        renew_session(id);
        join.ticket->give(joined(id));
        return;
    }
    update_member(member, join);
    rebalance();
}

void ClassicGroup::add_member(const Join& join, const std::string& id) {
    Member& member = members_.try_emplace(id, cluster_.loop()).first->second;
    member.instance_id = join.request.group_instance_id;
    member.client_id = join.call.client_id;
    member.client_host = "/" + join.call.connection.host;
    if (member.instance_id) {
        static_members_[*member.instance_id] = id;
    }
    if (members_.size() == 1) {
        protocol_type_ = join.request.protocol_type;
    }
    if (leader_.empty()) {
        leader_ = id;
    }
    update_member(member, join);
    member.session.set(kNewMemberTimeoutMs, [this, id] { expire_session(id); });
    has_more_members_ = true;
    rebalance();
}

void ClassicGroup::update_member(Member& member, const Join& join) {
    const JoinGroupRequest& request = join.request;
    member.protocols = request.protocols;
    member.session_timeout_ms = request.session_timeout_ms;
    member.rebalance_timeout_ms =
        join.call.version == 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
    if (member.joining) {
        member.joining->refuse(KafkaError::rebalance_in_progress);  // asked twice
    }
    member.joining = join.ticket;
}

void ClassicGroup::refuse(const Join& join, KafkaError error) const {
    JoinGroupResponse response;
    response.error_code = code(error);
    response.member_id = join.request.member_id;
    if (join.call.version >= kFirstVersionWithProtocolType) {
        response.protocol_name.reset();
    }
    join.ticket->give(std::move(response));
}

JoinGroupResponse ClassicGroup::joined(const std::string& id) const {
    JoinGroupResponse response;
    response.generation_id = generation_;
    response.protocol_type = protocol_type_;
    response.protocol_name = protocol_;
    response.leader = leader_;
    response.member_id = id;
    if (id == leader_) {
        response.members = told_members();
    }
    return response;
}

std::vector<JoinGroupResponse::JoinGroupResponseMember> ClassicGroup::told_members() const {
    std::vector<JoinGroupResponse::JoinGroupResponseMember> members;
    for (const auto& [id, member] : members_) {
        auto& told = members.emplace_back();
        told.member_id = id;
        told.group_instance_id = member.instance_id;
        const auto offered = std::ranges::find(member.protocols, protocol_,
                                               &JoinGroupRequest::JoinGroupRequestProtocol::name);
        if (offered != member.protocols.end()) {
            told.metadata = offered->metadata;
        }
    }
    return members;
}

/// Members of one group have one protocol type, and at least one protocol that all know.
bool ClassicGroup::supports(const JoinGroupRequest& request) const {
    if (request.protocol_type.empty() || request.protocols.empty()) {
        return false;
    }
    return members_.empty() || (request.protocol_type == protocol_type_ &&
                                std::ranges::any_of(request.protocols, [&](const auto& offered) {
                                    return supported_by_all(offered.name);
                                }));
}

bool ClassicGroup::supported_by_all(const std::string& protocol) const {
    return std::ranges::all_of(members_, [&](const auto& one) {
        return std::ranges::find(one.second.protocols, protocol,
                                 &JoinGroupRequest::JoinGroupRequestProtocol::name) !=
               one.second.protocols.end();
    });
}

/// Each member votes for the first of its protocols that all know.
std::string ClassicGroup::select_protocol() const {
    std::map<std::string, int> votes;
    for (const auto& [id, member] : members_) {
        for (const auto& offered : member.protocols) {
            if (supported_by_all(offered.name)) {
                ++votes[offered.name];
                break;
            }
        }
    }
    const auto most =
        std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
    return most == votes.end() ? "" : most->first;
}

}  // namespace lockstep::sandbox
