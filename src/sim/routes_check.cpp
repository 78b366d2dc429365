#include "sim/routes_check.h"

#include <fmt/core.h>

#include <set>

namespace lockstep::sim {

RoutesCheck::RoutesCheck(const std::vector<Origin>& origins) : origins_(origins) {
    for (size_t origin = 0; origin < origins_.size(); ++origin) {
        for (const auto& [offset, record] : origins_[origin].written->records) {
            by_value_.emplace(record.value, Written{origin, offset, &record});
        }
    }
}

std::vector<std::string> RoutesCheck::safety(const std::vector<SeenRecord>& seen) const {
    std::vector<std::string> problems;
    std::set<std::string_view> met;
    std::vector<int64_t> last(origins_.size(), -1);
    for (const SeenRecord& record : seen) {
        const auto at = [&] { return fmt::format("\"{}\" at {}", record.value, record.offset); };
        const auto found = by_value_.find(record.value);
        if (found == by_value_.end()) {
            problems.push_back("nothing invented: " + at());
            continue;
        }
        const auto& [origin, offset, original] = found->second;
        if (!met.insert(record.value).second) {
            problems.push_back("nothing doubled: " + at());
        } else if (offset < last[origin]) {
            problems.push_back(fmt::format("order kept: {} is {} on {}, behind {}", at(), offset,
                                           origins_[origin].name, last[origin]));
        }
        last[origin] = std::max(last[origin], offset);
        if (original->fate != Fate::committed) {
            problems.push_back("nothing aborted: " + at());
        }
        if (original->key != record.key || original->timestamp_ms != record.timestamp_ms ||
            original->headers != record.headers) {
            problems.push_back(
                fmt::format("nothing invented: {} has another key, time or headers", at()));
        }
    }
    return problems;
}

std::vector<std::string> RoutesCheck::completeness(const std::vector<SeenRecord>& seen) const {
    std::set<std::string_view> there;
    for (const SeenRecord& record : seen) {
        there.insert(record.value);
    }
    std::vector<std::string> problems;
    for (const Origin& origin : origins_) {
        for (const auto& [offset, record] : origin.written->records) {
            if (record.fate == Fate::committed && !there.contains(record.value)) {
                problems.push_back(fmt::format("nothing lost: \"{}\", {} on {}", record.value,
                                               offset, origin.name));
            }
        }
    }
    return problems;
}

}  // namespace lockstep::sim
