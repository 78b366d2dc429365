#pragma once

#include "protocol/messages/produce.h"
#include "sandbox/batch_rules.h"
#include "sandbox/call.h"
#include "sandbox/partition_log.h"
#include "sandbox/transaction_entry.h"

namespace lockstep::sandbox {

/// What a request says about the transaction that it writes in.
struct TransactionalWrite {
    std::string transactional_id;
    ProducerIdentity producer;
    TopicPartition partition;
    /// Versions of Produce and TxnOffsetCommit differ, so whoever asks says what they mean.
    bool adds_partition = false;   // KIP-890: nobody has announced it to the coordinator
    bool knows_abortable = false;  // the client understands `transaction_abortable`
};

/// Asks the coordinator as a partition's leader does before it appends (KIP-890); 2.8 does not ask.
/// Errors, as the clients expect them: `invalid_producer_id_mapping`, `invalid_producer_epoch`,
/// `invalid_txn_state`, `transaction_abortable`, `not_enough_replicas`, `concurrent_transactions`.
protocol::KafkaError ask_coordinator(Cluster& cluster, const TransactionalWrite& write);

/// Whether a Produce request may write into the transactions that its batches claim. Lives as long
/// as the request's handler.
class TransactionGuard {
public:
    TransactionGuard(const Call& call, const protocol::ProduceRequest& request);

    /// Of the partition's batch, before it is appended. Errors: those of ask_coordinator(),
    /// `transactional_id_authorization_failed`.
    Refusal judge(const TopicPartition& partition, const PartitionLog& log, ByteView records) const;

private:
    const Call& call_;
    std::string transactional_id_;
    protocol::KafkaError error_ = protocol::KafkaError::none;  // of all partitions
};

}  // namespace lockstep::sandbox
