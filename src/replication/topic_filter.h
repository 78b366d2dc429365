#pragma once

// PURE: which topics a link copies.

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace lockstep::replication {

/// Nothing but the characters that topic names are made of.
bool is_topic_name(std::string_view text);

/// Names and anchored RE2 expressions. An entry made of nothing but the characters of topic names
/// (letters, digits, '.', '_', '-') is that name; anything else is an expression that must match
/// the whole name. `exclude` wins. Kafka's internal topics and Lockstep's own never match.
class TopicFilter {
public:
    static Result<TopicFilter> make(const std::vector<std::string>& topics,
                                    const std::vector<std::string>& exclude);

    TopicFilter(TopicFilter&&) noexcept;
    TopicFilter& operator=(TopicFilter&&) noexcept;
    ~TopicFilter();

    bool matches(std::string_view topic) const;

    /// Whether there may be a name with this prefix that matches; where that is hard to tell, yes.
    bool may_match_prefix(std::string_view prefix) const;

private:
    struct Pattern {
        std::string literal;
        std::unique_ptr<re2::RE2> expression;  // null for a literal
        bool matches(std::string_view topic) const;
    };

    TopicFilter();
    static Result<std::vector<Pattern>> compile(const std::vector<std::string>& entries);

    std::vector<Pattern> topics_;
    std::vector<Pattern> exclude_;
};

}  // namespace lockstep::replication
