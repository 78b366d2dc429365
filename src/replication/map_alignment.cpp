#include "replication/map_alignment.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <tuple>

namespace lockstep::replication {
namespace {

/// Where records with a hash are, in order.
class HashIndex {
public:
    explicit HashIndex(const std::vector<HashedRecord>& records) {
        entries_.reserve(records.size());
        for (size_t i = 0; i < records.size(); ++i) {
            entries_.push_back({records[i].hash, i});
        }
        std::ranges::sort(entries_);
    }

    /// The first one at or behind `position`.
    std::optional<size_t> first_from(uint64_t hash, size_t position) const {
        const auto found = std::ranges::lower_bound(entries_, Entry{hash, position});
        const bool is_there = found != entries_.end() && found->hash == hash;
        return is_there ? std::optional(found->position) : std::nullopt;
    }

    /// The last one before `position`.
    std::optional<size_t> last_before(uint64_t hash, size_t position) const {
        const auto behind = std::ranges::lower_bound(entries_, Entry{hash, position});
        const bool is_there = behind != entries_.begin() && std::prev(behind)->hash == hash;
        return is_there ? std::optional(std::prev(behind)->position) : std::nullopt;
    }

private:
    struct Entry {
        uint64_t hash;
        size_t position;

        auto operator<=>(const Entry&) const = default;
    };
    std::vector<Entry> entries_;
};

using Pairs = std::vector<std::optional<size_t>>;  // of each copied record, in the source

Pairs pairs_from_first(const HashIndex& source, const std::vector<HashedRecord>& copy) {
    Pairs pairs(copy.size());
    size_t next = 0;
    for (size_t i = 0; i < copy.size(); ++i) {
        pairs[i] = source.first_from(copy[i].hash, next);
        next = pairs[i] ? *pairs[i] + 1 : next;
    }
    return pairs;
}

Pairs pairs_from_last(const HashIndex& source, const std::vector<HashedRecord>& copy, size_t end) {
    Pairs pairs(copy.size());
    for (size_t i = copy.size(); i > 0; --i) {
        pairs[i - 1] = source.last_before(copy[i - 1].hash, end);
        end = pairs[i - 1].value_or(end);
    }
    return pairs;
}

/// Of a copy whose newest record has its pair.
bool are_whole(const Pairs& pairs) {
    const auto first =
        std::ranges::find_if(pairs, [](const auto& pair) { return pair.has_value(); });
    size_t expected = **first;
    if (first != pairs.begin() && expected != 0) {
        return false;
    }
    return std::all_of(first, pairs.end(), [&](const auto& pair) { return pair == expected++; });
}

}  // namespace

MapAlignment align_copy(const std::vector<HashedRecord>& source,
                        const std::vector<HashedRecord>& copy) {
    const HashIndex index(source);
    const Pairs pairs = pairs_from_first(index, copy);
    const Pairs again = pairs_from_last(index, copy, source.size());
    const auto differs = std::ranges::mismatch(pairs, again);
    if (differs.in1 != pairs.end()) {
        const auto number = copy[static_cast<size_t>(differs.in1 - pairs.begin())].place;
        return {.problem = fmt::format("copied record number {} looks like several of the source",
                                       number)};
    }
    if (copy.empty() || !pairs.back()) {
        return {.problem = "the record that was copied last is not at the source any more"};
    }
    RunList runs;
    for (size_t i = 0; i < copy.size(); ++i) {
        if (pairs[i]) {
            runs.add({Ordinal(copy[i].place), Offset(source[*pairs[i]].place)});
        }
    }
    return {runs.runs(), "", are_whole(pairs)};
}

std::optional<std::vector<OffsetRun>> missing_runs(const RunList& known,
                                                   const std::vector<OffsetRun>& runs) {
    RunList right;
    for (const OffsetRun& run : runs) {
        right.add(run);
    }
    RunList told = known;
    std::vector<OffsetRun> missing;
    for (const OffsetRun& run : runs) {
        if (told.offset_of(run.first) == run.offset) {
            continue;
        }
        const bool is_behind = !told.is_empty() && run.first > told.runs().back().first;
        // The next record was expected at the offset to which all had been passed over.
        const bool is_later = !told.is_empty() && run.first == told.runs().back().first &&
                              run.offset > told.runs().back().offset;
        if (!is_behind && !is_later) {
            return std::nullopt;
        }
        told.add(run);
        missing.push_back(run);
    }
    for (const OffsetRun& run : told.runs()) {
        const auto place = right.offset_of(run.first);
        if (place && *place != run.offset) {
            return std::nullopt;
        }
    }
    return missing;
}

}  // namespace lockstep::replication
