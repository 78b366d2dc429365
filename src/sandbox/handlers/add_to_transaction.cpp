// API        AddPartitionsToTxn, versions 0 to 5; AddOffsetsToTxn, versions 0 to 4
// Behaviour  Partitions and groups become part of a transaction, which begins with the first of
//            them; all of a request's or none. AddPartitionsToTxn from version 4 on is what
//            brokers send: many transactions, and questions whether a partition is in one.
// Gaps       none

#include "protocol/messages/add_offsets_to_txn.h"
#include "protocol/messages/add_partitions_to_txn.h"
#include "sandbox/acls.h"
#include "sandbox/transaction_coordinator.h"

namespace lockstep::sandbox {

using protocol::AddOffsetsToTxnRequest;
using protocol::AddOffsetsToTxnResponse;
using protocol::AddPartitionsToTxnRequest;
using protocol::AddPartitionsToTxnResponse;
using protocol::KafkaError;

namespace {

using Transaction = AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction;
using TopicResults = std::vector<AddPartitionsToTxnResponse::AddPartitionsToTxnTopicResult>;
using Errors = std::map<TopicPartition, KafkaError>;

constexpr int16_t kFirstVersionOfBrokers = 4;
constexpr int16_t kFirstVersionWithFenced = 2;

/// Before version 2, clients know only an old epoch.
KafkaError for_version(KafkaError error, int16_t version) {
    return error == KafkaError::producer_fenced && version < kFirstVersionWithFenced
               ? KafkaError::invalid_producer_epoch
               : error;
}

/// Of one partition, before the coordinator is asked.
KafkaError judge_partition(const Call& call, const TopicPartition& id) {
    const auto topic = call.cluster.find_topic(id.topic);
    const bool is_client = call.version < kFirstVersionOfBrokers;
    const bool is_refused =
        is_client &&
        ((topic && topic->is_internal) ||
         !call.cluster.acls().allows(call, AclOperation::write, ResourceType::topic, id.topic));
    if (is_refused) {
        return KafkaError::topic_authorization_failed;
    }
    return call.cluster.find_partition(id.topic, id.partition.value())
               ? KafkaError::none
               : KafkaError::unknown_topic_or_partition;
}

/// One error of all partitions; `none` where each must be looked at.
KafkaError judge_transaction(const Call& call, const Transaction& transaction) {
    const std::string& id = transaction.transactional_id;
    if (call.version < kFirstVersionOfBrokers &&
        !call.cluster.acls().allows(call, AclOperation::write, ResourceType::transactional_id,
                                    id)) {
        return KafkaError::transactional_id_authorization_failed;
    }
    return KafkaError::none;
}

/// By the coordinator, for partitions that may be added.
void ask(Call& call, const Transaction& transaction, Errors& errors) {
    const ProducerIdentity producer{ProducerId(transaction.producer_id),
                                    ProducerEpoch(transaction.producer_epoch)};
    const std::string& id = transaction.transactional_id;
    TransactionCoordinator& coordinator = call.cluster.transactions();
    KafkaError error = KafkaError::none;
    if (!coordinator.is_served_by(id, call.broker)) {
        error = KafkaError::not_coordinator;
    } else if (!transaction.verify_only) {
        std::set<TopicPartition> partitions;
        for (const auto& [partition, unused] : errors) {
            partitions.insert(partition);
        }
        const bool has_epochs = call.version >= kFirstVersionOfBrokers;
        error = for_version(coordinator.add(id, producer, partitions,
                                            has_epochs ? coordinator.own_version() : int16_t{0}),
                            call.version);
    } else {
        for (auto& [partition, of_partition] : errors) {
            of_partition = coordinator.verify(id, producer, partition);
        }
        return;
    }
    for (auto& [partition, of_partition] : errors) {
        of_partition = error;
    }
}

Errors add(Call& call, const Transaction& transaction) {
    const KafkaError of_all = judge_transaction(call, transaction);
    Errors errors;
    bool is_refused = of_all != KafkaError::none;
    for (const auto& topic : transaction.topics) {
        for (const int32_t index : topic.partitions) {
            const TopicPartition id{topic.name, PartitionIndex(index)};
            const KafkaError error =
                of_all == KafkaError::none ? judge_partition(call, id) : of_all;
            errors[id] = error;
            is_refused = is_refused || error != KafkaError::none;
        }
    }
    if (!is_refused) {
        ask(call, transaction, errors);
        return errors;
    }
    for (auto& [partition, error] : errors) {
        error = error == KafkaError::none ? KafkaError::operation_not_attempted : error;
    }
    return errors;
}

TopicResults results_of(const Errors& errors) {
    TopicResults results;
    for (const auto& [partition, error] : errors) {
        if (results.empty() || results.back().name != partition.topic) {
            results.emplace_back().name = partition.topic;
        }
        auto& result = results.back().results_by_partition.emplace_back();
        result.partition_index = partition.partition.value();
        result.partition_error_code = code(error);
    }
    return results;
}

KafkaError add_offsets(Call& call, const AddOffsetsToTxnRequest& request) {
    const Acls& acls = call.cluster.acls();
    if (!acls.allows(call, AclOperation::write, ResourceType::transactional_id,
                     request.transactional_id)) {
        return KafkaError::transactional_id_authorization_failed;
    }
    if (!acls.allows(call, AclOperation::read, ResourceType::group, request.group_id)) {
        return KafkaError::group_authorization_failed;
    }
    TransactionCoordinator& coordinator = call.cluster.transactions();
    if (!coordinator.is_served_by(request.transactional_id, call.broker)) {
        return KafkaError::not_coordinator;
    }
    return coordinator.add(request.transactional_id,
                           {ProducerId(request.producer_id), ProducerEpoch(request.producer_epoch)},
                           {coordinator.offsets_partition(request.group_id)}, 0);
}

}  // namespace

AddPartitionsToTxnResponse add_partitions_to_txn(Call& call,
                                                 const AddPartitionsToTxnRequest& request) {
    AddPartitionsToTxnResponse response;
    if (call.version < kFirstVersionOfBrokers) {
        Transaction transaction;
        transaction.transactional_id = request.v3_and_below_transactional_id;
        transaction.producer_id = request.v3_and_below_producer_id;
        transaction.producer_epoch = request.v3_and_below_producer_epoch;
        transaction.topics = request.v3_and_below_topics;
        response.results_by_topic_v3_and_below = results_of(add(call, transaction));
        return response;
    }
    if (!call.cluster.acls().allows(call, AclOperation::cluster_action, ResourceType::cluster,
                                    kClusterResource)) {
        response.error_code = code(KafkaError::cluster_authorization_failed);
        return response;
    }
    for (const Transaction& transaction : request.transactions) {
        auto& result = response.results_by_transaction.emplace_back();
        result.transactional_id = transaction.transactional_id;
        result.topic_results = results_of(add(call, transaction));
    }
    return response;
}

AddOffsetsToTxnResponse add_offsets_to_txn(Call& call, const AddOffsetsToTxnRequest& request) {
    AddOffsetsToTxnResponse response;
    response.error_code = code(for_version(add_offsets(call, request), call.version));
    return response;
}

}  // namespace lockstep::sandbox
