#pragma once

#include <memory>
#include <string>

namespace re2 {
class RE2;
}

namespace lockstep::sandbox {

/// A regular expression for names of topics, from a client that nobody trusts: what cannot be
/// compiled, or is too long, matches nothing. RE2's, as brokers take them (KIP-848): matching takes
/// linear time.
class TopicPattern {
public:
    static constexpr size_t kMaxSize = 1'000;

    explicit TopicPattern(const std::string& expression);

    bool is_valid() const { return compiled_ != nullptr; }
    /// The whole name has to match.
    bool matches(const std::string& topic) const;

private:
    std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace lockstep::sandbox
