#include "app/yaml_document.h"

#include "app/yaml_map.h"

#include <fmt/core.h>

#include <array>
#include <string_view>
#include <vector>

namespace lockstep::app {
namespace {

/// yaml-cpp's words are short; this says what is usually behind them.
std::string_view syntax_hint(std::string_view message) {
    struct Hint {
        std::string_view part;
        std::string_view advice;
    };
    static constexpr std::array<Hint, 7> kHints{{
        {"illegal map value",
         "check the indentation, and put quotes around text with \": \" in it"},
        {"illegal tab", "indent with spaces"},
        {"referenced anchor", "put quotes around text that begins with *"},
        {"unknown token", "put quotes around text that begins with @, ` or %"},
        {"flow not found", "close the bracket; put quotes around text with [ ] { } or , in it"},
        {"end of map not found", "check the indentation, and quotes around text with [ ] { }"},
        {"end of sequence not found", "check the indentation"},
    }};
    for (const Hint& hint : kHints) {
        if (message.find(hint.part) != std::string_view::npos) {
            return hint.advice;
        }
    }
    return "see docs/configuration.md for an example";
}

}  // namespace

std::optional<YAML::Node> load_yaml(const std::string& text, ConfigProblems& problems) {
    std::vector<YAML::Node> documents;
    try {
        documents = YAML::LoadAll(text);
    } catch (const YAML::Exception& problem) {
        problems.add(position_of(problem.mark), fmt::format("this is not YAML ({}); {}",
                                                            problem.msg, syntax_hint(problem.msg)));
        return std::nullopt;
    }
    if (documents.empty() || documents.front().IsNull()) {
        problems.add({}, "the configuration is empty; see docs/configuration.md for an example");
        return std::nullopt;
    }
    if (documents.size() > 1) {
        problems.add(position_of(documents[1]),
                     "a second YAML document begins here; keep one, without \"---\"");
        return std::nullopt;
    }
    return documents.front();
}

}  // namespace lockstep::app
