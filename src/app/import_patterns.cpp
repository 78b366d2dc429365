#include "app/import_patterns.h"

#include "app/config_values.h"
#include "base/text.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::app {
namespace {

bool is_plain_with_dot(std::string_view entry) {
    const bool is_plain = std::ranges::all_of(entry, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
    return is_plain && entry.find('.') != std::string_view::npos;
}

}  // namespace

ImportedList import_patterns(const ForeignSetting& setting) {
    ImportedList list;
    std::string refused;
    bool has_dots = false;
    for (const std::string_view part : split(setting.value, ',')) {
        const std::string entry(trim(part));
        if (entry.empty()) {
            continue;
        }
        if (const auto problem = topic_pattern_problem(entry)) {
            refused += fmt::format("{}\"{}\" {}", refused.empty() ? "" : "; ", entry, *problem);
            continue;
        }
        has_dots = has_dots || is_plain_with_dot(entry);
        list.entries.push_back(entry);
    }
    Ruling ruling{setting, Verdict::taken, ""};
    if (!refused.empty()) {
        ruling.verdict = Verdict::by_hand;
        ruling.why = refused + "; expressions are RE2's here, which know no look-ahead";
    } else if (has_dots) {
        ruling.why = "the dot of a plain name is a dot here, not any character";
    }
    list.because.push_back(ruling);
    return list;
}

ImportedList default_patterns(const std::string& key, const std::string& value) {
    ImportedList list = import_patterns({key, value, 0, ""});
    list.because.front().why = "MirrorMaker 2's default";
    return list;
}

}  // namespace lockstep::app
