#pragma once

#include "sandbox/classic_group.h"
#include "sandbox/committed_offsets.h"
#include "sandbox/consumer_group.h"

namespace lockstep::sandbox {

/// The groups of a cluster and their offsets: of all brokers, for a group survives its coordinator
/// as it does in Kafka's __consumer_offsets. Which broker may be asked, handlers judge. Owned by a
/// Cluster, on its loop.
class GroupCoordinator {
public:
    /// A group is of one of two kinds. Its offsets stay when an empty one changes its kind.
    struct Group {
        CommittedOffsets offsets;
        std::unique_ptr<ClassicGroup> classic;
        std::unique_ptr<ConsumerGroup> consumer;

        bool is_empty() const { return classic ? classic->is_empty() : consumer->is_empty(); }
        bool is_subscribed_to(const std::string& topic) const {
            return classic ? classic->is_subscribed_to(topic) : consumer->is_subscribed_to(topic);
        }
    };

    explicit GroupCoordinator(Cluster& cluster) : cluster_(cluster) {}

    /// These make nothing; null where there is none (of that kind).
    Group* find(const std::string& id);
    ClassicGroup* find_classic(const std::string& id);
    ConsumerGroup* find_consumer(const std::string& id);
    const std::map<std::string, Group>& groups() const { return groups_; }

    /// For somebody who joins: makes the group, or changes its kind if nobody is in it. Null: it
    /// has members of the other kind.
    ClassicGroup* classic_to_join(const std::string& id);
    ConsumerGroup* consumer_to_join(const std::string& id);

    /// `none`, or what the whole request is to be refused with; for OffsetCommit and
    /// TxnOffsetCommit. Whoever commits from outside may do so where nobody is in the group.
    protocol::KafkaError judge_commit(const std::string& id, const MemberClaim& claim,
                                      const PartitionSet& partitions);
    /// Errors: `offset_metadata_too_large`, `unknown_topic_or_partition`. To be called after
    /// `judge_commit`. Makes the group if there is none.
    protocol::KafkaError commit(const std::string& id, const TopicPartition& partition,
                                CommittedOffset offset);
    /// The same within a transaction: counts once that commits.
    protocol::KafkaError stage_offset(ProducerId producer, const std::string& id,
                                      const TopicPartition& partition, CommittedOffset offset);
    void end_transaction(ProducerId producer, bool is_commit);

    /// Errors: `group_id_not_found`, `non_empty_group`.
    protocol::KafkaError erase(const std::string& id);

    /// What has to be done with time: offsets and groups expire.
    void clean_up();
    /// A topic is deleted: nobody has offsets of it any more.
    void forget_topic(const std::string& topic);
    /// The group's offsets have changed.
    void note_unsaved(const std::string& id);
    /// Brokers came or went: `before` says who coordinated each group.
    using Coordinators = std::map<std::string, BrokerId>;
    Coordinators coordinators() const;
    void note_moves(const Coordinators& before);

    /// One that has offsets and no members ever: a classic group without a protocol.
    Group& simple_group(const std::string& id);

private:
    protocol::KafkaError judge_offset(const TopicPartition& partition,
                                      const CommittedOffset& offset) const;
    bool is_over(const Group& group, const TopicPartition& partition,
                 const CommittedOffset& offset) const;

    Cluster& cluster_;
    std::map<std::string, Group> groups_;
};

}  // namespace lockstep::sandbox
