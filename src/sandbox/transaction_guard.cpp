#include "sandbox/transaction_guard.h"

#include "protocol/record_batch.h"
#include "sandbox/acls.h"
#include "sandbox/transaction_coordinator.h"

#include <optional>

namespace lockstep::sandbox {

using protocol::KafkaError;
using protocol::ProduceRequest;
using protocol::RecordBatchView;

namespace {

constexpr int16_t kFirstProduceWithAbortable = 11;
constexpr int16_t kFirstProduceThatAdds = 12;

/// The first batch where it belongs to a transaction; what is malformed is refused later.
std::optional<RecordBatchView> transactional_batch(ByteView records) {
    const auto batch = protocol::next_batch(records);
    if (batch.has_error() || !batch->has_value() || !(*batch)->is_transactional()) {
        return std::nullopt;
    }
    return **batch;
}

/// Clients of each age get only errors that they can handle.
KafkaError translated(KafkaError error, const TransactionalWrite& write) {
    switch (error) {
        case KafkaError::producer_fenced: return KafkaError::invalid_producer_epoch;
        case KafkaError::transaction_abortable:
            return write.knows_abortable ? error : KafkaError::invalid_txn_state;
        case KafkaError::concurrent_transactions:
            return write.adds_partition ? error : KafkaError::not_enough_replicas;
        default: return error;
    }
}

}  // namespace

KafkaError ask_coordinator(Cluster& cluster, const TransactionalWrite& write) {
    const bool is_verified =
        cluster.options().version != KafkaVersion::v2_8 &&
        cluster.broker_config("transaction.partition.verification.enable") != "false";
    if (!write.adds_partition && !is_verified) {
        return KafkaError::none;
    }
    if (cluster.coordinator_of(write.transactional_id) == kNoBroker) {
        return KafkaError::not_enough_replicas;  // what clients retry without new metadata
    }
    TransactionCoordinator& coordinator = cluster.transactions();
    const KafkaError error =
        write.adds_partition
            ? coordinator.add(write.transactional_id, write.producer, {write.partition},
                              TransactionEntry::kFirstVersionWithEpochs)
            : coordinator.verify(write.transactional_id, write.producer, write.partition);
    return translated(error, write);
}

TransactionGuard::TransactionGuard(const Call& call, const ProduceRequest& request)
    : call_(call), transactional_id_(request.transactional_id.value_or("")) {
    std::optional<ProducerIdentity> writer;
    for (const auto& topic : request.topic_data) {
        for (const auto& data : topic.partition_data) {
            const auto batch = transactional_batch(data.records.view());
            if (!batch) {
                continue;
            }
            const ProducerIdentity producer{batch->producer_id(), batch->producer_epoch()};
            if (writer && *writer != producer) {
                error_ = KafkaError::invalid_producer_id_mapping;
            }
            writer = producer;
        }
    }
    const bool is_allowed =
        request.transactional_id &&
        call.cluster.acls().allows(call, AclOperation::write, ResourceType::transactional_id,
                                   transactional_id_);
    if (writer && !is_allowed) {
        error_ = KafkaError::transactional_id_authorization_failed;
    }
}

Refusal TransactionGuard::judge(const TopicPartition& partition, const PartitionLog& log,
                                ByteView records) const {
    if (error_ != KafkaError::none) {
        return {error_, "the request's transaction is refused", {}};
    }
    const auto batch = transactional_batch(records);
    if (!batch || log.producers().has_open(batch->producer_id(), batch->producer_epoch())) {
        return {};
    }
    const auto& known = log.producers().entries();
    const auto entry = known.find(batch->producer_id());
    // Before 4.0 an open transaction of any epoch is enough.
    if (call_.cluster.options().version == KafkaVersion::v3_9 && entry != known.end() &&
        entry->second.transaction_start) {
        return {};
    }
    if (entry != known.end() && batch->producer_epoch() < entry->second.epoch) {
        return {KafkaError::invalid_producer_epoch, "a newer epoch of the producer wrote here", {}};
    }
    const KafkaError error =
        ask_coordinator(call_.cluster, {transactional_id_,
                                        {batch->producer_id(), batch->producer_epoch()},
                                        partition,
                                        call_.version >= kFirstProduceThatAdds,
                                        call_.version >= kFirstProduceWithAbortable});
    if (error == KafkaError::none) {
        return {};
    }
    return {error, "the partition is not in an open transaction of this producer", {}};
}

}  // namespace lockstep::sandbox
