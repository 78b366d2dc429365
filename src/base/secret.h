#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace lockstep {

/// A text that nobody must see: a password, a token, or where one is to be found ("${env:NAME}",
/// "${file:/path}"). It has no formatter on purpose, so that no message can hold it by mistake.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    bool empty() const { return text_.empty(); }

    /// For the one place that needs it; never for a message.
    const std::string& reveal() const { return text_; }

    bool operator==(const Secret&) const = default;

    /// What a failed test shows.
    friend void PrintTo(const Secret&, std::ostream* out) { *out << "(a secret)"; }

private:
    std::string text_;
};

}  // namespace lockstep
