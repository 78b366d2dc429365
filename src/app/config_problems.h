#pragma once

#include "base/secret.h"

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

/// A place in the configuration's text; both count from 1.
struct TextPosition {
    int line = 1;
    int column = 1;

    auto operator<=>(const TextPosition&) const = default;
};

/// One thing that is wrong with a configuration, and what to do about it.
struct ConfigProblem {
    TextPosition at;
    std::string what;

    /// "lockstep.yaml:3:5: unknown key ...".
    std::string to_string(std::string_view file_name) const;
};

/// A secret that stands in the configuration's text as it is, and not as a reference to a variable
/// or a file. `run` may have that; what shows or keeps the text may not.
struct LiteralSecret {
    TextPosition at;
    std::string key;  // "password"
    Secret value;     // without quotes
};

/// Gathers everything that is wrong, so that an operator sees all of it at once.
class ConfigProblems {
public:
    void add(TextPosition at, std::string what) { problems_.push_back({at, std::move(what)}); }

    /// Takes note of it where it is literal.
    void note_secret(TextPosition at, std::string_view key, const Secret& value);

    /// In the order of the text; of equal places the first that was found comes first.
    std::vector<ConfigProblem> take_sorted();
    /// In the order of the text.
    std::vector<LiteralSecret> take_secrets();

private:
    std::vector<ConfigProblem> problems_;
    std::vector<LiteralSecret> secrets_;
};

}  // namespace lockstep::app
