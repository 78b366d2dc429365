#include "app/config_problems.h"

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

}  // namespace lockstep::app
