#pragma once

#include "model/ids.h"
#include "protocol/kafka_error.h"
#include "protocol/transaction_log.h"

#include <optional>
#include <set>
#include <string_view>

namespace lockstep::sandbox {

struct ProducerIdentity {
    ProducerId id{-1};
    ProducerEpoch epoch{-1};

    bool operator==(const ProducerIdentity&) const = default;
};

/// How a transaction is to end.
struct TransactionEnd {
    bool is_commit = false;
    /// From 2 on the epoch rises with the end (KIP-890).
    int16_t transaction_version = 0;
};

/// Whether a transaction may end now.
struct EndVerdict {
    protocol::KafkaError error = protocol::KafkaError::none;
    /// It ended before: the answer got lost.
    bool is_done = false;
};

/// "PrepareCommit", as DescribeTransactions and ListTransactions write it.
std::string_view name_of(protocol::TransactionStatus status);
std::optional<protocol::TransactionStatus> status_named(std::string_view name);

/// PURE: a transactional id's producer and transaction, as its coordinator knows them
/// (TransactionMetadata). Owned by a TransactionCoordinator.
///
///     Empty ---add---> Ongoing ---end---> PrepareCommit ---markers---> CompleteCommit --+
///       ^                 ^  +--fence,--> PrepareAbort  ---markers---> CompleteAbort ---+
///       |                 |     timeout                                                 |
///       +---------init----+---------------------------add-------------------------------+
struct TransactionEntry {
    /// The last epoch that clients may use; above it is only what fences them.
    static constexpr int16_t kLastEpoch = 0x7ffe;
    static constexpr int16_t kFirstVersionWithEpochs = 2;

    ProducerIdentity producer;
    ProducerId previous_id{-1};    // the producer id before the newest change
    ProducerId next_id{-1};        // replaces one whose epochs are used up, at completion
    ProducerEpoch last_epoch{-1};  // the one before, from which the producer itself rose
    int32_t timeout_ms = 0;
    protocol::TransactionStatus status = protocol::TransactionStatus::empty;
    std::set<TopicPartition> partitions;
    int64_t started_ms = -1;
    int64_t updated_ms = -1;
    int16_t transaction_version = 0;

    bool is_ongoing() const { return status == protocol::TransactionStatus::ongoing; }
    bool is_ending() const;
    bool is_exhausted() const { return producer.epoch.value() >= kLastEpoch; }
    bool is_timed_out(int64_t now_ms) const {
        return is_ongoing() && started_ms + timeout_ms < now_ms;
    }

    /// Errors: `producer_fenced`, `concurrent_transactions`. `known` is who asks, by his own word
    /// (KIP-360).
    protocol::KafkaError judge_init(const std::optional<ProducerIdentity>& known) const;
    /// Errors: `invalid_producer_id_mapping`, `producer_fenced`, `concurrent_transactions`.
    protocol::KafkaError judge_producer(const ProducerIdentity& claimed) const;
    /// Errors: those of judge_producer(), `invalid_txn_state`.
    EndVerdict judge_end(const ProducerIdentity& claimed, const TransactionEnd& end) const;

    /// A new epoch for a producer that begins. Errors: `producer_fenced`, or
    /// `unknown_server_error` where no epoch is left.
    protocol::KafkaError raise_epoch(const std::optional<ProducerIdentity>& known);
    /// The same, with a new producer id.
    void rotate(ProducerId fresh, bool keeps_last_epoch);
    void add(const std::set<TopicPartition>& added, int16_t version, int64_t now_ms);
    /// To Prepare...; where `fresh` is a producer id, it will be the next one's.
    void prepare(const TransactionEnd& end, ProducerId fresh, int64_t now_ms);
    /// To PrepareAbort, with an epoch that no producer has.
    void fence(int16_t version, int64_t now_ms);
    /// To Complete...
    void complete(int64_t now_ms);

private:
    protocol::KafkaError judge_epoch_at_end(const ProducerIdentity& claimed) const;
    bool is_retry(const ProducerIdentity& claimed) const;
    void reset();
};

}  // namespace lockstep::sandbox
