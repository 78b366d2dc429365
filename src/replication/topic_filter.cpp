#include "replication/topic_filter.h"

#include "model/topic_names.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>

namespace lockstep::replication {
bool is_topic_name(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

TopicFilter::TopicFilter() = default;
TopicFilter::TopicFilter(TopicFilter&&) noexcept = default;
TopicFilter& TopicFilter::operator=(TopicFilter&&) noexcept = default;
TopicFilter::~TopicFilter() = default;

Result<TopicFilter> TopicFilter::make(const std::vector<std::string>& topics,
                                      const std::vector<std::string>& exclude) {
    TopicFilter filter;
    LS_TRY(wanted, compile(topics));
    LS_TRY(unwanted, compile(exclude));
    filter.topics_ = std::move(wanted);
    filter.exclude_ = std::move(unwanted);
    return filter;
}

Result<std::vector<TopicFilter::Pattern>> TopicFilter::compile(
    const std::vector<std::string>& entries) {
    std::vector<Pattern> patterns;
    for (const std::string& entry : entries) {
        Pattern& pattern = patterns.emplace_back();
        pattern.literal = entry;
        if (!is_topic_name(entry)) {
            pattern.expression = std::make_unique<re2::RE2>(entry, re2::RE2::Quiet);
            if (!pattern.expression->ok()) {
                return Error(Errc::invalid_argument,
                             fmt::format("\"{}\" is no topic name and no regular expression ({})",
                                         entry, pattern.expression->error()));
            }
        }
    }
    return patterns;
}

bool TopicFilter::Pattern::matches(std::string_view topic) const {
    if (!expression) {
        return topic == literal;
    }
    return re2::RE2::FullMatch(re2::StringPiece(topic.data(), topic.size()), *expression);
}

bool TopicFilter::matches(std::string_view topic) const {
    const auto hits = [&](const Pattern& pattern) { return pattern.matches(topic); };
    return !is_reserved_topic(topic) && std::ranges::any_of(topics_, hits) &&
           std::ranges::none_of(exclude_, hits);
}

bool TopicFilter::may_match_prefix(std::string_view prefix) const {
    return std::ranges::any_of(topics_, [&](const Pattern& pattern) {
        if (!pattern.expression) {
            return std::string_view(pattern.literal).starts_with(prefix);
        }
        const re2::RE2 anchored("^(?:" + pattern.literal + ")$", re2::RE2::Quiet);
        std::string lowest;  // all that it matches is between the two
        std::string highest;
        const bool is_known =
            anchored.PossibleMatchRange(&lowest, &highest, static_cast<int>(prefix.size()) + 1);
        return !is_known || (highest >= prefix && lowest.substr(0, prefix.size()) <= prefix);
    });
}

}  // namespace lockstep::replication
