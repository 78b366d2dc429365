#pragma once

#include "protocol/messages/describe_groups.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "sandbox/call.h"
#include "sandbox/deadline.h"
#include "sandbox/member_claim.h"
#include "sandbox/ticket.h"

#include <set>

namespace lockstep::sandbox {

/// A group whose members agree among themselves: all join, one leads and hands out what each is to
/// do, all fetch that. Any protocol type ("consumer", "connect", ...). Owned by a
/// GroupCoordinator; acts on requests and on its own timers.
///
///              a member joins              all have joined, or the time is up
///      empty ----------------> preparing ----------------------------------> completing
///        ^                      |     ^                                           |
///        | nobody is left       |     | somebody joins, leaves, is not heard of   | the leader
///        +----------------------+     +--------------------------- stable <-------+ syncs
class ClassicGroup {
public:
    enum class State { empty, preparing_rebalance, completing_rebalance, stable };
    using JoinTicket = Ticket<protocol::JoinGroupResponse>;
    using SyncTicket = Ticket<protocol::SyncGroupResponse>;
    using Identity = protocol::LeaveGroupRequest::MemberIdentity;

    ClassicGroup(Cluster& cluster, std::string id);

    std::shared_ptr<JoinTicket> join(const Call& call, const protocol::JoinGroupRequest& request);
    std::shared_ptr<SyncTicket> sync(const protocol::SyncGroupRequest& request);
    protocol::KafkaError heartbeat(const protocol::HeartbeatRequest& request);
    protocol::KafkaError leave(const Identity& identity);

    /// Whether these may commit offsets. A member's commit is a sign of life.
    protocol::KafkaError judge_commit(const MemberClaim& claim);
    /// Another broker coordinates, or none: who waits is told. Members get their time anew once
    /// there is one.
    void move_to_other_broker();

    State state() const { return state_; }
    std::string_view state_name() const;
    bool is_empty() const { return state_ == State::empty; }
    /// Somebody was given a member id to join with.
    bool awaits_members() const { return !pending_.empty(); }
    int32_t generation() const { return generation_; }
    /// Nothing for a group that only has offsets (a "simple" one).
    const std::string& protocol_type() const { return protocol_type_; }
    bool is_of_consumers() const { return protocol_type_ == "consumer"; }
    /// By which its members consume; nothing where that cannot be read.
    const std::optional<std::set<std::string>>& topics() const { return topics_; }
    bool is_subscribed_to(const std::string& topic) const;
    int64_t state_since_ms() const { return state_since_ms_; }

    void describe(protocol::DescribeGroupsResponse::DescribedGroup& answer) const;

private:
    struct Member {
        explicit Member(runtime::EventLoop& loop) : session(loop) {}

        std::optional<std::string> instance_id;
        std::string client_id;
        std::string client_host;
        int32_t session_timeout_ms = 0;
        int32_t rebalance_timeout_ms = 0;
        std::vector<protocol::JoinGroupRequest::JoinGroupRequestProtocol> protocols;
        Bytes assignment;
        std::shared_ptr<JoinTicket> joining;
        std::shared_ptr<SyncTicket> syncing;
        bool is_new = true;  // has not been part of a generation yet
        bool has_synced = false;
        Deadline session;
    };
    using Members = std::map<std::string, Member>;
    /// A JoinGroup request under way.
    struct Join {
        const Call& call;
        const protocol::JoinGroupRequest& request;
        std::shared_ptr<JoinTicket> ticket;
    };

    // Joining: classic_group_joining.cpp.
    void join_as_new(const Join& join);
    void join_as_static(const Join& join);
    void join_as_member(const Join& join);
    void replace_static(const Join& join, const std::string& old_id, const std::string& new_id);
    void add_member(const Join& join, const std::string& id);
    void update_member(Member& member, const Join& join);
    void refuse(const Join& join, protocol::KafkaError error) const;
    protocol::JoinGroupResponse joined(const std::string& id) const;
    std::vector<protocol::JoinGroupResponse::JoinGroupResponseMember> told_members() const;
    bool supports(const protocol::JoinGroupRequest& request) const;
    bool supported_by_all(const std::string& protocol) const;
    std::string select_protocol() const;

    // Rebalances.
    void rebalance();
    void begin_rebalance();
    void wait_for_first_members();
    void complete_join_or_wait();
    void complete_join();
    bool elect_leader();
    void begin_generation();
    void wait_for_syncs();
    void give_assignments(const protocol::SyncGroupRequest& request);
    void drop_syncs(protocol::KafkaError error);
    void expire_syncs();
    void set_state(State state);

    // Members.
    protocol::KafkaError judge_member(const std::string& id,
                                      const std::optional<std::string>& instance_id) const;
    void renew_session(const std::string& id);
    void expire_session(const std::string& id);
    void remove_member(const std::string& id);
    protocol::SyncGroupResponse synced(const Member& member) const;

    Cluster& cluster_;
    std::string id_;
    State state_ = State::empty;
    int64_t state_since_ms_;
    int32_t generation_ = 0;
    std::string protocol_type_;
    std::string protocol_;
    std::string leader_;
    Members members_;
    std::map<std::string, std::string> static_members_;  // instance id to member id
    /// Ids that were handed out, to be joined with (KIP-394).
    std::map<std::string, Deadline> pending_;
    std::optional<std::set<std::string>> topics_;
    Deadline join_deadline_;
    Deadline sync_deadline_;
    /// A group that was empty waits for more members than its first one.
    bool waits_for_first_members_ = false;
    bool has_more_members_ = false;
    int64_t left_to_wait_ms_ = 0;
};

}  // namespace lockstep::sandbox
