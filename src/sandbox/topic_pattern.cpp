#include "sandbox/topic_pattern.h"

#include <re2/re2.h>

namespace lockstep::sandbox {

TopicPattern::TopicPattern(const std::string& expression) {
    if (expression.size() > kMaxSize) {
        return;
    }
    auto compiled = std::make_shared<const re2::RE2>(expression, re2::RE2::Quiet);
    if (compiled->ok()) {
        compiled_ = std::move(compiled);
    }
}

bool TopicPattern::matches(const std::string& topic) const {
    return compiled_ && re2::RE2::FullMatch(topic, *compiled_);
}

}  // namespace lockstep::sandbox
