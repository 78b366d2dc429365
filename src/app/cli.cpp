#include "app/cli.h"

#include "app/config_values.h"
#include "app/exit_code.h"
#include "base/text.h"
#include "base/version.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

namespace lockstep::app {
namespace {

constexpr const char* kAbout =
    R"(Lockstep copies topics from one Kafka cluster to another: the same records, the
same partitions, the same offsets, without unpacking a single batch.)";

constexpr const char* kExamples = R"(Examples:
  lockstep check -c lockstep.yaml      what would be copied; changes nothing
  lockstep run -c lockstep.yaml        copy, until Ctrl-C or SIGTERM
  lockstep verify -c lockstep.yaml     compare both sides, record by record
  lockstep status                      how a running Lockstep gets on
  lockstep run --help                  the options of one command

Exit codes:
  0  all went well
  1  failure
  2  the command line or the configuration is wrong; nothing was touched
  3  check, verify, status: something differs, is blocked or cannot be reached

Documentation: docs/configuration.md describes every key of the configuration.)";

constexpr const char* kRunFooter = R"(Example:
  lockstep run -c lockstep.yaml --log-level debug

Runs until SIGTERM or Ctrl-C. Then what was fetched is delivered, and it ends
with code 0, within 5 seconds. A second signal ends it at once. The next run
goes on from where the target's log ends.
On a terminal it shows its progress; otherwise it writes a log line every 10 s.)";

constexpr const char* kCheckFooter = R"(Example:
  lockstep check -c lockstep.yaml --json

Reads the configuration, connects to the clusters and prints, for each topic,
what `run` would do. Changes nothing anywhere.)";

constexpr const char* kVerifyFooter = R"(Examples:
  lockstep verify -c lockstep.yaml
  lockstep verify -c lockstep.yaml --topics "orders.*" --json

Reads every record of both sides, as a consumer would, and compares offsets,
timestamps, keys, values and headers, up to where the shorter log ends now. May
run while Lockstep copies. Changes nothing anywhere.
In compacted topics, records on one side only are counted, but no difference.)";

constexpr const char* kStatusFooter = R"(Examples:
  lockstep status
  lockstep status --url http://10.0.0.7:7878 --json

Asks a running Lockstep at the address of http.listen in its configuration.)";

constexpr std::array<std::string_view, 5> kCommands{"run", "check", "verify", "status", "version"};
constexpr std::array<std::string_view, 6> kOptions{"--config", "--log-level", "--json",
                                                   "--url",    "--topics",    "--help"};

/// The parser and the values that it fills; one for each command line.
class CommandLine {
public:
    CommandLine();
    Command parse(const std::vector<std::string>& arguments);

private:
    CLI::App* add_command(const std::string& name, const std::string& about);
    Command chosen() const;
    std::string unknown_word(const std::vector<std::string>& arguments) const;

    CLI::App app_{kAbout, "lockstep"};
    CLI::App* run_ = add_command("run", "Copies what the configuration says.");
    CLI::App* check_ = add_command("check", "Shows what would be copied, and changes nothing.");
    CLI::App* verify_ = add_command("verify", "Compares both sides, record by record.");
    CLI::App* status_ = add_command("status", "Shows how a running Lockstep gets on.");
    CLI::App* version_ = add_command("version", "Prints the version.");
    std::string config_path_;
    std::string log_level_;
    std::vector<std::string> topics_;
    std::string url_ = StatusOptions().url;
    bool as_json_ = false;
};

CommandLine::CommandLine() {
    app_.require_subcommand(1);
    app_.footer(kExamples);
    app_.get_formatter()->column_width(28);
    run_->footer(kRunFooter);
    check_->footer(kCheckFooter);
    verify_->footer(kVerifyFooter);
    status_->footer(kStatusFooter);
    for (CLI::App* command : {run_, check_, verify_}) {
        command->add_option("-c,--config", config_path_, "The configuration, a YAML file")
            ->required()
            ->type_name("FILE");
    }
    run_->add_option("--log-level", log_level_, "Wins over the configuration's log.level")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
        ->type_name("LEVEL");
    verify_->add_option("--topics", topics_, "Names and expressions, instead of the links' topics")
        ->check(
            [](const std::string& pattern) { return topic_pattern_problem(pattern).value_or(""); })
        ->type_name("TOPIC");
    status_->add_option("--url", url_, "Where that Lockstep listens")
        ->type_name("URL")
        ->capture_default_str();
    for (CLI::App* command : {check_, verify_, status_, version_}) {
        command->add_flag("--json", as_json_, "Print JSON, for scripts");
    }
}

CLI::App* CommandLine::add_command(const std::string& name, const std::string& about) {
    CLI::App* command = app_.add_subcommand(name, about);
    command->get_formatter()->column_width(28);
    return command;
}

Command CommandLine::parse(const std::vector<std::string>& arguments) {
    if (arguments.empty()) {
        return CliExit{kExitUsage, app_.help()};
    }
    try {
        app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
        const auto commands = app_.get_subcommands();
        return CliExit{kExitSuccess,
                       commands.empty() ? app_.help() : commands.front()->help("lockstep")};
    } catch (const CLI::ParseError& problem) {
        const std::string unknown = unknown_word(arguments);
        return CliExit{kExitUsage, fmt::format("lockstep: {}\nTry: lockstep --help\n",
                                               unknown.empty() ? problem.what() : unknown)};
    }
    return chosen();
}

Command CommandLine::chosen() const {
    if (run_->parsed()) {
        RunOptions options{config_path_, std::nullopt};
        log::Level level{};
        if (log::parse_level(log_level_, level)) {
            options.log_level = level;
        }
        return options;
    }
    if (check_->parsed()) {
        return CheckOptions{config_path_, as_json_};
    }
    if (verify_->parsed()) {
        return VerifyOptions{config_path_, topics_, as_json_};
    }
    if (status_->parsed()) {
        return StatusOptions{url_, as_json_};
    }
    return VersionOptions{as_json_};
}

/// The first word that is neither a command nor an option, as a sentence; "" where there is none.
/// CLI11 would rather say what is missing because of it.
std::string CommandLine::unknown_word(const std::vector<std::string>& arguments) const {
    const auto sentence = [](std::string_view kind, std::string_view word, auto known) {
        const std::string_view nearest = nearest_word(word, known);
        return fmt::format("there is no {} \"{}\"; ", kind, word) +
               (nearest.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                : fmt::format("did you mean \"{}\"?", nearest));
    };
    const auto is_among = [](const auto& known, std::string_view word) {
        return std::find(known.begin(), known.end(), word) != known.end();
    };
    const std::string& command = arguments.front();
    if (!command.starts_with("-") && !is_among(kCommands, command)) {
        return sentence("command", command, kCommands);
    }
    for (const std::string& word : arguments) {
        const std::string name = word.substr(0, word.find('='));
        if (name.starts_with("--") && !is_among(kOptions, name)) {
            return sentence("option", name, kOptions);
        }
    }
    return "";
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& arguments) {
    return CommandLine().parse(arguments);
}

}  // namespace lockstep::app
