#include "app/sandbox_action.h"

#include "app/typed_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace lockstep::app {
namespace {

struct VerbWord {
    std::string_view word;
    SandboxVerb verb;
    std::string_view usage;
    std::string_view what;
};

constexpr std::array<VerbWord, 5> kVerbs{{
    {"kill", SandboxVerb::kill, "kill BROKER [CLUSTER]", "ends a broker, as kill -9 does"},
    {"restart", SandboxVerb::restart, "restart BROKER [CLUSTER]", "starts it again"},
    {"compact", SandboxVerb::compact, "compact TOPIC [CLUSTER]",
     "keeps only the newest record of each key"},
    {"elect", SandboxVerb::elect, "elect TOPIC/PARTITION [CLUSTER]",
     "an unclean election, where no replica in sync is up"},
    {"help", SandboxVerb::help, "help", "tells of these"},
}};

Error wrong(std::string what) {
    return Error(Errc::invalid_argument, std::move(what));
}

Error unknown_verb(std::string_view word) {
    std::array<std::string_view, kVerbs.size()> known;
    std::ranges::transform(kVerbs, known.begin(), &VerbWord::word);
    return wrong(fmt::format("there is no \"{}\"; there are {}", word, fmt::join(known, ", ")));
}

/// What the verb is about, as `usage` writes it.
Result<void> read_object(std::string_view word, const VerbWord& verb, SandboxAction& action) {
    std::string_view digits = word;
    if (verb.verb == SandboxVerb::compact) {
        action.topic = word;
        return {};
    }
    if (verb.verb == SandboxVerb::elect) {
        const size_t slash = word.find('/');
        if (slash == std::string_view::npos || slash == 0) {
            return wrong(
                fmt::format("\"{}\" is no partition; write: {}, for example elect "
                            "orders/0",
                            word, verb.usage));
        }
        action.topic = word.substr(0, slash);
        digits = word.substr(slash + 1);
    }
    const auto number = number_of(digits);
    if (!number) {
        return wrong(fmt::format("\"{}\" is no number; write: {}", digits, verb.usage));
    }
    action.number = *number;
    return {};
}

}  // namespace

Result<SandboxAction> parse_sandbox_action(std::string_view line) {
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) {
        return wrong("nothing to do is named");
    }
    const auto verb = std::ranges::find(kVerbs, words[0], &VerbWord::word);
    if (verb == kVerbs.end()) {
        return unknown_verb(words[0]);
    }
    SandboxAction action;
    action.verb = verb->verb;
    const bool needs_object = verb->verb != SandboxVerb::help;
    const size_t most = needs_object ? 3 : 1;
    if (words.size() > most || (needs_object && words.size() < 2)) {
        return wrong(fmt::format("write: {}", verb->usage));
    }
    if (needs_object) {
        LS_CHECK(read_object(words[1], *verb, action));
    }
    if (words.size() > 2) {
        action.cluster = words[2];
    }
    return action;
}

std::string_view usage_of(SandboxVerb verb) {
    return std::ranges::find(kVerbs, verb, &VerbWord::verb)->usage;
}

std::string sandbox_help() {
    std::string help;
    for (const VerbWord& verb : kVerbs) {
        help += fmt::format("{}{:<32}  {}", help.empty() ? "" : "\n", verb.usage, verb.what);
    }
    return help;
}

}  // namespace lockstep::app
