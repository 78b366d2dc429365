// API        DescribeTransactions, version 0; ListTransactions, versions 0 to 2;
//            DescribeProducers, version 0
// Behaviour  What coordinators know of transactional ids (KIP-664), by state, producer id, age and
//            pattern; and what leaders know of the producers of their partitions.
// Gaps       Of a partition's producers only its leader tells; brokers' followers do, too.

#include "protocol/messages/describe_transactions.h"
#include "protocol/messages/describe_producers.h"
#include "protocol/messages/list_transactions.h"
#include "sandbox/partition_access.h"
#include "sandbox/transaction_coordinator.h"

#include <re2/re2.h>

#include <algorithm>

namespace lockstep::sandbox {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::DescribeTransactionsRequest;
using protocol::DescribeTransactionsResponse;
using protocol::KafkaError;
using protocol::ListTransactionsRequest;
using protocol::ListTransactionsResponse;

namespace {

using Described = DescribeTransactionsResponse::TransactionState;

KafkaError judge(const Call& call, const std::string& id) {
    if (!call.cluster.acls().allows(call, AclOperation::describe, ResourceType::transactional_id,
                                    id)) {
        return KafkaError::transactional_id_authorization_failed;
    }
    if (id.empty()) {
        return KafkaError::invalid_request;
    }
    if (call.cluster.coordinator_of(id) != call.broker) {
        return KafkaError::not_coordinator;
    }
    return call.cluster.transactions().find(id) == nullptr ? KafkaError::transactional_id_not_found
                                                           : KafkaError::none;
}

Described describe(const Call& call, const std::string& id) {
    Described described;
    described.transactional_id = id;
    const KafkaError error = judge(call, id);
    described.error_code = code(error);
    if (error != KafkaError::none) {
        return described;
    }
    const TransactionEntry& entry = *call.cluster.transactions().find(id);
    described.transaction_state = name_of(entry.status);
    described.transaction_timeout_ms = entry.timeout_ms;
    described.transaction_start_time_ms = entry.started_ms;
    described.producer_id = entry.producer.id.value();
    described.producer_epoch = entry.producer.epoch.value();
    for (const TopicPartition& partition : entry.partitions) {
        if (!call.cluster.acls().allows(call, AclOperation::describe, ResourceType::topic,
                                        partition.topic)) {
            continue;
        }
        if (described.topics.empty() || described.topics.back().topic != partition.topic) {
            described.topics.emplace_back().topic = partition.topic;
        }
        described.topics.back().partitions.push_back(partition.partition.value());
    }
    return described;
}

bool is_wanted(const Call& call, const ListTransactionsRequest& request,
               const TransactionEntry& entry) {
    const auto& ids = request.producer_id_filters;
    const auto& states = request.state_filters;
    if (!ids.empty() && std::ranges::find(ids, entry.producer.id.value()) == ids.end()) {
        return false;
    }
    if (!states.empty() && std::ranges::find(states, name_of(entry.status)) == states.end()) {
        return false;
    }
    const int64_t age_ms = call.cluster.now_ms() - entry.started_ms;
    return request.duration_filter < 0 || age_ms > request.duration_filter;
}

DescribeProducersResponse::PartitionResponse producers_of(const Call& call,
                                                          const std::string& topic, int32_t index) {
    DescribeProducersResponse::PartitionResponse answer;
    answer.partition_index = index;
    const PartitionAccess found = access(call, topic, index, AclOperation::read);
    answer.error_code = code(found.error);
    if (found.error == KafkaError::topic_authorization_failed) {
        answer.error_message = "Topic authorization failed.";
    }
    if (found.is_refused()) {
        return answer;
    }
    for (const auto& [id, entry] : found.partition->log.producers().entries()) {
        auto& told = answer.active_producers.emplace_back();
        told.producer_id = id.value();
        told.producer_epoch = entry.epoch.value();
        told.last_sequence = entry.last_sequence();
        told.last_timestamp = entry.last_timestamp_ms;
        told.coordinator_epoch = entry.coordinator_epoch;
        told.current_txn_start_offset = entry.transaction_start.value_or(Offset(-1)).value();
    }
    return answer;
}

}  // namespace

DescribeTransactionsResponse describe_transactions(Call& call,
                                                   const DescribeTransactionsRequest& request) {
    DescribeTransactionsResponse response;
    for (const std::string& id : request.transactional_ids) {
        response.transaction_states.push_back(describe(call, id));
    }
    return response;
}

ListTransactionsResponse list_transactions(Call& call, const ListTransactionsRequest& request) {
    ListTransactionsResponse response;
    const std::string pattern = request.transactional_id_pattern.value_or("");
    const re2::RE2 matcher(pattern, re2::RE2::Quiet);
    if (!matcher.ok()) {
        response.error_code = code(KafkaError::invalid_regular_expression);
        return response;
    }
    for (const std::string& state : request.state_filters) {
        if (!status_named(state)) {
            response.unknown_state_filters.push_back(state);
        }
    }
    for (const auto& [id, entry] : call.cluster.transactions().entries()) {
        const bool is_matched = pattern.empty() || re2::RE2::FullMatch(id, matcher);
        if (call.cluster.coordinator_of(id) != call.broker || !is_matched ||
            !is_wanted(call, request, entry) ||
            !call.cluster.acls().allows(call, AclOperation::describe,
                                        ResourceType::transactional_id, id)) {
            continue;
        }
        auto& told = response.transaction_states.emplace_back();
        told.transactional_id = id;
        told.producer_id = entry.producer.id.value();
        told.transaction_state = name_of(entry.status);
    }
    return response;
}

DescribeProducersResponse describe_producers(Call& call, const DescribeProducersRequest& request) {
    DescribeProducersResponse response;
    for (const auto& topic : request.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const int32_t index : topic.partition_indexes) {
            answers.partitions.push_back(producers_of(call, topic.name, index));
        }
    }
    return response;
}

}  // namespace lockstep::sandbox
