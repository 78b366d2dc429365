#include "app/config_problems.h"

#include "runtime/secret_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace lockstep::app {

std::string ConfigProblem::to_string(std::string_view file_name) const {
    return fmt::format("{}:{}:{}: {}", file_name, at.line, at.column, what);
}

std::vector<ConfigProblem> ConfigProblems::take_sorted() {
    std::stable_sort(problems_.begin(), problems_.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::exchange(problems_, {});
}

void ConfigProblems::note_secret(TextPosition at, std::string_view key, const Secret& value) {
    if (runtime::has_literal_part(value.reveal())) {
        secrets_.push_back({at, std::string(key), value});
    }
}

std::vector<LiteralSecret> ConfigProblems::take_secrets() {
    std::stable_sort(secrets_.begin(), secrets_.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    return std::exchange(secrets_, {});
}

}  // namespace lockstep::app
