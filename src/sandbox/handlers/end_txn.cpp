// API        EndTxn, versions 0 to 5
// Behaviour  Commits or aborts: markers go into all partitions of the transaction. From version 5
//            on the answer carries the producer's next epoch, or its next producer id (KIP-890).
// Gaps       none

#include "protocol/messages/end_txn.h"
#include "sandbox/acls.h"
#include "sandbox/transaction_coordinator.h"

namespace lockstep::sandbox {

using protocol::EndTxnRequest;
using protocol::EndTxnResponse;
using protocol::KafkaError;

namespace {

constexpr int16_t kFirstVersionWithFenced = 2;
constexpr int16_t kFirstVersionWithEpochs = 5;

TransactionOutcome end(Call& call, const EndTxnRequest& request) {
    const std::string& id = request.transactional_id;
    if (!call.cluster.acls().allows(call, AclOperation::write, ResourceType::transactional_id,
                                    id)) {
        return {KafkaError::transactional_id_authorization_failed, {}};
    }
    if (!call.cluster.transactions().is_served_by(id, call.broker)) {
        return {KafkaError::not_coordinator, {}};
    }
    TransactionEnd end;
    end.is_commit = request.committed;
    end.transaction_version = call.version >= kFirstVersionWithEpochs
                                  ? TransactionEntry::kFirstVersionWithEpochs
                                  : int16_t{0};
    return call.cluster.transactions().end(
        id, {ProducerId(request.producer_id), ProducerEpoch(request.producer_epoch)}, end);
}

}  // namespace

EndTxnResponse end_txn(Call& call, const EndTxnRequest& request) {
    const TransactionOutcome outcome = end(call, request);
    const bool is_fenced_as_epoch =
        outcome.error == KafkaError::producer_fenced && call.version < kFirstVersionWithFenced;
    EndTxnResponse response;
    response.error_code =
        code(is_fenced_as_epoch ? KafkaError::invalid_producer_epoch : outcome.error);
    if (call.version >= kFirstVersionWithEpochs) {
        response.producer_id = outcome.producer.id.value();
        response.producer_epoch = outcome.producer.epoch.value();
    }
    return response;
}

}  // namespace lockstep::sandbox
