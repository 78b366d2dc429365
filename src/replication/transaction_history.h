#pragma once

// PURE: which transactions were committed, in the words of the source's transaction coordinators.

#include "model/ids.h"
#include "protocol/record_batch.h"
#include "protocol/transaction_log.h"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace lockstep::replication {

/// A transaction that was decided to be committed, and in which partitions.
struct LoggedCommit {
    ProducerId producer_id;
    ProducerEpoch epoch;
    size_t log = 0;                    // partition of the coordinators' topic
    Offset prepared;                   // in that log: none of its markers was written before this
    Offset completed = kNotCompleted;  // all of its markers were written before this
    int64_t prepared_ms = 0;
    std::vector<size_t> partitions;  // of the link, as numbered by the caller

    static constexpr Offset kNotCompleted{INT64_MAX};
};

/// What was read of the coordinators' logs. Of what was committed with a producer epoch of its own
/// (KIP-890) nothing is kept: its markers need no explanation.
struct TransactionHistory {
    /// By producer, in the order in which they were committed.
    std::map<ProducerId, std::deque<LoggedCommit>> commits;
    /// By log: everything from here on was read, without a hole that compaction has made.
    std::vector<Offset> complete_from;
    /// By producer: where a transaction is completed that was prepared before what was read.
    std::map<ProducerId, Offset> unexplained;
};

/// Is shown the batches of each log, in order from an offset on.
class TransactionHistoryReader {
public:
    using PartitionNumbers = std::map<TopicPartition, size_t>;

    /// `partitions`: those of the link; must outlive the reader.
    TransactionHistoryReader(const PartitionNumbers& partitions, size_t logs)
        : partitions_(partitions) {
        history_.complete_from.resize(logs);
    }

    void begin(size_t log, Offset from);

    /// Errors: `malformed`, `unsupported`, those of decompression.
    Result<void> take(const protocol::RecordBatchView& batch);

    TransactionHistory finish() &&;

private:
    void forget_before(Offset hole);
    void keep_log();
    void take_state(const protocol::TransactionState& state, Offset offset);
    void prepare(const protocol::TransactionState& state, Offset offset);
    void complete(const protocol::TransactionState& state, Offset offset);

    const PartitionNumbers& partitions_;
    TransactionHistory history_;
    // Of the log that is being read:
    size_t log_ = 0;
    Offset next_;
    TransactionHistory found_;
    std::map<std::string, LoggedCommit*> pending_;  // by transactional id; null: not kept
};

}  // namespace lockstep::replication
