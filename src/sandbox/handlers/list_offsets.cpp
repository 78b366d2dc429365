// API        ListOffsets, versions 0 to 11 (0: no offsets are told)
// Behaviour  Earliest (-2, -4), latest (-1: the high watermark or, read committed, the last stable
//            offset), largest timestamp (-3), and the first record at or after a time.
// Gaps       No tiered storage: -5 is answered with -1.

#include "protocol/messages/list_offsets.h"
#include "sandbox/partition_access.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

namespace {

constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;
constexpr int64_t kLargestTime = -3;
constexpr int64_t kEarliestLocal = -4;
constexpr int64_t kLatestTiered = -5;
constexpr int64_t kEarliestPending = -6;

/// The least number that has a meaning of its own; what is below is none (2.8: a time).
int64_t least_place(KafkaVersion version) {
    switch (version) {
        case KafkaVersion::v2_8: return kEarliest;
        case KafkaVersion::v3_9: return kLatestTiered;
        case KafkaVersion::v4_3: return kEarliestPending;
    }
    return kEarliest;
}

/// The place that was asked for; its offset is -1 where there is none.
TimedOffset place_of(const PartitionLog& log, int64_t timestamp_ms, bool is_read_committed) {
    const TimedOffset nowhere{Offset(-1), -1};
    switch (timestamp_ms) {
        case kLatest:
            return {is_read_committed ? log.last_stable_offset() : log.high_watermark(), -1};
        case kEarliest:
        case kEarliestLocal: return {log.start_offset(), -1};
        case kLargestTime: return log.largest_time().value_or(nowhere);
        default: return timestamp_ms < 0 ? nowhere : log.find_time(timestamp_ms).value_or(nowhere);
    }
}

using Asked = ListOffsetsRequest::ListOffsetsPartition;

bool is_twice(const std::vector<Asked>& partitions, int32_t index) {
    return std::ranges::count(partitions, index, &Asked::partition_index) > 1;
}

bool is_told(const ListOffsetsResponse::ListOffsetsTopicResponse& answers, const Asked& asked) {
    const auto is_same = [&](const auto& answer) {
        return answer.partition_index == asked.partition_index;
    };
    return std::ranges::any_of(answers.partitions, is_same);
}

}  // namespace

ListOffsetsResponse list_offsets(Call& call, const ListOffsetsRequest& request) {
    const KafkaVersion version = call.cluster.options().version;
    ListOffsetsResponse response;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const auto& asked : topic.partitions) {
            const bool is_refused = is_twice(topic.partitions, asked.partition_index);
            if (is_refused && version == KafkaVersion::v4_3 && is_told(answers, asked)) {
                continue;
            }
            auto& answer = answers.partitions.emplace_back();
            answer.partition_index = asked.partition_index;
            const PartitionAccess found =
                access(call, topic.name, asked.partition_index, AclOperation::describe);
            if (is_refused) {
                answer.error_code = code(KafkaError::invalid_request);
                continue;
            }
            const KafkaError error =
                found.is_refused()
                    ? found.error
                    : judge_leader_epoch(*found.partition, asked.current_leader_epoch);
            answer.error_code = code(error);
            if (error != KafkaError::none) {
                continue;
            }
            const PartitionLog& log = found.partition->log;
            const bool is_time = asked.timestamp < least_place(version);
            if (is_time && version != KafkaVersion::v2_8) {
                answer.error_code = code(KafkaError::unsupported_version);
                continue;
            }
            const TimedOffset place =
                is_time ? log.find_time(asked.timestamp).value_or(TimedOffset{Offset(-1), -1})
                        : place_of(log, asked.timestamp, request.isolation_level == 1);
            answer.offset = place.offset.value();
            answer.timestamp = place.timestamp_ms;
            if (answer.offset >= 0) {
                answer.leader_epoch = asked.timestamp == kLatest
                                          ? log.epoch().value()
                                          : log.epoch_at(place.offset).value();
            }
        }
    }
    return response;
}

}  // namespace lockstep::sandbox
