// API        OffsetCommit 0 to 10, OffsetFetch 0 to 10, OffsetDelete 0
// Behaviour  Members commit in their generation or member epoch, anybody to a group that is empty
//            or not there; topics go by id from version 10 on. Undecided offsets of transactions
//            are told from stable ones. Offsets expire, and go with their topics.
// Gaps       Version 0 stores where the others do (real brokers: in ZooKeeper).

#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "sandbox/group_access.h"
#include "sandbox/group_coordinator.h"
#include "sandbox/handler_table.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

// groups.cpp registers these with all that groups need.
OffsetCommitResponse offset_commit(Call& call, const OffsetCommitRequest& request);
OffsetFetchResponse offset_fetch(Call& call, const OffsetFetchRequest& request);
OffsetDeleteResponse offset_delete(Call& call, const OffsetDeleteRequest& request);

namespace {

constexpr int16_t kFirstVersionWithIds = 10;

/// A topic that a request is about, or why the client gets nothing of it.
struct NamedTopic {
    std::string name;
    KafkaError error = KafkaError::none;
};

NamedTopic find_topic(const Call& call, const std::string& name, AclOperation operation) {
    const bool is_allowed = call.cluster.acls().allows(call, operation, ResourceType::topic, name);
    return {name, is_allowed ? KafkaError::none : KafkaError::topic_authorization_failed};
}

NamedTopic find_topic(const Call& call, const Uuid& id, AclOperation operation) {
    const auto topic = call.cluster.find_topic(id);
    return topic ? find_topic(call, topic->name, operation)
                 : NamedTopic{"", KafkaError::unknown_topic_id};
}

NamedTopic topic_of(const Call& call, const OffsetCommitRequest::OffsetCommitRequestTopic& asked) {
    return call.version < kFirstVersionWithIds
               ? find_topic(call, asked.name, AclOperation::read)
               : find_topic(call, asked.topic_id, AclOperation::read);
}

CommittedOffset offset_from(const Call& call, const OffsetCommitRequest& request,
                            const OffsetCommitRequest::OffsetCommitRequestPartition& asked) {
    const int64_t now_ms = call.cluster.now_ms();
    CommittedOffset offset;
    offset.offset = Offset(asked.committed_offset);
    offset.leader_epoch = LeaderEpoch(asked.committed_leader_epoch);
    offset.metadata = asked.committed_metadata.value_or("");
    offset.committed_at_ms = asked.commit_timestamp == -1 ? now_ms : asked.commit_timestamp;
    if (request.retention_time_ms != -1) {
        offset.expires_at_ms = now_ms + request.retention_time_ms;
    }
    return offset;
}

/// Whether this client may commit to the group, as the one that it says to be.
KafkaError judge_committer(const Call& call, const OffsetCommitRequest& request) {
    const KafkaError error = judge_group_access(call, request.group_id, AclOperation::read);
    if (error != KafkaError::none) {
        return error;
    }
    PartitionSet partitions;
    for (const auto& asked : request.topics) {
        const auto topic = call.cluster.find_topic(topic_of(call, asked).name);
        for (const auto& partition : asked.partitions) {
            if (topic) {
                partitions.insert({topic->id, partition.partition_index});
            }
        }
    }
    MemberClaim claim;
    claim.member_id = request.member_id;
    claim.instance_id = request.group_instance_id;
    claim.epoch = request.generation_id_or_member_epoch;
    claim.version = call.version;
    return call.cluster.groups().judge_commit(request.group_id, claim, partitions);
}

/// One group of an OffsetFetch request.
class FetchedGroup {
public:
    using Asked = OffsetFetchRequest::OffsetFetchRequestGroup;
    using Answer = OffsetFetchResponse::OffsetFetchResponseGroup;

    FetchedGroup(Call& call, const Asked& asked, bool requires_stable)
        : call_(call),
          asked_(asked),
          requires_stable_(requires_stable),
          group_(call.cluster.groups().find(asked.group_id)) {}

    Answer answer();

private:
    using TopicAnswer = OffsetFetchResponse::OffsetFetchResponseTopics;

    KafkaError judge() const;
    void add_all(Answer& answer) const;
    void add_asked(Answer& answer) const;
    void add(TopicAnswer& answer, const NamedTopic& topic, int32_t index) const;

    Call& call_;
    const Asked& asked_;
    const bool requires_stable_;
    const GroupCoordinator::Group* group_;
};

FetchedGroup::Answer FetchedGroup::answer() {
    Answer answer;
    answer.group_id = asked_.group_id;
    const KafkaError error = judge();
    answer.error_code = code(error);
    if (error == KafkaError::none && asked_.topics) {
        add_asked(answer);
    } else if (error == KafkaError::none) {
        add_all(answer);
    }
    return answer;
}

KafkaError FetchedGroup::judge() const {
    const KafkaError error = judge_group_access(call_, asked_.group_id, AclOperation::describe);
    if (error != KafkaError::none || group_ == nullptr || !group_->consumer) {
        return error;
    }
    return group_->consumer->judge_fetch(asked_.member_id, asked_.member_epoch);
}

void FetchedGroup::add_all(Answer& answer) const {
    if (group_ == nullptr) {
        return;
    }
    for (const TopicPartition& partition : group_->offsets.partitions()) {
        const NamedTopic topic = find_topic(call_, partition.topic, AclOperation::describe);
        if (topic.error != KafkaError::none) {
            continue;
        }
        if (answer.topics.empty() || answer.topics.back().name != partition.topic) {
            answer.topics.emplace_back().name = partition.topic;
            const auto found = call_.cluster.find_topic(partition.topic);
            answer.topics.back().topic_id = found ? found->id : Uuid{};
        }
        add(answer.topics.back(), topic, partition.partition.value());
    }
}

void FetchedGroup::add_asked(Answer& answer) const {
    for (const auto& asked : *asked_.topics) {
        const NamedTopic topic = call_.version < kFirstVersionWithIds
                                     ? find_topic(call_, asked.name, AclOperation::describe)
                                     : find_topic(call_, asked.topic_id, AclOperation::describe);
        auto& told = answer.topics.emplace_back();
        told.name = asked.name;
        told.topic_id = asked.topic_id;
        for (const int32_t index : asked.partition_indexes) {
            add(told, topic, index);
        }
    }
}

void FetchedGroup::add(TopicAnswer& answer, const NamedTopic& topic, int32_t index) const {
    auto& told = answer.partitions.emplace_back();
    told.partition_index = index;
    told.committed_offset = -1;
    told.error_code = code(topic.error);
    if (topic.error != KafkaError::none || group_ == nullptr) {
        return;
    }
    const TopicPartition partition{topic.name, PartitionIndex(index)};
    const CommittedOffset* offset = group_->offsets.find(partition);
    if (requires_stable_ && group_->offsets.is_unstable(partition)) {
        told.error_code = code(KafkaError::unstable_offset_commit);
    } else if (offset != nullptr) {
        told.committed_offset = offset->offset.value();
        told.committed_leader_epoch = offset->leader_epoch.value();
        told.metadata = offset->metadata;
    }
}

/// The answer of versions that have one group.
OffsetFetchResponse as_single(const Call& call, const OffsetFetchRequest& request,
                              const FetchedGroup::Answer& group) {
    constexpr int16_t kFirstVersionWithError = 2;
    OffsetFetchResponse response;
    response.error_code = group.error_code;
    for (const auto& topic : group.topics) {
        auto& told = response.topics.emplace_back();
        told.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& one = told.partitions.emplace_back();
            one.partition_index = partition.partition_index;
            one.committed_offset = partition.committed_offset;
            one.committed_leader_epoch = partition.committed_leader_epoch;
            one.metadata = partition.metadata;
            one.error_code = partition.error_code;
        }
    }
    if (group.error_code == 0 || call.version >= kFirstVersionWithError || !request.topics) {
        return response;
    }
    for (const auto& topic : *request.topics) {
        auto& told = response.topics.emplace_back();
        told.name = topic.name;
        for (const int32_t index : topic.partition_indexes) {
            auto& one = told.partitions.emplace_back();
            one.partition_index = index;
            one.committed_offset = -1;
            one.error_code = group.error_code;
        }
    }
    return response;
}

KafkaError erase_offset(const Call& call, GroupCoordinator::Group& group,
                        const TopicPartition& partition) {
    const NamedTopic topic = find_topic(call, partition.topic, AclOperation::read);
    if (topic.error != KafkaError::none) {
        return topic.error;
    }
    if (!call.cluster.find_partition(partition.topic, partition.partition.value())) {
        return KafkaError::unknown_topic_or_partition;
    }
    if (group.is_subscribed_to(partition.topic)) {
        return KafkaError::group_subscribed_to_topic;
    }
    group.offsets.erase(partition);
    return KafkaError::none;
}

/// Members of other protocols than consumers' may use any offset: none is taken from under them.
KafkaError judge_offset_delete(const Call& call, const std::string& id) {
    const KafkaError error = judge_group_access(call, id, AclOperation::erase);
    const GroupCoordinator::Group* group = call.cluster.groups().find(id);
    if (error != KafkaError::none) {
        return error;
    }
    if (group == nullptr) {
        return KafkaError::group_id_not_found;
    }
    const bool is_in_use =
        group->classic && !group->classic->is_empty() && !group->classic->is_of_consumers();
    return is_in_use ? KafkaError::non_empty_group : KafkaError::none;
}

}  // namespace

OffsetCommitResponse offset_commit(Call& call, const OffsetCommitRequest& request) {
    const KafkaError group_error = judge_committer(call, request);
    OffsetCommitResponse response;
    for (const auto& asked : request.topics) {
        const NamedTopic topic = topic_of(call, asked);
        auto& told = response.topics.emplace_back();
        told.name = asked.name;
        told.topic_id = asked.topic_id;
        for (const auto& partition : asked.partitions) {
            const bool is_about_group = topic.error == KafkaError::none ||
                                        group_error == KafkaError::group_authorization_failed;
            KafkaError error = is_about_group ? group_error : topic.error;
            if (error == KafkaError::none) {
                error = call.cluster.groups().commit(
                    request.group_id, {topic.name, PartitionIndex(partition.partition_index)},
                    offset_from(call, request, partition));
            }
            auto& one = told.partitions.emplace_back();
            one.partition_index = partition.partition_index;
            one.error_code = code(error);
        }
    }
    return response;
}

OffsetFetchResponse offset_fetch(Call& call, const OffsetFetchRequest& request) {
    constexpr int16_t kFirstVersionWithMany = 8;
    if (call.version < kFirstVersionWithMany) {
        FetchedGroup::Asked asked;
        asked.group_id = request.group_id;
        if (!request.topics) {
            asked.topics.reset();
        } else {
            for (const auto& topic : *request.topics) {
                auto& one = asked.topics->emplace_back();
                one.name = topic.name;
                one.partition_indexes = topic.partition_indexes;
            }
        }
        return as_single(call, request, FetchedGroup(call, asked, request.require_stable).answer());
    }
    OffsetFetchResponse response;
    for (const auto& asked : request.groups) {
        response.groups.push_back(FetchedGroup(call, asked, request.require_stable).answer());
    }
    return response;
}

OffsetDeleteResponse offset_delete(Call& call, const OffsetDeleteRequest& request) {
    OffsetDeleteResponse response;
    const KafkaError error = judge_offset_delete(call, request.group_id);
    response.error_code = code(error);
    if (error != KafkaError::none) {
        return response;
    }
    GroupCoordinator::Group& group = *call.cluster.groups().find(request.group_id);
    for (const auto& topic : request.topics) {
        auto& told = response.topics.emplace_back();
        told.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& one = told.partitions.emplace_back();
            one.partition_index = partition.partition_index;
            one.error_code = code(
                erase_offset(call, group, {topic.name, PartitionIndex(partition.partition_index)}));
        }
    }
    call.cluster.groups().note_unsaved(request.group_id);
    return response;
}

}  // namespace lockstep::sandbox
