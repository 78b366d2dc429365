#include "app/demo_action.h"

#include "app/typed_words.h"
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lockstep::app {
namespace {

enum class Operands { none, link, link_or_all, cluster, broker, topic, partition };

struct VerbWord {
    std::string_view word;
    DemoVerb verb;
    Operands operands;
    std::string_view usage;
};

constexpr std::array<VerbWord, 13> kVerbs{{
    {"cut", DemoVerb::cut_link, Operands::link, "cut LINK"},
    {"heal", DemoVerb::heal_link, Operands::link_or_all, "heal [LINK]"},
    {"kill-broker", DemoVerb::kill_broker, Operands::broker, "kill-broker CLUSTER NUMBER"},
    {"restart-broker", DemoVerb::restart_broker, Operands::broker, "restart-broker CLUSTER NUMBER"},
    {"kill-cluster", DemoVerb::kill_cluster, Operands::cluster, "kill-cluster CLUSTER"},
    {"restart-cluster", DemoVerb::restart_cluster, Operands::cluster, "restart-cluster CLUSTER"},
    {"pause", DemoVerb::pause_lockstep, Operands::none, "pause"},
    {"resume", DemoVerb::resume_lockstep, Operands::none, "resume"},
    {"delete-topic", DemoVerb::delete_topic, Operands::topic, "delete-topic TOPIC"},
    {"create-topic", DemoVerb::create_topic, Operands::topic, "create-topic TOPIC"},
    {"add-partition", DemoVerb::add_partition, Operands::topic, "add-partition TOPIC"},
    {"lose-records", DemoVerb::lose_records, Operands::partition, "lose-records TOPIC PARTITION"},
    {"quit", DemoVerb::quit, Operands::none, "quit"},
}};

size_t fewest_words(Operands operands) {
    switch (operands) {
        case Operands::none:
        case Operands::link_or_all: return 0;
        case Operands::link:
        case Operands::cluster:
        case Operands::topic: return 1;
        case Operands::broker:
        case Operands::partition: return 2;
    }
    return 0;
}

size_t most_words(Operands operands) {
    return operands == Operands::link_or_all ? 1 : fewest_words(operands);
}

Error wrong(std::string what) {
    return Error(Errc::invalid_argument, std::move(what));
}

Error unknown_verb(std::string_view word) {
    std::array<std::string_view, kVerbs.size()> known;
    std::ranges::transform(kVerbs, known.begin(), &VerbWord::word);
    const std::string_view nearest = nearest_word(word, known);
    return wrong(nearest.empty()
                     ? fmt::format("there is no \"{}\"; there are {}", word, fmt::join(known, ", "))
                     : fmt::format("there is no \"{}\"; did you mean \"{}\"?", word, nearest));
}

Result<TimedDemoAction> parse_line(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.size() < 3 && (words.size() < 2 || words[0] == "at")) {
        return wrong("write: at TIME ACTION, for example: at 5s kill-broker berlin 1");
    }
    if (words[0] != "at") {
        return wrong(fmt::format("it begins with \"{}\"; write for example: at 5s cut berlin-paris",
                                 words[0]));
    }
    const auto time = parse_duration(words[1]);
    if (time.has_error()) {
        return wrong(fmt::format("\"{}\" is no time; write for example 5s or 500ms", words[1]));
    }
    const auto begin = static_cast<size_t>(words[2].data() - line.data());
    LS_TRY(action, parse_demo_action(line.substr(begin)));
    return TimedDemoAction{*time, std::move(action)};
}

bool is_among(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

std::string unknown_name(std::string_view kind, const std::string& name,
                         const std::vector<std::string>& known) {
    return fmt::format("there is no {} \"{}\"; there {} {}", kind, name,
                       known.size() == 1 ? "is" : "are", fmt::join(known, ", "));
}

}  // namespace

Result<DemoAction> parse_demo_action(std::string_view text) {
    const std::vector<std::string_view> words = words_of(text);
    if (words.empty()) {
        return wrong("nothing to do is named");
    }
    const auto found = std::ranges::find(kVerbs, words[0], &VerbWord::word);
    if (found == kVerbs.end()) {
        return unknown_verb(words[0]);
    }
    const size_t operands = words.size() - 1;
    if (operands < fewest_words(found->operands) || operands > most_words(found->operands)) {
        return wrong(fmt::format("write: {}", found->usage));
    }
    DemoAction action;
    action.verb = found->verb;
    if (operands > 0) {
        action.name = words[1];
    }
    if (operands > 1) {
        const std::string_view word = words[2];
        const auto number = number_of(word);
        if (!number) {
            return wrong(fmt::format("\"{}\" is no number; write: {}", word, found->usage));
        }
        action.number = *number;
    }
    return action;
}

std::string to_string(const DemoAction& action) {
    const auto found = std::ranges::find(kVerbs, action.verb, &VerbWord::verb);
    std::string text(found->word);
    if (!action.name.empty()) {
        text += " " + action.name;
    }
    return fewest_words(found->operands) < 2 ? text : fmt::format("{} {}", text, action.number);
}

Result<std::vector<TimedDemoAction>> parse_demo_script(std::string_view text) {
    std::vector<TimedDemoAction> actions;
    int number = 0;
    for (std::string_view line : split(text, '\n')) {
        ++number;
        line = trim(line.substr(0, line.find('#')));
        if (line.empty()) {
            continue;
        }
        auto action = parse_line(line);
        if (action.has_error()) {
            return wrong(fmt::format("line {}: {}", number, action.error().context));
        }
        actions.push_back(std::move(*action));
    }
    std::ranges::stable_sort(actions, {}, &TimedDemoAction::at);
    return actions;
}

std::string demo_action_problem(const DemoAction& action, const DemoNames& names) {
    switch (action.verb) {
        case DemoVerb::heal_link:
            if (action.name.empty()) {
                return "";
            }
            [[fallthrough]];
        case DemoVerb::cut_link:
            return is_among(names.links, action.name)
                       ? ""
                       : unknown_name("link", action.name, names.links);
        case DemoVerb::kill_broker:
        case DemoVerb::restart_broker:
            if (is_among(names.clusters, action.name) &&
                (action.number < 1 || action.number > names.brokers)) {
                return fmt::format("{} has no broker {}; it has brokers 1 to {}", action.name,
                                   action.number, names.brokers);
            }
            [[fallthrough]];
        case DemoVerb::kill_cluster:
        case DemoVerb::restart_cluster:
            return is_among(names.clusters, action.name)
                       ? ""
                       : unknown_name("cluster", action.name, names.clusters);
        case DemoVerb::delete_topic:
        case DemoVerb::create_topic:
        case DemoVerb::add_partition:
        case DemoVerb::lose_records:
            return is_among(names.topics, action.name)
                       ? ""
                       : unknown_name("topic", action.name, names.topics);
        case DemoVerb::pause_lockstep:
        case DemoVerb::resume_lockstep:
        case DemoVerb::quit: return "";
    }
    return "";
}

std::vector<char> demo_keys(std::string_view bytes) {
    constexpr char kEscape = '\x1b';
    std::vector<char> keys;
    for (size_t at = 0; at < bytes.size(); ++at) {
        if (bytes[at] != kEscape) {
            keys.push_back(bytes[at]);
            continue;
        }
        // "ESC [ parameters letter", "ESC O letter", or the escape key alone.
        if (at + 1 < bytes.size() && (bytes[at + 1] == '[' || bytes[at + 1] == 'O')) {
            at += 2;
            while (at < bytes.size() && (bytes[at] < '@' || bytes[at] > '~')) {
                ++at;
            }
        }
    }
    return keys;
}

std::optional<size_t> link_of_demo_key(char key, size_t links) {
    const bool is_there = key >= '1' && key <= '9' && static_cast<size_t>(key - '1') < links;
    return is_there ? std::optional(static_cast<size_t>(key - '1')) : std::nullopt;
}

std::optional<DemoAction> action_of_demo_key(char key, const DemoKeyTargets& targets,
                                             const DemoBreakage& broken) {
    switch (key) {
        case 'c':
            return DemoAction{
                broken.cut_links.contains(targets.link) ? DemoVerb::heal_link : DemoVerb::cut_link,
                targets.link, 0};
        case 'k':
            return DemoAction{
                broken.is_source_broker_down ? DemoVerb::restart_broker : DemoVerb::kill_broker,
                targets.source, targets.broker};
        case 'K':
            return DemoAction{broken.clusters_down.contains(targets.target)
                                  ? DemoVerb::restart_cluster
                                  : DemoVerb::kill_cluster,
                              targets.target, 0};
        case 'p':
            return DemoAction{
                broken.is_paused ? DemoVerb::resume_lockstep : DemoVerb::pause_lockstep, "", 0};
        case 'd':
            return DemoAction{
                broken.is_topic_deleted ? DemoVerb::create_topic : DemoVerb::delete_topic,
                targets.topic, 0};
        case '+': return DemoAction{DemoVerb::add_partition, targets.topic, 0};
        case 't': return DemoAction{DemoVerb::lose_records, targets.topic, 0};
        case 'q':
        case '\x03':  // Ctrl-C, where the terminal passes it on
        case '\x04': return DemoAction{DemoVerb::quit, "", 0};
        default: return std::nullopt;
    }
}

}  // namespace lockstep::app
