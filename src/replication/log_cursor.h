#pragma once

#include "client/admin.h"
#include "protocol/records.h"
#include "replication/aborted_transactions.h"

#include <optional>

namespace lockstep::replication {

/// A record as every consumer sees it; views of the cursor's batch.
struct SeenRecord {
    Offset offset;
    int64_t timestamp_ms = 0;
    protocol::Record content;
};

/// Goes through the visible records of one partition, as a read_committed consumer: from `from` to
/// before `end`, batch by batch or record by record. Independent of the copying: it reads what the
/// broker gives to anyone.
///
///     load() -> whole_batch() -> skip_batch()            a batch that need not be unpacked
///            `-> unpack() -> record() -> skip_record()   else
class LogCursor {
public:
    LogCursor(client::Cluster& cluster, client::LogPlace from, Offset end);

    /// Sees to it that a batch or a record is at hand; false where there is none any more. Errors:
    /// those of the fetch, `malformed`, `checksum_mismatch`.
    runtime::Task<Result<bool>> load(std::stop_token stop);

    /// The batch at hand, if all of it is within the range and nothing of it has been passed; else
    /// null.
    const protocol::RecordBatchView* whole_batch() const;

    /// Puts the batch's next record at hand; false where it has none left: load() again then.
    Result<bool> unpack();
    bool has_record() const { return record_.has_value(); }
    const SeenRecord& record() const { return *record_; }

    void skip_batch();
    void skip_record() { record_.reset(); }

private:
    runtime::Task<Result<bool>> fetch(std::stop_token stop);
    Result<bool> open_next_batch();

    client::Cluster& cluster_;
    client::LogPlace next_;  // of the next fetch
    Offset begin_;           // of what is to be seen
    Offset end_;
    client::FetchedLog fetched_;
    ByteView rest_;  // of what was fetched
    AbortedTransactions aborted_{std::nullopt};
    std::optional<protocol::RecordBatchView> batch_;
    std::optional<protocol::RecordReader> reader_;
    std::optional<SeenRecord> record_;
};

}  // namespace lockstep::replication
