#include "app/cli_refusal.h"

#include "app/exit_code.h"
#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace lockstep::app {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Null where there is none.
CLI::App* command_named(CLI::App& app, const std::string& name) {
    const auto commands = app.get_subcommands({});
    const auto found = std::ranges::find_if(
        commands, [&](const CLI::App* each) { return each->get_name() == name; });
    return found == commands.end() ? nullptr : *found;
}

/// The command as it was meant, most likely, where it lacks --config; else "".
std::string lacking_config(CLI::App& app, const std::vector<std::string>& arguments) {
    CLI::App* command = command_named(app, arguments.front());
    const CLI::Option* config =
        command == nullptr ? nullptr : command->get_option_no_throw("--config");
    const auto names_config = [](const std::string& word) {
        return word.starts_with("-c") || word.starts_with("--config");
    };
    if (config == nullptr || std::ranges::any_of(arguments, names_config)) {
        return "";
    }
    const auto file = std::ranges::find_if(arguments, [](const std::string& word) {
        return word.ends_with(".yaml") || word.ends_with(".yml");
    });
    return fmt::format("--config is required: lockstep {} -c {}", command->get_name(),
                       file == arguments.end() ? "lockstep.yaml" : *file);
}

/// The first word that is neither a command nor an option, as a sentence; "" where there is none.
/// CLI11 would rather say what is missing because of it.
std::string unknown_word(CLI::App& app, const std::vector<std::string>& arguments) {
    const auto sentence = [](std::string_view kind, std::string_view word, const auto& known) {
        const std::vector<std::string_view> words(known.begin(), known.end());
        const std::string_view nearest = word.size() > 2 ? nearest_word(word, words) : "";
        return fmt::format("there is no {} \"{}\"; ", kind, word) +
               (nearest.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                : fmt::format("did you mean \"{}\"?", nearest));
    };
    std::vector<std::string> commands;
    for (const CLI::App* each : app.get_subcommands({})) {
        commands.push_back(each->get_name());
    }
    const std::string& first = arguments.front();
    const CLI::App* command = command_named(app, first);
    if (!first.starts_with("-") && command == nullptr) {
        return sentence("command", first, commands);
    }
    std::set<std::string> options;
    for (const CLI::Option* option : (command == nullptr ? &app : command)->get_options()) {
        for (const std::string& name : option->get_lnames()) {
            options.insert("--" + name);
        }
        for (const std::string& name : option->get_snames()) {
            options.insert("-" + name);
        }
    }
    for (const std::string& word : arguments) {
        const bool is_long = word.starts_with("--");
        const bool is_option = word.size() > 1 && word[0] == '-' && (is_long || !is_digit(word[1]));
        const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
        if (is_option && name != "--" && !options.contains(name)) {
            return sentence("option", name, options);
        }
    }
    return "";
}

}  // namespace

CliExit refusal_of(CLI::App& app, const std::vector<std::string>& arguments,
                   const std::string& problem) {
    std::string what = unknown_word(app, arguments);
    if (what.empty()) {
        what = lacking_config(app, arguments);
    }
    const CLI::App* command = command_named(app, arguments.front());
    return {kExitUsage,
            fmt::format("lockstep: {}\nTry: lockstep {}--help\n", what.empty() ? problem : what,
                        command == nullptr ? "" : command->get_name() + " ")};
}

}  // namespace lockstep::app
