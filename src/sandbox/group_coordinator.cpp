#include "sandbox/group_coordinator.h"

#include "sandbox/group_settings.h"

namespace lockstep::sandbox {

using protocol::KafkaError;

namespace {

constexpr int64_t kDefaultRetentionMinutes = 7 * 24 * 60;
constexpr int64_t kDefaultMetadataBytes = 4096;

}  // namespace

GroupCoordinator::Group* GroupCoordinator::find(const std::string& id) {
    const auto found = groups_.find(id);
    return found == groups_.end() ? nullptr : &found->second;
}

ClassicGroup* GroupCoordinator::find_classic(const std::string& id) {
    Group* group = find(id);
    return group == nullptr ? nullptr : group->classic.get();
}

ConsumerGroup* GroupCoordinator::find_consumer(const std::string& id) {
    Group* group = find(id);
    return group == nullptr ? nullptr : group->consumer.get();
}

ClassicGroup* GroupCoordinator::classic_to_join(const std::string& id) {
    Group& group = groups_[id];
    if (!group.classic && (!group.consumer || group.consumer->is_empty())) {
        group.consumer.reset();
        group.classic = std::make_unique<ClassicGroup>(cluster_, id);
    }
    return group.classic.get();
}

ConsumerGroup* GroupCoordinator::consumer_to_join(const std::string& id) {
    Group& group = groups_[id];
    if (!group.consumer && (!group.classic || group.classic->is_empty())) {
        group.classic.reset();
        group.consumer = std::make_unique<ConsumerGroup>(cluster_, id);
    }
    return group.consumer.get();
}

KafkaError GroupCoordinator::judge_commit(const std::string& id, const MemberClaim& claim,
                                          const PartitionSet& partitions) {
    constexpr int16_t kFirstVersionThatKnowsNoGroup = 9;
    Group* group = find(id);
    if (group == nullptr && claim.epoch >= 0) {
        const bool is_old = claim.version < kFirstVersionThatKnowsNoGroup ||
                            cluster_.options().version != KafkaVersion::v4_3;
        return is_old || claim.is_transactional ? KafkaError::illegal_generation
                                                : KafkaError::group_id_not_found;
    }
    if (group == nullptr) {
        return KafkaError::none;
    }
    return group->classic ? group->classic->judge_commit(claim)
                          : group->consumer->judge_commit(claim, partitions);
}

GroupCoordinator::Group& GroupCoordinator::simple_group(const std::string& id) {
    Group& group = groups_[id];
    if (!group.classic && !group.consumer) {
        group.classic = std::make_unique<ClassicGroup>(cluster_, id);
    }
    return group;
}

KafkaError GroupCoordinator::judge_offset(const TopicPartition& partition,
                                          const CommittedOffset& offset) const {
    if (!cluster_.find_partition(partition.topic, partition.partition.value())) {
        return KafkaError::unknown_topic_or_partition;
    }
    const int64_t limit =
        broker_number(cluster_, "offset.metadata.max.bytes", kDefaultMetadataBytes);
    return static_cast<int64_t>(offset.metadata.size()) > limit
               ? KafkaError::offset_metadata_too_large
               : KafkaError::none;
}

KafkaError GroupCoordinator::commit(const std::string& id, const TopicPartition& partition,
                                    CommittedOffset offset) {
    const KafkaError error = judge_offset(partition, offset);
    if (error == KafkaError::none) {
        simple_group(id).offsets.commit(partition, std::move(offset));
        note_unsaved(id);
    }
    return error;
}

KafkaError GroupCoordinator::stage_offset(ProducerId producer, const std::string& id,
                                          const TopicPartition& partition, CommittedOffset offset) {
    const KafkaError error = judge_offset(partition, offset);
    if (error == KafkaError::none) {
        simple_group(id).offsets.stage(producer, partition, std::move(offset));
        note_unsaved(id);
    }
    return error;
}

void GroupCoordinator::end_transaction(ProducerId producer, bool is_commit) {
    for (auto& [id, group] : groups_) {
        if (group.offsets.end_transaction(producer, is_commit)) {
            note_unsaved(id);
        }
    }
}

KafkaError GroupCoordinator::erase(const std::string& id) {
    const auto found = groups_.find(id);
    if (found == groups_.end()) {
        return KafkaError::group_id_not_found;
    }
    if (!found->second.is_empty()) {
        return KafkaError::non_empty_group;
    }
    groups_.erase(found);
    note_unsaved(id);
    return KafkaError::none;
}

void GroupCoordinator::clean_up() {
    for (auto& [id, one] : groups_) {
        Group& group = one;
        const bool is_changed = group.offsets.erase_if(
            [&](const TopicPartition& partition, const CommittedOffset& offset) {
                return is_over(group, partition, offset);
            });
        if (is_changed) {
            note_unsaved(id);
        }
    }
    std::erase_if(groups_, [](const auto& entry) {
        const Group& group = entry.second;
        const bool is_awaited = group.classic && group.classic->awaits_members();
        return group.is_empty() && group.offsets.is_empty() && !is_awaited;
    });
}

/// A topic that members consume keeps its offsets. Else time counts from when a group of consumers
/// became empty, or from the commit where there is no such moment (KIP-211).
bool GroupCoordinator::is_over(const Group& group, const TopicPartition& partition,
                               const CommittedOffset& offset) const {
    if (group.is_subscribed_to(partition.topic)) {
        return false;
    }
    int64_t since_ms = offset.committed_at_ms;
    if (group.classic && !group.classic->protocol_type().empty()) {
        const ClassicGroup& classic = *group.classic;
        const bool knows_topics = classic.is_of_consumers() && classic.topics() &&
                                  classic.state() == ClassicGroup::State::stable;
        if (classic.is_empty()) {
            since_ms = classic.state_since_ms();
        } else if (!knows_topics) {
            return false;
        }
    }
    if (offset.expires_at_ms) {
        return cluster_.now_ms() >= *offset.expires_at_ms;
    }
    const int64_t retention_ms =
        60'000 * broker_number(cluster_, "offsets.retention.minutes", kDefaultRetentionMinutes);
    return cluster_.now_ms() - since_ms >= retention_ms;
}

void GroupCoordinator::forget_topic(const std::string& topic) {
    for (auto& [id, group] : groups_) {
        group.offsets.forget_topic(topic);
        note_unsaved(id);
    }
}

void GroupCoordinator::note_unsaved(const std::string& id) {
    if (Unsaved* unsaved = cluster_.unsaved()) {
        unsaved->groups.insert(id);
    }
}

GroupCoordinator::Coordinators GroupCoordinator::coordinators() const {
    Coordinators found;
    for (const auto& [id, group] : groups_) {
        found[id] = cluster_.coordinator_of(id);
    }
    return found;
}

void GroupCoordinator::note_moves(const Coordinators& before) {
    for (auto& [id, group] : groups_) {
        const auto was = before.find(id);
        if (was != before.end() && was->second == cluster_.coordinator_of(id)) {
            continue;
        }
        if (group.classic) {
            group.classic->move_to_other_broker();
        } else {
            group.consumer->move_to_other_broker();
        }
    }
}

}  // namespace lockstep::sandbox
