#pragma once

#include "app/config_problems.h"

#include <yaml-cpp/yaml.h>

#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::app {

TextPosition position_of(const YAML::Mark& mark);
TextPosition position_of(const YAML::Node& node);

/// What was found, for an error message: "a list", "the text \"x\"".
std::string describe_node(const YAML::Node& node);

/// `: did you mean "near"?`, or the whole list of `known` words where none is near.
std::string suggest_word(std::string_view word, std::span<const std::string_view> known);

/// A piece of text from the configuration, and where it stands.
struct PlacedText {
    std::string text;
    TextPosition at;
};

/// What a key wants, for error messages: {"topics", "a list of topic names", "[orders]"}.
struct KeyRule {
    std::string_view key;
    std::string_view wants;
    std::string_view example;
    bool may_be_empty = false;  // of lists
};

/// The keys of a map: those that messages list, and other programs' names for them, which are taken
/// all the same.
struct KnownKeys {
    template <typename Keys>
    KnownKeys(const Keys& keys) : listed(keys) {}  // NOLINT: a list of keys is meant to do
    KnownKeys(std::span<const std::string_view> listed_, std::span<const std::string_view> also_)
        : listed(listed_), also(also_) {}

    /// Of a map that holds secrets: no message repeats a value of it.
    KnownKeys hidden() const {
        KnownKeys keys = *this;
        keys.hides_values = true;
        return keys;
    }

    std::span<const std::string_view> listed;
    std::span<const std::string_view> also;
    bool hides_values = false;
};

/// PURE. Reads one YAML map whose keys are known: checks the form and reports what is wrong to a
/// ConfigProblems, which outlives it. A getter returns nothing after it has reported.
class YamlMap {
public:
    /// `title` is "a link", "the section \"http\"" and the like. Reports when `node` is no map, and
    /// unknown and doubled keys.
    YamlMap(const YAML::Node& node, std::string title, KnownKeys keys, ConfigProblems& problems);

    /// False where there is no map to read from, which has been reported.
    bool usable() const { return usable_; }
    TextPosition at() const { return at_; }
    /// Where the value of `key` stands, or the map itself where the key is missing.
    TextPosition at(std::string_view key) const;

    bool has(std::string_view key) const { return entries_.contains(key); }

    /// Reports each of these rules' keys that is missing, unless a misspelled key was near it.
    void require(std::initializer_list<KeyRule> rules);

    /// The value, or nothing where the key is absent or empty (the latter is reported).
    std::optional<YAML::Node> value(const KeyRule& rule);
    std::optional<PlacedText> text(const KeyRule& rule);
    /// Nodes of a list that, unless the rule lets it be empty, has at least one.
    std::vector<YAML::Node> list(const KeyRule& rule);
    /// The same for a list of texts; entries that are no text are reported.
    std::vector<PlacedText> text_list(const KeyRule& rule);

private:
    struct Entry {
        TextPosition key_at;
        YAML::Node value;
    };

    void read_entries(const YAML::Node& node, KnownKeys keys);
    void report_unknown(const std::string& key, TextPosition at, KnownKeys keys);
    void report_type(const KeyRule& rule, const YAML::Node& found);
    std::string describe(const YAML::Node& node) const;

    std::string title_;
    bool hides_values_;
    TextPosition at_;
    ConfigProblems& problems_;
    bool usable_ = false;
    std::map<std::string, Entry, std::less<>> entries_;
    std::vector<std::string_view> suggested_;  // keys that unknown keys were probably meant to be
};

}  // namespace lockstep::app
