#pragma once

#include "protocol/messages/consumer_group_describe.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "sandbox/call.h"
#include "sandbox/deadline.h"
#include "sandbox/member_claim.h"
#include "sandbox/partition_assignors.h"

namespace lockstep::sandbox {

/// A group whose members are told by the broker what to consume (KIP-848). Three steps, each with
/// its epoch:
///
///     subscriptions, topics, members change     -> the group epoch goes up
///     the assignor says who is to have what     -> the target's epoch follows it
///     each member lets go, then takes           -> the member's epoch follows that
///
/// A partition is given to its new owner only once nobody else has it. Owned by a
/// GroupCoordinator; acts on heartbeats and on its own timers.
class ConsumerGroup {
public:
    using Request = protocol::ConsumerGroupHeartbeatRequest;
    using Response = protocol::ConsumerGroupHeartbeatResponse;

    ConsumerGroup(Cluster& cluster, std::string id);

    /// Of a member that joins, stays or leaves; the request is well formed.
    Response heartbeat(const Call& call, const Request& request);

    /// Whether these may commit these partitions' offsets.
    protocol::KafkaError judge_commit(const MemberClaim& claim,
                                      const PartitionSet& partitions) const;
    protocol::KafkaError judge_fetch(const std::optional<std::string>& member_id,
                                     int32_t epoch) const;
    /// Another broker coordinates, or none: members get their time anew once there is one.
    void move_to_other_broker();

    bool is_empty() const { return members_.empty(); }
    std::string_view state_name() const;
    bool is_subscribed_to(const std::string& topic) const;
    int32_t epoch() const { return epoch_; }

    void describe(protocol::ConsumerGroupDescribeResponse::DescribedGroup& answer) const;

private:
    enum class MemberState { stable, unrevoked_partitions, unreleased_partitions };
    /// What a member has, and the member epoch with which it got each.
    using Owned = std::map<TopicIdPartition, int32_t>;

    struct Member {
        explicit Member(runtime::EventLoop& loop) : session(loop), revocation(loop) {}

        std::optional<std::string> instance_id;
        std::optional<std::string> rack_id;
        std::string client_id;
        std::string client_host;
        int32_t rebalance_timeout_ms = 0;
        std::set<std::string> topic_names;
        std::string topic_regex;
        std::set<std::string> matched_topics;  // by the regex, when the member was last heard of
        std::string assignor;
        int32_t epoch = 0;
        int32_t previous_epoch = 0;
        MemberState state = MemberState::stable;
        Owned assigned;
        Owned to_revoke;
        Deadline session;
        Deadline revocation;  // the time to let go of partitions
    };
    using Members = std::map<std::string, Member>;

    Response leave(const Request& request);
    protocol::KafkaError find_or_add(const Request& request, bool& is_changed);
    protocol::KafkaError find_or_add_static(const Request& request, bool& is_changed);
    protocol::KafkaError judge_epoch(const Member& member, const Request& request) const;
    bool update(Member& member, const Call& call, const Request& request);
    void replace_static(const std::string& old_id, const std::string& new_id);
    void remove(const std::string& id);

    void assign();
    std::string_view assignor() const;
    bool is_subscribed(const Member& member, const std::string& topic) const;
    std::set<Uuid> topic_ids(const Member& member) const;
    PartitionCounts count_partitions() const;

    void reconcile(const std::string& id, const Request& request);
    void take_next_step(const std::string& id, const std::optional<PartitionSet>& owned);
    PartitionSet held_by_others(const std::string& id) const;
    void set_epoch(Member& member, int32_t epoch) const;
    void renew_session(const std::string& id);
    void wait_for_revocation(const std::string& id);

    Cluster& cluster_;
    std::string id_;
    int32_t epoch_ = 0;
    int32_t target_epoch_ = 0;
    Members members_;
    std::map<std::string, std::string> static_members_;  // instance id to member id
    TargetAssignment target_;
    PartitionCounts counts_;  // of the topics that members want, as last seen
};

}  // namespace lockstep::sandbox
