#include "replication/unmatched_entries.h"

#include "base/assert.h"
#include "base/text.h"
#include "replication/topic_filter.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace lockstep::replication {

namespace {

bool has_topic(const std::string& entry, const std::vector<std::string_view>& topics) {
    if (is_topic_name(entry)) {
        return std::ranges::find(topics, entry) != topics.end();
    }
    const auto filter = TopicFilter::make({entry}, {});
    LS_ASSERT(filter.has_value());
    return std::ranges::any_of(topics, [&](const auto& name) { return filter->matches(name); });
}

}  // namespace

std::vector<UnmatchedEntry> unmatched_entries(const LinkSpec& spec,
                                              const std::vector<std::string>& topics) {
    const auto filter = TopicFilter::make({".*"}, spec.exclude);
    LS_ASSERT(filter.has_value());
    std::vector<std::string_view> candidates;
    std::ranges::copy_if(topics, std::back_inserter(candidates),
                         [&](const auto& name) { return filter->matches(name); });
    std::vector<UnmatchedEntry> unmatched;
    for (const std::string& entry : spec.topics) {
        if (!has_topic(entry, candidates)) {
            const auto nearest = is_topic_name(entry) ? nearest_word(entry, candidates) : "";
            unmatched.push_back({entry, std::string(nearest)});
        }
    }
    return unmatched;
}

}  // namespace lockstep::replication
