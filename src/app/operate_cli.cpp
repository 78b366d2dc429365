#include "app/operate_cli.h"

#include "model/link_status.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

namespace lockstep::app {
namespace {

constexpr std::array<const char*, 9> kNames{"links",   "topics", "groups", "lag", "explain",
                                            "regions", "pause",  "resume", "logs"};

constexpr const char* kLinksFooter = R"(Examples:
  lockstep links
  lockstep links --json

Asks a running Lockstep; like all commands with --url. Exit code 3: a link has a
problem, or Lockstep cannot be reached.)";

constexpr const char* kTopicsFooter = R"(Example:
  lockstep topics --link east-to-west

Exit code 3: a partition is blocked; 4: none is, but other workers have some of
the partitions, and know.)";

constexpr const char* kGroupsFooter = R"(Example:
  lockstep groups --json

Where each consumer group would find itself on the target if it moved there now.)";

constexpr const char* kLagFooter = R"(Examples:
  lockstep lag
  lockstep lag --max 1000 --link east-to-west

The partitions, those furthest behind first. LAG TIME is the age of the oldest
record that is not copied yet; "?" says that it is not known. With --max, exit
code 3 says that one of them is further behind, or that it is not known how far;
4 that none is, but that other workers have partitions, too: ask each of them.)";

constexpr const char* kExplainFooter = R"(Examples:
  lockstep explain blocked
  lockstep explain blocked orders/3
  lockstep explain retrying
  lockstep explain orders

What was seen, what that means, and what you can choose: of links that do not
work, and of partitions, with a state only of those that are in it. (Where a
topic is called like a state, name its partitions: blocked/0.) Exit code 3: a
link does not work, or something of it is blocked; 4: not as far as this worker
knows, but others have some of the partitions.)";

constexpr const char* kRegionsFooter = R"(Examples:
  lockstep regions
  lockstep regions --json

The clusters by the `region` that the configuration gives them. ROUND TRIP is
that of a small request from where Lockstep runs; IN and OUT are what it copies
in a second. "-": there is none, or it is not measured. Exit code 3: a cluster
cannot be reached.)";

constexpr const char* kPauseFooter = R"(Examples:
  lockstep pause --link east-to-west
  lockstep pause orders
  lockstep pause orders/3 --link east-to-west

What is paused fetches nothing and holds nothing; what was fetched before is
delivered. It stays paused on all workers of the link until `lockstep resume`,
whatever becomes of the connections, and as long as one of them runs. A topic
without --link is paused on all links that have it.)";

constexpr const char* kResumeFooter = R"(Examples:
  lockstep resume --link east-to-west
  lockstep resume orders/3

Goes on where the target's log ends, whichever worker was asked to pause it. A
link or a topic is resumed with all that was paused of it.)";

constexpr const char* kLogsFooter = R"(Examples:
  lockstep logs
  lockstep logs --level debug

Prints the level at which a running Lockstep logs; with --level, changes it
until it ends. The log itself is on its standard error: journalctl -u lockstep.)";

/// What is wrong with "orders/3"; "" where it is fine.
std::string subject_problem(const std::string& text) {
    const size_t slash = text.find('/');
    if (slash == std::string::npos) {
        return text.empty() ? "a topic has a name" : "";
    }
    int32_t partition = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + slash + 1, end, partition);
    return slash > 0 && read.ec == std::errc() && read.ptr == end && partition >= 0
               ? ""
               : fmt::format("\"{}\" is no TOPIC or TOPIC/PARTITION; write for example orders/3",
                             text);
}

}  // namespace

OperateCommands::OperateCommands(CLI::App& app) : app_(app) {
    add(OperateVerb::links, "Shows the links of a running Lockstep.", kLinksFooter);
    add(OperateVerb::topics, "Shows its topics: states, lag, speed.", kTopicsFooter);
    add(OperateVerb::groups, "Shows where groups would be on the target.", kGroupsFooter);
    CLI::App* lag = add(OperateVerb::lag, "Shows how far partitions are behind.", kLagFooter);
    lag->add_option("--max", most_records_, "More records than that are trouble: exit code 3")
        ->check([](const std::string& text) {
            return text.starts_with('-') ? std::string("it must be 0 or more") : std::string();
        })
        ->type_name("RECORDS");
    add(OperateVerb::explain, "Says what a state means, and what to do.", kExplainFooter);
    add(OperateVerb::regions, "Shows regions: health, distance, speed.", kRegionsFooter);
    add(OperateVerb::pause, "Pauses a link, a topic or a partition.", kPauseFooter);
    add(OperateVerb::resume, "Lets go on what was paused.", kResumeFooter);
    CLI::App* logs = add(OperateVerb::logs, "Shows or sets how much it logs.", kLogsFooter);
    logs->add_option("--level", level_, "Log that from now on")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
        ->type_name("LEVEL");
    add_subject(OperateVerb::explain, "[STATE] [TOPIC[/PARTITION]]");
    add_subject(OperateVerb::pause, "TOPIC or TOPIC/PARTITION; else the whole --link");
    add_subject(OperateVerb::resume, "TOPIC or TOPIC/PARTITION; else the whole --link");
}

CLI::App* OperateCommands::add(OperateVerb verb, const std::string& about, const char* footer) {
    CLI::App* command = app_.add_subcommand(kNames[static_cast<size_t>(verb)], about);
    command->get_formatter()->column_width(28);
    command->group(kOfARunningOne);
    command->footer(footer);
    command->add_option("--url", url_, "Where that Lockstep listens")
        ->type_name("URL")
        ->capture_default_str();
    if (verb != OperateVerb::logs && verb != OperateVerb::regions) {
        command->add_option("--link", link_, "One link; else all")->type_name("NAME");
    }
    command->add_flag("--json", as_json_, "Print JSON, for scripts");
    commands_[static_cast<size_t>(verb)] = command;
    return command;
}

void OperateCommands::add_subject(OperateVerb verb, const std::string& about) {
    CLI::App* command = commands_[static_cast<size_t>(verb)];
    CLI::Option* what = command->add_option("what", subject_, about)->type_name("");
    if (verb != OperateVerb::explain) {
        what->expected(0, 1);
    }
    command->final_callback([this, verb] {
        const auto rest = subject_.begin() + (begins_with_state(verb) ? 1 : 0);
        if (subject_.end() - rest > 1) {
            throw CLI::ValidationError("what", "name one TOPIC or TOPIC/PARTITION");
        }
        const std::string problem = rest == subject_.end() ? "" : subject_problem(*rest);
        if (!problem.empty()) {
            throw CLI::ValidationError("what", problem);
        }
        if (verb != OperateVerb::explain && subject_.empty() && link_.empty()) {
            throw CLI::ValidationError("what", "name a topic, a link with --link, or both");
        }
    });
}

bool OperateCommands::begins_with_state(OperateVerb verb) const {
    return verb == OperateVerb::explain && !subject_.empty() &&
           std::ranges::any_of(kAllPartitionStates, [this](PartitionState state) {
               return to_string(state) == subject_.front();
           });
}

std::optional<OperateOptions> OperateCommands::chosen() const {
    const auto command =
        std::ranges::find_if(commands_, [](const CLI::App* each) { return each->parsed(); });
    if (command == commands_.end()) {
        return std::nullopt;
    }
    OperateOptions options;
    options.verb = static_cast<OperateVerb>(command - commands_.begin());
    options.url = url_;
    options.as_json = as_json_;
    options.link = link_;
    options.most_records = most_records_;
    options.state = begins_with_state(options.verb) ? subject_.front() : "";
    if (subject_.size() > (options.state.empty() ? 0 : 1)) {
        const std::string& subject = subject_.back();
        const size_t slash = subject.find('/');
        options.topic = subject.substr(0, slash);
        if (slash != std::string::npos) {
            options.partition = std::stoi(subject.substr(slash + 1));
        }
    }
    log::Level level{};
    if (log::parse_level(level_, level)) {
        options.level = level;
    }
    return options;
}

}  // namespace lockstep::app
