#include "replication/stream_map.h"

#include <algorithm>

namespace lockstep::replication {

void RunList::add(OffsetRun run) {
    if (offset_of(run.first) == run.offset && !runs_.empty() && runs_.back().first <= run.first) {
        return;
    }
    while (!runs_.empty() && runs_.back().first >= run.first) {
        runs_.pop_back();
    }
    if (runs_.empty() || offset_of(run.first) != run.offset) {
        runs_.push_back(run);
    }
}

void RunList::cut_behind(Ordinal record) {
    while (!runs_.empty() && runs_.back().first > record) {
        runs_.pop_back();
    }
}

std::optional<Offset> RunList::offset_of(Ordinal record) const {
    const auto behind = std::ranges::upper_bound(runs_, record, {}, &OffsetRun::first);
    if (behind == runs_.begin()) {
        return std::nullopt;
    }
    const OffsetRun& run = *std::prev(behind);
    return run.offset + (record - run.first);
}

std::optional<Ordinal> RunList::first_at(Offset offset) const {
    if (runs_.empty()) {
        return std::nullopt;
    }
    const auto behind = std::ranges::upper_bound(runs_, offset, {}, &OffsetRun::offset);
    if (behind == runs_.begin()) {
        return runs_.front().first;
    }
    const OffsetRun& run = *std::prev(behind);
    const Ordinal record = run.first + (offset - run.offset);
    return behind == runs_.end() ? record : std::min(record, behind->first);
}

void RunList::forget_before(Offset offset) {
    const auto behind = std::ranges::upper_bound(runs_, offset, {}, &OffsetRun::offset);
    auto ended = static_cast<size_t>(std::max<std::ptrdiff_t>(behind - runs_.begin() - 1, 0));
    ended -= ended % kChunk;  // the stored chunks stay what they are
    runs_.erase(runs_.begin(), runs_.begin() + static_cast<std::ptrdiff_t>(ended));
    forgotten_ += ended;
}

std::span<const OffsetRun> RunList::chunk(size_t index) const {
    const size_t end = forgotten_ + runs_.size();
    const size_t from = std::clamp(index * kChunk, forgotten_, end);
    const size_t to = std::clamp((index + 1) * kChunk, forgotten_, end);
    return std::span(runs_).subspan(from - forgotten_, to - from);
}

void RunList::put_chunk(size_t index, std::span<const OffsetRun> runs) {
    if (index * kChunk > forgotten_ + runs_.size()) {
        runs_.clear();  // what was between has been forgotten, so all before it was
    }
    if (runs_.empty()) {
        forgotten_ = index * kChunk;
    }
    const size_t from = std::max(index * kChunk, forgotten_) - forgotten_;
    runs_.resize(std::min(runs_.size(), from));
    runs_.insert(runs_.end(), runs.begin(), runs.end());
}

}  // namespace lockstep::replication
