#pragma once

#include "client/admin.h"
#include "protocol/records.h"
#include "replication/aborted_transactions.h"
#include "replication/read_rate.h"

#include <functional>
#include <optional>

namespace lockstep::replication {

/// A record as every consumer sees it; views of the cursor's batch.
struct SeenRecord {
    Offset offset;
    std::optional<Offset> place;  // by which it is compared; nothing where it has none
    int64_t timestamp_ms = 0;
    bool is_append_time = false;  // the broker's, not the producer's
    protocol::Record content;
};

/// How one side of a comparison is seen.
struct CursorView {
    std::function<bool(const protocol::RecordBatchView&)> sees;  // what is not seen is passed over
    std::function<std::optional<Offset>(Offset)> place_of;       // the same on both sides
};

/// Goes through the visible records of one partition, as a read_committed consumer: from `from` to
/// before `end`, batch by batch or record by record. Independent of the copying: it reads what the
/// broker gives to anyone.
///
///     load() -> whole_batch() -> skip_batch()            a batch that need not be unpacked
///            `-> unpack() -> record() -> skip_record()   else
class LogCursor {
public:
    /// Fetches no faster than `rate`, where there is one; it outlives the cursor.
    LogCursor(client::Cluster& cluster, client::LogPlace from, Offset end,
              ReadRate* rate = nullptr);

    /// Without it everything is seen, and a record's place is its offset.
    void see(CursorView view) { view_ = std::move(view); }

    /// What has been fetched from `from` on already. Where it reaches to `end`, nothing is fetched.
    void give(client::FetchedLog fetched);

    runtime::EventLoop& loop() const { return cluster_.runtime().loop; }

    bool has_batch() const { return batch_.has_value(); }

    /// Sees to it that a batch or a record is at hand; false where there is none any more. Errors:
    /// those of the fetch, `malformed`, `checksum_mismatch`.
    runtime::Task<Result<bool>> load(std::stop_token stop);

    /// The batch at hand, if all of it is within the range and nothing of it has been passed; else
    /// null.
    const protocol::RecordBatchView* whole_batch() const;

    /// Of the batch at hand: of its first offset.
    std::optional<Offset> batch_place() const { return place_of(batch_->base_offset()); }

    /// Puts the batch's next record at hand; false where it has none left: load() again then.
    Result<bool> unpack();
    bool has_record() const { return record_.has_value(); }
    const SeenRecord& record() const { return *record_; }

    /// Whether all before `end` has been looked at. Where load() is false without it, the broker
    /// did not show the rest.
    bool has_reached_end() const { return next_.offset >= end_; }

    /// Up to where it has been looked at: behind the batch at hand.
    Offset looked_to() const { return next_.offset; }

    void skip_batch();
    void skip_record() { record_.reset(); }

private:
    runtime::Task<Result<bool>> fetch(std::stop_token stop);
    Result<bool> open_next_batch();

    runtime::Task<void> wait_for_turn(std::stop_token stop);

    std::optional<Offset> place_of(Offset offset) const {
        return view_ ? view_->place_of(offset) : offset;
    }

    client::Cluster& cluster_;
    ReadRate* rate_;
    std::optional<CursorView> view_;
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

/// PURE: the offset behind the last whole batch of `records`; `from` where that is not beyond it.
Result<Offset> end_of_batches(ByteView records, Offset from);

}  // namespace lockstep::replication
