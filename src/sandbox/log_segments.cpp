#include "sandbox/log_segments.h"

#include "base/assert.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace lockstep::sandbox {

using protocol::RecordBatchView;

namespace {

constexpr size_t kFirstSegmentBytes = 16 * 1024;
constexpr size_t kLargestSegmentBytes = 4 * 1024 * 1024;

RecordBatchView open(ByteView bytes) {
    auto view = RecordBatchView::open(bytes);
    LS_ASSERT(view.has_value());  // it was checked before it was appended
    return *view;
}

}  // namespace

void LogSegments::append(ByteView batch) {
    prepare(batch);
    commit();
}

MutableByteView LogSegments::prepare(ByteView batch) {
    const bool has_room =
        !segments_.empty() && segments_.back().capacity - segments_.back().used >= batch.size();
    next_ = has_room ? Segment() : make_segment(next_capacity(batch.size()));
    Segment& segment = has_room ? segments_.back() : next_;
    uint8_t* at = segment.bytes.get() + segment.used;
    std::memcpy(at, batch.data(), batch.size());
    prepared_bytes_ = batch.size();
    return {at, batch.size()};
}

void LogSegments::commit() {
    if (next_.capacity > 0) {
        segments_.push_back(std::exchange(next_, {}));
    }
    Segment& segment = segments_.back();
    const RecordBatchView view = open({segment.bytes.get() + segment.used, prepared_bytes_});
    segment.batches.push_back({view.base_offset(), view.last_offset(), segment.used,
                               prepared_bytes_, view.max_timestamp()});
    segment.used += prepared_bytes_;
}

BatchRange LogSegments::read(Offset from, Offset end, size_t max_bytes) const {
    const auto holds = [from](const Segment& one) {
        return one.batches.back().last_offset >= from;
    };
    const auto segment = std::ranges::find_if(segments_, holds);
    if (segment == segments_.end()) {
        return {};
    }
    size_t next = first_in(*segment, from);
    const BatchPlace& first = segment->batches[next];
    size_t size = 0;
    Offset next_offset(-1);
    for (; next < segment->batches.size(); ++next) {
        const BatchPlace& place = segment->batches[next];
        if (place.base_offset >= end || (size > 0 && size + place.size > max_bytes)) {
            break;
        }
        size += place.size;
        next_offset = place.next_offset();
    }
    return {{segment->bytes, segment->bytes.get() + first.at, size}, next_offset};
}

void LogSegments::forget_before(Offset offset) {
    while (segments_.size() > 1 && segments_.front().batches.back().last_offset < offset) {
        segments_.pop_front();
    }
}

void LogSegments::truncate(Offset offset) {
    while (!segments_.empty() && segments_.back().batches.front().last_offset >= offset) {
        segments_.pop_back();
    }
    if (segments_.empty() || segments_.back().batches.back().last_offset < offset) {
        return;
    }
    // What remains moves to a segment of its own: nobody may write over bytes that were handed out.
    const Segment cut = std::move(segments_.back());
    segments_.pop_back();
    for (const BatchPlace& place : cut.batches) {
        if (place.last_offset < offset) {
            append({cut.bytes.get() + place.at, place.size});
        }
    }
}

void LogSegments::replace(const std::vector<Bytes>& kept) {
    segments_.clear();
    for (const Bytes& batch : kept) {
        append(batch);
    }
}

size_t LogSegments::size_from(Offset from) const {
    size_t size = 0;
    for (const Segment& segment : segments_) {
        if (segment.batches.back().last_offset >= from) {
            size += segment.used - segment.batches[first_in(segment, from)].at;
        }
    }
    return size;
}

size_t LogSegments::first_in(const Segment& segment, Offset from) {
    const auto found =
        std::ranges::lower_bound(segment.batches, from, {}, &BatchPlace::last_offset);
    return static_cast<size_t>(found - segment.batches.begin());
}

RecordBatchView LogSegments::view_of(const Segment& segment, const BatchPlace& place) {
    return open({segment.bytes.get() + place.at, place.size});
}

size_t LogSegments::next_capacity(size_t at_least) const {
    const size_t last = segments_.empty() ? kFirstSegmentBytes / 2 : segments_.back().capacity;
    return std::max(at_least, std::min(last * 2, kLargestSegmentBytes));
}

LogSegments::Segment LogSegments::make_segment(size_t capacity) {
    return {std::make_shared_for_overwrite<uint8_t[]>(capacity), capacity, 0, {}};
}

}  // namespace lockstep::sandbox
