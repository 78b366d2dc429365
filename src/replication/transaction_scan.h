#pragma once

// PURE: what the headers of a partition's batches tell of its transactions.

#include "protocol/record_batch.h"
#include "protocol/records.h"

#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

namespace lockstep::replication {

constexpr int64_t kBeforeAllTime = std::numeric_limits<int64_t>::min();
constexpr int64_t kAfterAllTime = std::numeric_limits<int64_t>::max();

/// By how much the clocks of the source's brokers may differ.
constexpr int64_t kClockSlackMs = 10'000;

/// Stamps come from a log, and a damaged one may have any: nothing is before all time.
constexpr int64_t earlier_by(int64_t milliseconds, int64_t stamp_ms) {
    return stamp_ms < kBeforeAllTime + milliseconds ? kBeforeAllTime : stamp_ms - milliseconds;
}

/// One transaction in one partition, from its first record to its marker.
struct ScannedTransaction {
    enum class End { open, committed, aborted };
    enum class Records {
        seen,
        none,    // only a marker: written a second time, or its records were compacted away
        unseen,  // they lie before the scan's begin, if there are any
    };
    ProducerId producer_id;
    ProducerEpoch epoch;         // of the records; -1 where none were seen
    ProducerEpoch marker_epoch;  // -1 while it is open
    End end = End::open;
    Records records = Records::seen;
    Offset first;  // of the records
    Offset last;
    Offset marker;
    bool is_start_known = false;        // `first` is the first, there are none before the scan
    bool begins_epoch = false;          // nor are there any of that epoch
    int64_t stamp_ms = kBeforeAllTime;  // of the marker: the broker's clock when it was made
    int64_t after_ms = kBeforeAllTime;  // the newest stamp of all markers before `last`
};

/// What was found between two offsets.
struct PartitionScan {
    Offset from;
    Offset end;
    bool is_from_log_start = false;
    /// All markers that are stamped then or later are within the scan.
    int64_t since_ms = kAfterAllTime;
    /// From here on no offset is missing: compaction has taken nothing away.
    Offset dense_from;
    std::vector<ScannedTransaction> transactions;  // by their markers; open ones last
};

/// Is shown all batches from `from` to `end`, in order, and keeps what is to be known of
/// transactions: some 100 bytes for each.
class TransactionScanner {
public:
    TransactionScanner(Offset from, Offset end, bool is_from_log_start);

    /// Errors: `malformed`, for a control batch without a readable marker.
    Result<void> take(const protocol::RecordBatchView& batch);

    PartitionScan finish() &&;

private:
    struct Producer {
        bool is_open = false;
        bool was_seen = false;  // a marker of it
        ScannedTransaction transaction;
    };

    void take_records(const protocol::RecordBatchView& batch);
    Result<void> take_marker(const protocol::RecordBatchView& batch);
    void note_holes(const protocol::RecordBatchView& batch);

    PartitionScan scan_;
    Offset next_;
    bool is_begun_ = false;
    int64_t newest_stamp_ms_ = kBeforeAllTime;
    std::unordered_map<ProducerId, Producer> producers_;
};

}  // namespace lockstep::replication
