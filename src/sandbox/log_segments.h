#pragma once

#include "base/buffer.h"
#include "model/ids.h"
#include "protocol/record_batch.h"

#include <deque>
#include <vector>

namespace lockstep::sandbox {

/// Where a batch is, and what is asked of it often.
struct BatchPlace {
    Offset base_offset;
    Offset last_offset;
    size_t at = 0;  // in its segment
    size_t size = 0;
    int64_t max_timestamp_ms = 0;

    Offset next_offset() const { return last_offset + 1; }
};

/// Batches that lie one behind the other; empty where there are none.
struct BatchRange {
    Slice bytes;
    Offset next_offset{-1};  // behind the last one
};

/// PURE: the bytes of one log, and where its batches are. Bytes that were handed out stay as they
/// are: what is appended comes behind them, and what is cut off leaves its segment.
///
/// Memory: segments of 16 KiB at first, each twice as large as the last, up to 4 MiB; larger where
/// one batch needs more. Owned by a PartitionLog.
class LogSegments {
public:
    /// Appends a whole batch, whose header says its offsets; they must be behind what is here.
    void append(ByteView batch);
    /// The same in two steps, for who has to change something: a copy of the batch, behind what is
    /// there. It counts once it is committed; till then nothing else may be appended.
    MutableByteView prepare(ByteView batch);
    void commit();

    /// Whole batches from the one that holds `from` (or is the next behind it), all from one
    /// segment, at least one, and no more than `max_bytes` if there is more than one. Only batches
    /// that begin before `end`. Empty where there is none.
    BatchRange read(Offset from, Offset end, size_t max_bytes) const;

    /// Forgets the segments, the newest excepted, of which every batch ends before `offset`.
    void forget_before(Offset offset);
    /// Takes away every batch that ends at or behind `offset`; one that holds it goes as a whole.
    void truncate(Offset offset);
    /// Everything anew: the batches of `kept`, in order.
    void replace(const std::vector<Bytes>& kept);
    void clear() { segments_.clear(); }

    bool is_empty() const { return segments_.empty(); }
    /// Of the batches that end at or behind `from`.
    size_t size_from(Offset from) const;

    /// Calls `visit(place, view)` for each batch that ends at or behind `from`, in order, until it
    /// returns false.
    template <typename Visit>
    void for_each(Offset from, Visit visit) const {
        for (const Segment& segment : segments_) {
            if (segment.batches.back().last_offset < from) {
                continue;
            }
            for (size_t i = first_in(segment, from); i < segment.batches.size(); ++i) {
                const BatchPlace& place = segment.batches[i];
                if (!visit(place, view_of(segment, place))) {
                    return;
                }
            }
        }
    }

private:
    struct Segment {
        std::shared_ptr<uint8_t[]> bytes;
        size_t capacity = 0;
        size_t used = 0;
        std::vector<BatchPlace> batches;  // never empty
    };

    static size_t first_in(const Segment& segment, Offset from);
    static protocol::RecordBatchView view_of(const Segment& segment, const BatchPlace& place);
    static Segment make_segment(size_t capacity);
    size_t next_capacity(size_t at_least) const;

    std::deque<Segment> segments_;
    Segment next_;  // where what is prepared needs a new one
    size_t prepared_bytes_ = 0;
};

}  // namespace lockstep::sandbox
