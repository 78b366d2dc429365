#include "app/yaml_map.h"

#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace lockstep::app {

TextPosition position_of(const YAML::Mark& mark) {
    return mark.is_null() ? TextPosition{} : TextPosition{mark.line + 1, mark.column + 1};
}

TextPosition position_of(const YAML::Node& node) {
    return position_of(node.Mark());
}

std::string describe_node(const YAML::Node& node) {
    switch (node.Type()) {
        case YAML::NodeType::Map: return "a map";
        case YAML::NodeType::Sequence: return "a list";
        case YAML::NodeType::Scalar: return fmt::format("\"{}\"", node.Scalar());
        case YAML::NodeType::Null:
        case YAML::NodeType::Undefined: break;
    }
    return "nothing";
}

std::string suggest_word(std::string_view word, std::span<const std::string_view> known) {
    const std::string_view nearest = nearest_word(word, known);
    if (!nearest.empty()) {
        return fmt::format("did you mean \"{}\"?", nearest);
    }
    return fmt::format("known here: {}", fmt::join(known, ", "));
}

YamlMap::YamlMap(const YAML::Node& node, std::string title, KnownKeys keys,
                 ConfigProblems& problems)
    : title_(std::move(title)),
      hides_values_(keys.hides_values),
      at_(position_of(node)),
      problems_(problems) {
    if (!node.IsMap()) {
        problems_.add(at_, fmt::format("{} must be a map of keys and values ({}), but is {}",
                                       title_, fmt::join(keys.listed, ", "), describe(node)));
        return;
    }
    usable_ = true;
    read_entries(node, keys);
}

void YamlMap::read_entries(const YAML::Node& node, KnownKeys keys) {
    const auto is_known = [&](const std::string& key) {
        return std::ranges::find(keys.listed, key) != keys.listed.end() ||
               std::ranges::find(keys.also, key) != keys.also.end();
    };
    for (const auto& pair : node) {
        const TextPosition key_at = position_of(pair.first);
        if (!pair.first.IsScalar()) {
            problems_.add(key_at,
                          fmt::format("a key must be a word, but is {}; known here: {}",
                                      describe_node(pair.first), fmt::join(keys.listed, ", ")));
            continue;
        }
        const std::string& key = pair.first.Scalar();
        if (!is_known(key)) {
            report_unknown(key, key_at, keys);
            continue;
        }
        const auto [first, is_new] = entries_.try_emplace(key, Entry{key_at, pair.second});
        if (!is_new) {
            problems_.add(key_at, fmt::format("key \"{}\" stands twice in {} (first in line {}); "
                                              "remove one of the two",
                                              key, title_, first->second.key_at.line));
        }
    }
}

void YamlMap::report_unknown(const std::string& key, TextPosition at, KnownKeys keys) {
    const std::string_view meant = nearest_word(key, keys.listed);
    const bool is_foreign = meant.empty() && !nearest_word(key, keys.also).empty();
    suggested_.push_back(meant);
    problems_.add(at, fmt::format("unknown key \"{}\" in {}; {}", key, title_,
                                  suggest_word(key, is_foreign ? keys.also : keys.listed)));
}

TextPosition YamlMap::at(std::string_view key) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return at_;
    }
    // yaml-cpp places an empty value at whatever comes next.
    return found->second.value.IsNull() ? found->second.key_at : position_of(found->second.value);
}

void YamlMap::require(std::initializer_list<KeyRule> rules) {
    for (const KeyRule& rule : rules) {
        const bool is_misspelled =
            std::find(suggested_.begin(), suggested_.end(), rule.key) != suggested_.end();
        if (usable_ && !has(rule.key) && !is_misspelled) {
            problems_.add(at_, fmt::format("{} lacks the key \"{}\"; add {}, for example {}: {}",
                                           title_, rule.key, rule.wants, rule.key, rule.example));
        }
    }
}

std::optional<YAML::Node> YamlMap::value(const KeyRule& rule) {
    const auto found = entries_.find(rule.key);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    if (found->second.value.IsNull()) {
        report_type(rule, found->second.value);
        return std::nullopt;
    }
    return found->second.value;
}

std::optional<PlacedText> YamlMap::text(const KeyRule& rule) {
    const auto node = value(rule);
    if (!node) {
        return std::nullopt;
    }
    if (!node->IsScalar() || trim(node->Scalar()).empty()) {
        report_type(rule, *node);
        return std::nullopt;
    }
    return PlacedText{node->Scalar(), position_of(*node)};
}

std::vector<YAML::Node> YamlMap::list(const KeyRule& rule) {
    const auto node = value(rule);
    if (!node) {
        return {};
    }
    if (!node->IsSequence()) {
        report_type(rule, *node);
        return {};
    }
    if (node->size() == 0 && !rule.may_be_empty) {
        problems_.add(at(rule.key), fmt::format("\"{}\" is empty; it must be {}, for example {}",
                                                rule.key, rule.wants, rule.example));
    }
    return {node->begin(), node->end()};
}

std::vector<PlacedText> YamlMap::text_list(const KeyRule& rule) {
    std::vector<PlacedText> texts;
    for (const YAML::Node& item : list(rule)) {
        if (item.IsScalar() && !trim(item.Scalar()).empty()) {
            texts.push_back({item.Scalar(), position_of(item)});
            continue;
        }
        const TextPosition item_at = item.IsNull() ? at(rule.key) : position_of(item);
        problems_.add(
            item_at,
            fmt::format("\"{}\" must be {}, but one entry is {}; {}", rule.key, rule.wants,
                        describe(item),
                        item.IsNull() ? "remove it" : "put quotes around text with [ ] { } in it"));
    }
    return texts;
}

std::string YamlMap::describe(const YAML::Node& node) const {
    return hides_values_ && node.IsScalar() ? "a text" : describe_node(node);
}

void YamlMap::report_type(const KeyRule& rule, const YAML::Node& found) {
    problems_.add(at(rule.key),
                  fmt::format("\"{}\" must be {}, but is {}; write for example {}: {}", rule.key,
                              rule.wants, describe(found), rule.key, rule.example));
}

}  // namespace lockstep::app
