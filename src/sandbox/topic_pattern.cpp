// g++ 12 takes what <regex> does for a mistake when it is sanitized (GCC bug 105562).
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#include "sandbox/topic_pattern.h"

#include <regex>

namespace lockstep::sandbox {

struct TopicPattern::Compiled {
    std::regex expression;
};

TopicPattern::TopicPattern(const std::string& expression) {
    if (expression.size() > kMaxSize) {
        return;
    }
    try {
        // libstdc++'s own flag: no backtracking.
        const auto flags = std::regex::ECMAScript | std::regex_constants::__polynomial;
        compiled_ = std::make_shared<Compiled>(Compiled{std::regex(expression, flags)});
    } catch (const std::regex_error&) {
        compiled_.reset();
    }
}

bool TopicPattern::matches(const std::string& topic) const {
    try {
        return compiled_ && std::regex_match(topic, compiled_->expression);
    } catch (const std::regex_error&) {
        return false;
    }
}

}  // namespace lockstep::sandbox
