#pragma once

#include "sandbox/cluster.h"
#include "sandbox/transaction_entry.h"
#include "sandbox/transaction_state_log.h"

namespace lockstep::sandbox {

/// The answer to InitProducerId and EndTxn.
struct TransactionOutcome {
    protocol::KafkaError error = protocol::KafkaError::none;
    ProducerIdentity producer;  // whom the client is from now on; none with an error
};

/// Producer ids and the transactions of all transactional ids (TransactionCoordinator of brokers,
/// KIP-98, KIP-360, KIP-890). Owned by a Cluster and shared by its brokers: which of them answers
/// for an id (Cluster::coordinator_of) is looked at by the handlers.
///
/// Markers are written at once where a partition's leader can take them. For the others the
/// transaction stays in Prepare..., and a timer tries again. A marker that is larger than
/// max.message.bytes is an error that brokers do not expect: their transaction stays as it is until
/// another coordinator takes over, whatever becomes of the setting.
class TransactionCoordinator {
public:
    explicit TransactionCoordinator(Cluster& cluster);
    TransactionCoordinator(const TransactionCoordinator&) = delete;
    TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;
    ~TransactionCoordinator();

    /// Whether this broker answers for the id. Without an id any does: it refuses.
    bool is_served_by(const std::string& transactional_id, BrokerId broker) const {
        return transactional_id.empty() || cluster_.coordinator_of(transactional_id) == broker;
    }

    ProducerId new_producer_id();
    /// The one that nobody has yet.
    int64_t next_producer_id() const { return next_producer_id_; }

    // For who brings back what was saved; resume() comes last.
    void restore_next_producer_id(int64_t id) { next_producer_id_ = id; }
    void restore(const std::string& transactional_id, TransactionEntry entry);
    void resume() { arm(); }

    /// InitProducerId with a transactional id; `known` is what the client has been so far
    /// (KIP-360). Errors: `invalid_request`, `invalid_transaction_timeout`,
    /// `concurrent_transactions` (also where it has just aborted the open transaction),
    /// `producer_fenced`.
    TransactionOutcome init(const std::string& transactional_id, int32_t timeout_ms,
                            const std::optional<ProducerIdentity>& known);

    /// Adds partitions to the transaction, which begins with the first. Errors: `invalid_request`,
    /// `invalid_producer_id_mapping`, `producer_fenced`, `concurrent_transactions`.
    protocol::KafkaError add(const std::string& transactional_id, const ProducerIdentity& producer,
                             const std::set<TopicPartition>& partitions, int16_t version);
    /// Whether the partition is in the transaction. Errors: those of add(),
    /// `transaction_abortable` where it is not.
    protocol::KafkaError verify(const std::string& transactional_id,
                                const ProducerIdentity& producer,
                                const TopicPartition& partition) const;

    /// EndTxn. Errors: `invalid_request`, `invalid_producer_id_mapping`, `producer_fenced`,
    /// `concurrent_transactions`, `invalid_txn_state`.
    TransactionOutcome end(const std::string& transactional_id, const ProducerIdentity& producer,
                           const TransactionEnd& end);

    const TransactionEntry* find(const std::string& transactional_id) const;
    const std::map<std::string, TransactionEntry>& entries() const { return entries_; }

    /// Where a group's offsets are, as part of a transaction.
    TopicPartition offsets_partition(const std::string& group) const;
    /// transaction.version, by which the coordinator itself ends transactions.
    int16_t own_version() const;

    /// What has to be done with time: transactions that time out, markers that could not be
    /// written, transactional ids that nobody uses.
    void clean_up();

private:
    enum class MarkerFate { written, retried, given_up };

    void end_overdue();
    void forget_unused();
    void fence(const std::string& transactional_id, TransactionEntry& entry);
    void prepare(const std::string& transactional_id, const TransactionEnd& end);
    void write_markers(const std::string& transactional_id, TransactionEntry& entry);
    MarkerFate write_marker(const TopicPartition& id, const MarkerWrite& marker);
    bool is_stuck(const std::string& transactional_id);
    void arm();
    void disarm();

    Cluster& cluster_;
    TransactionStateLog log_;
    int64_t next_producer_id_ = 0;
    std::map<std::string, TransactionEntry> entries_;
    std::set<std::string> active_;          // those that are Ongoing or Prepare...
    std::map<std::string, int32_t> stuck_;  // and the coordinator's epoch that gave their end up
    std::optional<runtime::EventLoop::TimerId> timer_;
};

}  // namespace lockstep::sandbox
