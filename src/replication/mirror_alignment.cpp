#include "replication/mirror_alignment.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

namespace lockstep::replication {
namespace {

/// So many records behind two that are the same are compared, where there is a choice.
constexpr size_t kCompared = 64;

class Alignment {
public:
    explicit Alignment(const MirrorLogs& logs) : logs_(logs) {
        for (size_t i = 0; i < logs.source.size(); ++i) {
            places_[logs.source[i].hash].push_back(i);
            certain_.push_back(certain_.back() + (logs.source[i].may_be_left_out ? 0U : 1U));
        }
    }

    /// Whether the target has any record of the source's.
    bool has_any() const {
        return std::ranges::any_of(logs_.target, [this](const MirroredRecord& one) {
            return places_.contains(one.hash);
        });
    }

    MirrorEnd run() const {
        MirrorEnd end;
        auto begin = first_known(0);
        if (!begin) {
            end.needs_more = !logs_.is_whole_target;
            end.problem = end.needs_more ? "" : "none of its records is one of the source's";
            return end;
        }
        end = follow(*begin);
        // What looks like a record that was noted may be an older one.
        while (!end.next && logs_.noted && (begin = first_known(begin->first + 1))) {
            if (MirrorEnd other = follow(*begin); other.next) {
                return other;
            }
        }
        return end;
    }

private:
    using Pair = std::pair<size_t, size_t>;  // in the target, and at the source
    enum class Tie { earliest, latest };

    bool is_same(size_t source, size_t target) const {
        return logs_.source[source].hash == logs_.target[target].hash;
    }

    MirrorEnd follow(const Pair& begin) const {
        MirrorEnd end;
        size_t last = begin.second;
        size_t most = last;
        for (size_t i = begin.first + 1; i < logs_.target.size(); ++i) {
            if (logs_.is_compacted && !places_.contains(logs_.target[i].hash)) {
                continue;  // compacted away at the source since
            }
            const auto place = place_of(last, i);
            if (!place) {
                end.problem = fmt::format(
                    "its record at offset {} is none of the source's that could be there: somebody "
                    "else writes to it",
                    logs_.target[i].offset);
                return end;
            }
            last = *place;
            most = std::max(most, last);
        }
        end.next = Offset(logs_.source[most].offset) + 1;
        if (logs_.noted) {
            end.next = std::max(*end.next, *logs_.noted + 1);
        }
        return end;
    }

    /// The first of the mirror's records, from `from` on, that is known to have come before all
    /// that was not noted. Where the target has none of these any more, the first that is the
    /// source's.
    std::optional<Pair> first_known(size_t from) const {
        size_t noted = logs_.source.size();
        if (logs_.noted) {
            const auto end = std::ranges::upper_bound(logs_.source, logs_.noted->value(), {},
                                                      &OriginalRecord::offset);
            noted = static_cast<size_t>(end - logs_.source.begin());
        }
        for (size_t i = from; i < logs_.target.size(); ++i) {
            const auto found = places_.find(logs_.target[i].hash);
            if (found != places_.end() && found->second.size() == 1 &&
                found->second.front() < noted) {
                return Pair{i, found->second.front()};
            }
        }
        if (!logs_.is_whole_target || from > 0) {
            return std::nullopt;
        }
        const auto among_noted = first_before(noted);
        return among_noted ? among_noted : first_before(logs_.source.size());
    }

    /// From the start of both on.
    std::optional<Pair> first_before(size_t end) const {
        for (size_t i = 0; i < logs_.target.size(); ++i) {
            if (const auto place = best_place(i, end, Tie::earliest)) {
                return Pair{i, *place};
            }
        }
        return std::nullopt;
    }

    /// Where a record may be missing, going on behind it and beginning anew can look the same at
    /// first: it is what goes on longer, and else the latter, by which nothing is lost.
    std::optional<size_t> place_of(size_t last, size_t target) const {
        const auto next = next_place(last, target);
        if (next == last + 1) {
            return next;
        }
        const auto before = place_before(last, target);
        if (!next || !before) {
            return next ? next : before;
        }
        return same_from(*next, target) > same_from(*before, target) ? next : before;
    }

    /// The record behind the last one; those that may be missing are passed over.
    std::optional<size_t> next_place(size_t last, size_t target) const {
        const auto found = places_.find(logs_.target[target].hash);
        if (found == places_.end()) {
            return std::nullopt;
        }
        const auto place = std::ranges::upper_bound(found->second, last);
        const bool is_next =
            place != found->second.end() && certain_[*place] == certain_[last + 1];
        return is_next ? std::optional(*place) : std::nullopt;
    }

    /// It has begun anew.
    std::optional<size_t> place_before(size_t last, size_t target) const {
        return best_place(target, last + 1, Tie::latest);
    }

    /// Of the source's records before `end` that are the same, the one behind which most are, too.
    std::optional<size_t> best_place(size_t target, size_t end, Tie tie) const {
        const auto found = places_.find(logs_.target[target].hash);
        if (found == places_.end()) {
            return std::nullopt;
        }
        std::optional<size_t> best;
        size_t most = 0;
        for (const size_t place : found->second) {
            if (place >= end) {
                break;
            }
            const size_t same = same_from(place, target);
            if (!best || same > most || (same == most && tie == Tie::latest)) {
                best = place;
                most = same;
            }
        }
        return best;
    }

    size_t same_from(size_t source, size_t target) const {
        size_t same = 0;
        while (same < kCompared && target + same < logs_.target.size() &&
               source + same < logs_.source.size() && is_same(source + same, target + same)) {
            ++same;
        }
        return same;
    }

    const MirrorLogs& logs_;
    std::unordered_map<uint64_t, std::vector<size_t>> places_;
    std::vector<size_t> certain_{0};  // how many cannot be left out, of those before each place
};

/// The first that the source still has behind what was noted.
MirrorEnd behind_noted(const MirrorLogs& logs) {
    MirrorEnd end;
    const Offset next = *logs.noted + 1;
    end.next = std::max(next, logs.source_start);
    if (next < logs.source_start) {
        end.may_lack_from = next;
    }
    return end;
}

/// Whether nothing of what was noted is at the source any more, so that a copy of it has nothing
/// that the source has.
bool is_noted_gone(const MirrorLogs& logs) {
    return logs.noted &&
           (logs.source.empty() || logs.source.front().offset > logs.noted->value());
}

}  // namespace

MirrorEnd find_mirror_end(const MirrorLogs& logs) {
    const bool has_source_nothing = logs.source_start == logs.source_end;
    if (logs.noted && (logs.target.empty() || has_source_nothing)) {
        return behind_noted(logs);
    }
    MirrorEnd end;
    if (logs.target.empty()) {
        if (logs.has_lost_records) {
            end.problem = "its records have been deleted, and nothing was noted of them";
        }
        return end;
    }
    const Alignment alignment(logs);
    if (logs.is_whole_target && is_noted_gone(logs) && !alignment.has_any()) {
        return behind_noted(logs);
    }
    return alignment.run();
}

}  // namespace lockstep::replication
