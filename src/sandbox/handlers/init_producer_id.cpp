// API        InitProducerId, versions 0 to 5
// Behaviour  Without a transactional id: a new producer id, from any broker. With one: its
//            coordinator gives the id's producer a new epoch, which fences earlier users, and
//            aborts what they left open (CONCURRENT_TRANSACTIONS until that is done); a producer
//            that says who it is gets its own next epoch (KIP-360).
// Gaps       No two-phase commit (KIP-939, version 6). All brokers hand out producer ids from one
//            sequence, not in blocks of 1000. Rights to write count only for topics that exist.

#include "protocol/messages/init_producer_id.h"
#include "sandbox/acls.h"
#include "sandbox/transaction_coordinator.h"

namespace lockstep::sandbox {

using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
using protocol::KafkaError;

namespace {

constexpr int16_t kFirstVersionWithFenced = 4;

/// WRITE on some topic is enough, as clients need no more to produce (KIP-679).
bool may_be_idempotent(const Call& call) {
    const Acls& acls = call.cluster.acls();
    if (acls.allows(call, AclOperation::idempotent_write, ResourceType::cluster,
                    kClusterResource)) {
        return true;
    }
    for (const auto& [name, topic] : call.cluster.topics()) {
        if (acls.allows(call, AclOperation::write, ResourceType::topic, name)) {
            return true;
        }
    }
    return false;
}

TransactionOutcome init(Call& call, const InitProducerIdRequest& request) {
    Cluster& cluster = call.cluster;
    if (request.transactional_id &&
        !cluster.acls().allows(call, AclOperation::write, ResourceType::transactional_id,
                               *request.transactional_id)) {
        return {KafkaError::transactional_id_authorization_failed, {}};
    }
    if (!request.transactional_id && !may_be_idempotent(call)) {
        return {KafkaError::cluster_authorization_failed, {}};
    }
    if ((request.producer_id == -1) != (request.producer_epoch == -1)) {
        return {KafkaError::invalid_request, {}};
    }
    if (!request.transactional_id) {
        return {KafkaError::none, {cluster.transactions().new_producer_id(), ProducerEpoch(0)}};
    }
    if (!cluster.transactions().is_served_by(*request.transactional_id, call.broker)) {
        return {KafkaError::not_coordinator, {}};
    }
    if (request.enable2_pc) {
        return {KafkaError::transactional_id_authorization_failed, {}};
    }
    if (request.keep_prepared_txn) {
        return {KafkaError::unsupported_version, {}};
    }
    std::optional<ProducerIdentity> known;
    if (request.producer_id != -1) {
        known = ProducerIdentity{ProducerId(request.producer_id),
                                 ProducerEpoch(request.producer_epoch)};
    }
    return cluster.transactions().init(*request.transactional_id, request.transaction_timeout_ms,
                                       known);
}

}  // namespace

InitProducerIdResponse init_producer_id(Call& call, const InitProducerIdRequest& request) {
    const TransactionOutcome outcome = init(call, request);
    const bool is_fenced_as_epoch =
        outcome.error == KafkaError::producer_fenced && call.version < kFirstVersionWithFenced;
    InitProducerIdResponse response;
    response.error_code =
        code(is_fenced_as_epoch ? KafkaError::invalid_producer_epoch : outcome.error);
    response.producer_id = outcome.producer.id.value();
    response.producer_epoch = outcome.producer.epoch.value();
    return response;
}

}  // namespace lockstep::sandbox
