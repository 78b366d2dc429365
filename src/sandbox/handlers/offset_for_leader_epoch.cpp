// API        OffsetForLeaderEpoch, versions 0 to 4
// Behaviour  Where a leader epoch ended (KIP-101, KIP-320); an epoch that is above all: -1.
// Gaps       none

#include "protocol/messages/offset_for_leader_epoch.h"
#include "sandbox/partition_access.h"

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

OffsetForLeaderEpochResponse offset_for_leader_epoch(Call& call,
                                                     const OffsetForLeaderEpochRequest& request) {
    OffsetForLeaderEpochResponse response;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.topic = topic.topic;
        for (const auto& asked : topic.partitions) {
            auto& answer = answers.partitions.emplace_back();
            answer.partition = asked.partition;
            const PartitionAccess found =
                access(call, topic.topic, asked.partition, AclOperation::describe);
            const KafkaError error =
                found.is_refused()
                    ? found.error
                    : judge_leader_epoch(*found.partition, asked.current_leader_epoch);
            answer.error_code = code(error);
            if (error != KafkaError::none) {
                continue;
            }
            const LeaderEpoch wanted(asked.leader_epoch);
            const auto end = found.partition->log.end_of_epoch(wanted);
            if (end && wanted != kNoLeaderEpoch) {
                answer.leader_epoch = end->epoch.value();
                answer.end_offset = end->start.value();
            }
        }
    }
    return response;
}

}  // namespace lockstep::sandbox
