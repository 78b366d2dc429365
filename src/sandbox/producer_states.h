#pragma once

#include "model/ids.h"
#include "protocol/kafka_error.h"
#include "protocol/record_batch.h"
#include "protocol/records.h"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::sandbox {

/// A transaction that was aborted, as Fetch answers tell consumers of it.
struct AbortedTransaction {
    ProducerId producer_id;
    Offset first_offset;
    Offset last_offset;  // its marker's
};

/// What a partition knows of one producer (ProducerStateEntry).
struct ProducerEntry {
    struct Appended {
        Sequence first;
        Sequence last;
        Offset base_offset;
        int64_t max_timestamp_ms = -1;  // a duplicate is answered with that, whatever the topic's
    };

    ProducerEpoch epoch{-1};
    std::deque<Appended> batches;  // the newest kRememberedBatches, of this epoch
    int32_t coordinator_epoch = -1;
    std::optional<Offset> transaction_start;  // while one is open
    int64_t last_timestamp_ms = -1;

    int32_t last_sequence() const { return batches.empty() ? -1 : batches.back().last.value(); }
};

/// A marker as a coordinator or WriteTxnMarkers writes it.
struct MarkerWrite {
    ProducerId producer_id;
    ProducerEpoch epoch;
    bool is_commit = false;
    int32_t coordinator_epoch = 0;
    /// From 2 on a transaction's marker has an epoch above the transaction's (KIP-890).
    int16_t transaction_version = 0;
};

/// Whether a batch may be appended.
struct ProducerVerdict {
    protocol::KafkaError error = protocol::KafkaError::none;
    std::string reason;
    /// It has been appended before: this is where.
    std::optional<ProducerEntry::Appended> duplicate_of;
};

/// PURE: the producers of one partition: sequences, epochs, the window of duplicates, transactions
/// (ProducerAppendInfo and ProducerStateManager of brokers, KIP-98). Owned by a PartitionLog.
class ProducerStates {
public:
    static constexpr size_t kRememberedBatches = 5;

    /// Of a client's batch in a Produce request of that version; those without a producer id may
    /// always be appended. Errors: `invalid_producer_epoch`, `out_of_order_sequence_number`,
    /// `invalid_txn_state`.
    ProducerVerdict judge(const protocol::RecordBatchView& batch, int16_t version) const;
    /// Errors: `invalid_producer_epoch`, `transaction_coordinator_fenced`.
    ProducerVerdict judge_marker(const MarkerWrite& marker) const;
    /// Whether this epoch of the producer has a transaction open here.
    bool has_open(ProducerId id, ProducerEpoch epoch) const;

    /// A batch that now is in the log, control batches included.
    void take(const protocol::RecordBatchView& batch);

    /// Forgets who has written nothing since, and has no transaction open.
    void expire_before(int64_t timestamp_ms);
    void clear();

    /// The first offset of the oldest transaction that is open.
    std::optional<Offset> first_open() const;
    /// Those with records in [from, end), the oldest first.
    std::vector<AbortedTransaction> aborted_between(Offset from, Offset end) const;
    void forget_aborted_before(Offset offset);

    const std::map<ProducerId, ProducerEntry>& entries() const { return entries_; }

private:
    void take_marker(const protocol::RecordBatchView& batch);

    std::map<ProducerId, ProducerEntry> entries_;
    std::vector<AbortedTransaction> aborted_;  // by last offset
};

}  // namespace lockstep::sandbox
