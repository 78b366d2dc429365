#pragma once

#include "sandbox/batch_rules.h"
#include "sandbox/log_segments.h"
#include "sandbox/producer_states.h"
#include "sandbox/storage.h"

#include <optional>
#include <vector>

namespace lockstep::sandbox {

/// What became of records that were to be appended.
struct Appended {
    Refusal refusal;
    Offset base_offset{-1};
    int64_t log_append_time_ms = -1;
    bool is_duplicate = false;
};

/// From which offset on a leader epoch wrote.
struct EpochStart {
    LeaderEpoch epoch;
    Offset start;

    bool operator==(const EpochStart&) const = default;
};

/// A place that was found by time.
struct TimedOffset {
    Offset offset;
    int64_t timestamp_ms = -1;
};

/// PURE: one partition's log as its leader keeps it (UnifiedLog). Every replica that is in sync has
/// all of it, so the high watermark is its end; or less, while the end is not on the disk that it
/// is to be on. Owned by a Partition.
///
///     start_offset        first_unstable (LSO)      end_offset = high watermark
///          |  decided data         |  open transactions     |
class PartitionLog {
public:
    /// What a client sends. Checks everything, then appends.
    Appended append(ByteView records, const LogConfig& config, int64_t now_ms, int16_t version);
    /// One control batch. Errors: `message_too_large`, those of ProducerStates::judge_marker().
    /// `kafka_storage_error` in both: the storage did not take it, and it is not appended.
    Appended append_marker(const MarkerWrite& marker, const LogConfig& config, int64_t now_ms);

    Offset start_offset() const { return start_offset_; }
    Offset end_offset() const { return end_offset_; }
    Offset high_watermark() const {
        return storage_ ? std::min(end_offset_, storage_->safe_end()) : end_offset_;
    }
    Offset last_stable_offset() const {
        const Offset end = high_watermark();
        return std::min(producers_.first_open().value_or(end), end);
    }

    /// Whole batches of [from, end), as LogSegments::read.
    BatchRange read(Offset from, Offset end, size_t max_bytes) const;
    /// For trying clients: from now on one bit of what is read is another one than was written, in
    /// each batch and at this place of its records. Nothing: all is as it was.
    void damage_reads(std::optional<uint64_t> place) { damaged_place_ = place; }
    std::vector<AbortedTransaction> aborted_between(Offset from, Offset end) const {
        return producers_.aborted_between(from, end);
    }

    /// The first record at or after `timestamp_ms`; nothing where there is none.
    std::optional<TimedOffset> find_time(int64_t timestamp_ms) const;
    /// The first of the records with the largest timestamp.
    std::optional<TimedOffset> largest_time() const;

    /// Raises the start (DeleteRecords, retention). At most to the high watermark.
    void delete_before(Offset offset);
    /// retention.ms and retention.bytes, which take whole batches from the front, as brokers take
    /// segments: never so many that less than retention.bytes stays.
    void apply_retention(const LogConfig& config, int64_t now_ms);
    /// Keeps only the newest record of each key; offsets stay, batches get holes. Tombstones stay
    /// for delete.retention.ms after the first time. Control batches and batches with open
    /// transactions stay as they are.
    void compact(const LogConfig& config, int64_t now_ms);
    /// An unclean election: everything from `offset` on was never there. Producers are told anew
    /// from what remains.
    void truncate(Offset offset);

    /// A new leader, from now on.
    void begin_epoch(LeaderEpoch epoch);
    LeaderEpoch epoch() const { return epoch_; }
    const std::vector<EpochStart>& epochs() const { return epochs_; }
    /// The largest epoch at or below `asked`, and where it ended (LeaderEpochFileCache).
    std::optional<EpochStart> end_of_epoch(LeaderEpoch asked) const;
    LeaderEpoch epoch_at(Offset offset) const;

    const ProducerStates& producers() const { return producers_; }
    void expire_producers_before(int64_t timestamp_ms) { producers_.expire_before(timestamp_ms); }
    /// As brokers do after DeleteRecords and restarts, on command.
    void forget_producers() { producers_.clear(); }

    /// What is appended from now on is kept there, too.
    void keep_in(std::shared_ptr<LogStorage> storage) { storage_ = std::move(storage); }
    /// The storage has lost some of it: nobody is to read or write it.
    bool is_damaged() const { return storage_ && storage_->is_damaged(); }
    /// Nobody needs the storage to keep what is before the start.
    void trim_storage();
    /// A batch that the storage has kept, in order, into a log that is being read back.
    void take_stored(ByteView batch);
    /// All batches are back: the start as it was, and a new epoch above all that wrote.
    void end_restore(Offset start, LeaderEpoch last_epoch);

    const LogSegments& segments() const { return segments_; }
    /// Of the batches from the start on; what is before it may still be in memory.
    size_t size_bytes() const { return segments_.size_from(start_offset_); }

private:
    Refusal keep(MutableByteView batch);
    void rebuild_producers();

    std::shared_ptr<LogStorage> storage_;  // null: memory only
    LogSegments segments_;
    ProducerStates producers_;
    Offset start_offset_{0};
    Offset end_offset_{0};
    LeaderEpoch epoch_{0};
    std::optional<uint64_t> damaged_place_;
    std::vector<EpochStart> epochs_;  // those that wrote, and the present one
};

}  // namespace lockstep::sandbox
