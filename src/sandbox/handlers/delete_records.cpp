// API        DeleteRecords, versions 0 to 2
// Behaviour  Raises the log start, at most to the high watermark (-1 means that); refused for
//            internal topics and where cleanup.policy has no `delete`.
// Gaps       none

#include "protocol/messages/delete_records.h"
#include "sandbox/partition_access.h"

namespace lockstep::sandbox {

using protocol::DeleteRecordsRequest;
using protocol::DeleteRecordsResponse;
using protocol::KafkaError;

namespace {

bool is_internal(const std::string& topic) {
    return topic == "__consumer_offsets" || topic == "__transaction_state";
}

KafkaError raise_start(const PartitionAccess& found, int64_t wanted) {
    if (found.topic->is_internal) {
        return KafkaError::invalid_topic_exception;
    }
    if (!found.topic->log_config.is_deleted) {
        return KafkaError::policy_violation;
    }
    PartitionLog& log = found.partition->log;
    const Offset offset = wanted == -1 ? log.high_watermark() : Offset(wanted);
    if (offset > log.high_watermark() || offset.value() < 0) {
        return KafkaError::offset_out_of_range;
    }
    log.delete_before(offset);
    return KafkaError::none;
}

}  // namespace

DeleteRecordsResponse delete_records(Call& call, const DeleteRecordsRequest& request) {
    DeleteRecordsResponse response;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const auto& asked : topic.partitions) {
            auto& answer = answers.partitions.emplace_back();
            answer.partition_index = asked.partition_index;
            answer.low_watermark = -1;
            const PartitionAccess found =
                access(call, topic.name, asked.partition_index, AclOperation::erase);
            KafkaError error = found.is_refused() ? found.error : raise_start(found, asked.offset);
            if (error == KafkaError::unknown_topic_or_partition && is_internal(topic.name)) {
                error = KafkaError::invalid_topic_exception;  // which real brokers have
            }
            answer.error_code = code(error);
            if (error == KafkaError::none) {
                call.cluster.note_log_change();
                answer.low_watermark = found.partition->log.start_offset().value();
            }
        }
    }
    return response;
}

}  // namespace lockstep::sandbox
