#pragma once

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

/// Gathers everything that is wrong, so that an operator sees all of it at once.
class ConfigProblems {
public:
    void add(TextPosition at, std::string what) { problems_.push_back({at, std::move(what)}); }

    /// In the order of the text; of equal places the first that was found comes first.
    std::vector<ConfigProblem> take_sorted();

private:
    std::vector<ConfigProblem> problems_;
};

}  // namespace lockstep::app
