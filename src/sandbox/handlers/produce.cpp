// API        Produce, versions 0 to 13
// Behaviour  One batch for each partition, checked and appended by its leader (batch_rules.h,
//            producer_states.h); acks=0 gets no answer; with too few replicas in sync, acks=-1 is
//            refused. Transactions are checked with their coordinator (transaction_guard.h). Bytes
//            count for the client's quota (quotas.h).
// Gaps       Message formats 0 and 1 are refused as INVALID_RECORD. A leader that must wait for the
//            end of the previous transaction says so at once, where brokers first wait 100 ms. The
//            addresses of new leaders are not told (KIP-951).

#include "protocol/messages/produce.h"
#include "sandbox/partition_access.h"
#include "sandbox/quotas.h"
#include "sandbox/transaction_guard.h"

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

namespace {

using PartitionAnswer = ProduceResponse::PartitionProduceResponse;

constexpr int16_t kFirstVersionWithIds = 13;

void fill(PartitionAnswer& answer, const Appended& appended) {
    answer.error_code = code(appended.refusal.error);
    answer.base_offset = appended.base_offset.value();
    answer.log_append_time_ms = appended.log_append_time_ms;
    if (!appended.refusal.records.empty()) {
        // Brokers explain what is wrong with records, and nothing else.
        answer.error_message = appended.refusal.message;
        for (const Refusal::OfRecord& record : appended.refusal.records) {
            auto& told = answer.record_errors.emplace_back();
            told.batch_index = record.index;
            told.batch_index_error_message = record.message;
        }
    }
}

/// Whether the answer says where the log begins (ReplicaManager.appendToLocalLog).
bool tells_start(const Refusal& refusal) {
    return !refusal.is_of_request && refusal.error != KafkaError::message_too_large &&
           refusal.error != KafkaError::record_list_too_large &&
           refusal.error != KafkaError::corrupt_message;
}

PartitionAnswer append(Call& call, const TransactionGuard& guard, const std::string& topic,
                       int16_t acks, const ProduceRequest::PartitionProduceData& data) {
    PartitionAnswer answer;
    answer.index = data.index;
    answer.base_offset = -1;
    const PartitionAccess found = access(call, topic, data.index, AclOperation::write);
    if (found.is_refused()) {
        answer.error_code = code(found.error);
        if (found.error == KafkaError::not_leader_or_follower) {
            answer.current_leader.leader_id = found.partition->leader.value();
            answer.current_leader.leader_epoch = found.partition->log.epoch().value();
        }
        return answer;
    }
    if (found.topic->is_internal) {
        answer.error_code = code(KafkaError::invalid_topic_exception);
        return answer;
    }
    const Refusal refusal =
        guard.judge({topic, PartitionIndex(data.index)}, found.partition->log, data.records.view());
    if (refusal.is_refused()) {
        answer.error_code = code(refusal.error);
        return answer;
    }
    const LogConfig& config = found.topic->log_config;
    const KafkaVersion version = call.cluster.options().version;
    if (acks == -1 && !has_enough_in_sync(version, *found.topic, *found.partition)) {
        answer.error_code = code(KafkaError::not_enough_replicas);
        answer.log_start_offset = found.partition->log.start_offset().value();
        return answer;
    }
    PartitionLog& log = found.partition->log;
    const Appended appended =
        log.append(data.records.view(), config, call.cluster.now_ms(), call.version);
    fill(answer, appended);
    if (tells_start(appended.refusal)) {
        answer.log_start_offset = log.start_offset().value();
    }
    if (!appended.refusal.is_refused()) {
        call.cluster.note_log_change();
    }
    return answer;
}

}  // namespace

ProduceResponse produce(Call& call, const ProduceRequest& request) {
    ProduceResponse response;
    const bool is_acks_known = request.acks >= -1 && request.acks <= 1;
    const TransactionGuard guard(call, request);
    for (const auto& topic : request.topic_data) {
        auto& answers = response.responses.emplace_back();
        answers.name = topic.name;
        answers.topic_id = topic.topic_id;
        std::string name = topic.name;
        bool is_topic_known = true;
        if (call.version >= kFirstVersionWithIds) {
            const auto found = call.cluster.find_topic(topic.topic_id);
            is_topic_known = found != nullptr;
            name = is_topic_known ? found->name : "";
        }
        for (const auto& data : topic.partition_data) {
            if (is_acks_known && is_topic_known) {
                answers.partition_responses.push_back(
                    append(call, guard, name, request.acks, data));
                continue;
            }
            auto& answer = answers.partition_responses.emplace_back();
            answer.index = data.index;
            answer.base_offset = -1;
            answer.error_code = code(is_acks_known ? KafkaError::unknown_topic_id
                                                   : KafkaError::invalid_required_acks);
        }
    }
    call.wants_no_answer = request.acks == 0;
    response.throttle_time_ms = call.cluster.quotas().charge(call, request);
    return response;
}

}  // namespace lockstep::sandbox
