#pragma once

#include <memory>
#include <string>

namespace lockstep::sandbox {

/// A regular expression for names of topics, from a client that nobody trusts: what cannot be
/// compiled, is too long or takes too much matches nothing. ECMAScript's without back references,
/// so that matching takes polynomial time; brokers take RE2's, which differ little.
class TopicPattern {
public:
    static constexpr size_t kMaxSize = 1'000;

    explicit TopicPattern(const std::string& expression);

    bool is_valid() const { return compiled_ != nullptr; }
    /// The whole name has to match.
    bool matches(const std::string& topic) const;

private:
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

}  // namespace lockstep::sandbox
