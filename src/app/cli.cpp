#include "app/cli.h"

#include "app/cli_pages.h"
#include "app/cli_refusal.h"
#include "app/config_values.h"
#include "app/demo_layout.h"
#include "app/exit_code.h"
#include "app/operate_cli.h"
#include "base/text.h"
#include "base/version.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>

namespace lockstep::app {
namespace {

constexpr const char* kAbout =
    R"(Lockstep copies topics from one Kafka cluster to another: the same records, the
same partitions, the same offsets, without unpacking a single batch.)";

constexpr const char* kExamples = R"(Examples:
  lockstep check -c lockstep.yaml      what would be copied; changes nothing
  lockstep plan -c lockstep.yaml       the same, with routes, sizes and times
  lockstep apply -c lockstep.yaml      make it the desired state (run --follow)
  lockstep run -c lockstep.yaml        copy, until Ctrl-C or SIGTERM
  lockstep verify -c lockstep.yaml     compare both sides, record by record
  lockstep cut -c lockstep.yaml        where the target tears no transaction
  lockstep status --watch              how a running Lockstep gets on
  lockstep explain blocked             what is blocked, why, and what to do
  lockstep regions                     how its clusters are, and how far away
  lockstep pause orders                copies no more of a topic, until resume
  lockstep import mm2.properties       a configuration from MirrorMaker 2's
  lockstep demo                        see it at work; needs no Kafka
  lockstep sandbox --clusters 2        Kafka clusters in memory, to try things
  lockstep run --help                  the options of one command

Exit codes:
  0  all went well
  1  failure
  2  the command line or the configuration is wrong; nothing was touched
  3  check, plan, diff, verify, cut, import --continue, demo, and the commands
     that ask a running Lockstep: something differs, is blocked, is not known or
     cannot be reached
  4  status, topics, explain, lag --max: all is well as far as the worker that
     was asked knows, but others of its fleet have partitions, too: ask them

Documentation: docs/configuration.md describes every key of the configuration,
docs/operations.md how to run it; the package has both, and more, in
/usr/share/doc/lockstep.)";

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

constexpr const char* kPlanFooter = R"(Examples:
  lockstep plan -c lockstep.yaml
  lockstep plan -c lockstep.yaml --rate 200MiB --json

Prints what `run` would do: by which way each cluster's records come to each
other one, and for each link its topics, partitions and groups, what cannot be
kept and why, and how much there is to copy. Fails where records would come
twice or come back. Of a mesh with `routes: cheapest` it says which routes the
measured round trips would give. Changes nothing anywhere.
Sizes need DESCRIBE on the source clusters. What a link relays is counted for
each link that it crosses; where several clusters' records are in a topic, what
is to be copied is at most so much. The time is that of all at --rate, or of the
link whose `bandwidth` makes it take longer.)";

constexpr const char* kStateFooter = R"(Examples:
  lockstep apply -c lockstep.yaml
  lockstep diff -c lockstep.yaml
  lockstep rollback 3 -c lockstep.yaml

The desired state is a configuration that is kept on a cluster, in the compacted
topic __lockstep_config, each version with who applied it and when. A Lockstep
that is started by `run --follow` makes itself what the newest version says,
within 2 s. `diff` ends with 3 where there is a difference. `apply` takes only
files whose secrets are references: ${file:/path} or ${env:NAME}. With --json
each says in one object what it did or found.)";

constexpr const char* kVerifyFooter = R"(Examples:
  lockstep verify -c lockstep.yaml
  lockstep verify -c lockstep.yaml --topics "orders.*" --rate 10MiB --json

Reads every record of both sides, as a consumer would, and compares offsets,
timestamps, keys, values and headers, once, up to where the source ends when it
begins. May run while Lockstep copies: it waits up to --wait for the target to
come there. What is missing then, is told as "records not copied yet", and the
exit code is 3, as where something differs. Changes nothing anywhere.
In compacted topics, records on one side only are counted, but no difference.
`lockstep run` compares all the time, see limits.verify_rate; its status and
metrics say up to where the copy is the same.)";

constexpr const char* kCutFooter = R"(Examples:
  lockstep cut -c lockstep.yaml
  lockstep cut -c lockstep.yaml --link east-to-west --json

Each partition was copied up to some offset, and a transaction of the source may
be there whole in one and missing in another. Prints, for each partition, the
largest offset up to which the target has all of each transaction or nothing of
it, and the transactions that are behind it. Reads both clusters; may run while
Lockstep copies. Changes nothing anywhere.)";

constexpr const char* kStatusFooter = R"(Examples:
  lockstep status
  lockstep status --watch --interval 5
  lockstep status --url http://10.0.0.7:7878 --json

Asks a running Lockstep at the address of http.listen in its configuration.
LAG TIME is the age of the oldest record that is not copied yet. UNVERIFIED are
copied offsets that `run` has not read back and compared with the source yet.
"?": not known; "-": not compared. Exit code 3: a link has a problem, something
is blocked or differs, or Lockstep cannot be reached; 4: nothing of that, but
other workers have some of the partitions. With --watch, until Ctrl-C; then the
exit code is that of the last look. The environment variable LOCKSTEP_TOKEN
holds the token, where that wants one; LOCKSTEP_CA names a PEM file of whom to
trust, for https://.)";

constexpr const char* kCompletionFooter = R"(Examples:
  source <(lockstep completion bash)
  lockstep completion zsh > ~/.zsh/completions/_lockstep
  lockstep completion fish > ~/.config/fish/completions/lockstep.fish)";

constexpr const char* kManualFooter = R"(Example:
  lockstep manual | man -l -)";

constexpr const char* kImportFooter = R"(Examples:
  lockstep import mm2.properties
  lockstep import mirror.yaml --output -
  lockstep import --continue mm2.properties
  lockstep import --continue --draft mm2.properties
  lockstep import --continue mm2.properties --config lockstep.yaml

Reads the properties of a dedicated MirrorMaker 2, or Strimzi's resource of kind
KafkaMirrorMaker2, and writes a configuration that copies the same topics. Each
setting stands in a comment: taken, changed (why), not needed (why), or by hand
where somebody has to look at it. Connects to nothing, and overwrites nothing.

With --continue, links go on with the topics that MirrorMaker 2 has written,
under the names that it gave them: stop it first, then both clusters are read to
find where it has stopped, and that is stored on the target. Nothing is copied
again. Where something has to be done by hand first, as for certificates that
are not PEM: --draft writes the file, and --config goes on with it.

docs/from-mirrormaker2.md (the package has it in /usr/share/doc/lockstep) tells
what is otherwise, and how to go over.)";

constexpr const char* kSandboxFooter = R"(Examples:
  lockstep sandbox
  lockstep sandbox --clusters 3 --brokers 3 --port 19092
  lockstep sandbox --data-dir ./data --fsync
  lockstep sandbox --sasl admin:secret --sasl alice:wonder --authorizer
  lockstep sandbox --broker-config message.max.bytes=2000000

Clusters in memory that Kafka clients take for real ones: for development, tests
and demos, never for data that is worth keeping. Each broker has a port of its
own: the first --port, the others those behind it. Ctrl-C ends it, and all
records are gone then.

Lines on its standard input do by hand what it never does by itself, and each is
answered: kill BROKER, restart BROKER, compact TOPIC, elect TOPIC/PARTITION (an
unclean election), help. With several clusters, the cluster's name comes last,
as in: kill 2 cluster-1.

With --sasl, clients log in by PLAIN or SCRAM, without
TLS; with --authorizer the first of these users may do everything, and others
only what ACLs allow them.

With --data-dir, everything is written to that directory as well, and is there
again at the next start, also after kill -9; with --fsync, also after a crash of
the machine.)";

constexpr const char* kDemoFooter = R"(Examples:
  lockstep demo
  lockstep demo --strategy mesh
  lockstep demo --strategy hub-spoke --rate 1000
  echo "at 3s cut berlin-paris
  at 6s heal
  at 10s quit" | lockstep demo --script -

Two or three Kafka clusters in memory, programs that write to them, and Lockstep
between them, with a live view. Keys break things: h shows them all, q quits.
Nothing is kept. Kafka clients may connect to the addresses that it shows.

The strategies are those of "replications" in docs/configuration.md:
  active-passive   berlin is written to; paris is a copy, offsets and groups too
  active-active    berlin and paris are written to
  hub-spoke        all three are; paris and london copy by way of berlin
  mesh             all three are; each copies from each other one

Lines of a script are "at TIME ACTION"; the actions are:
  cut LINK, heal [LINK]                    pause, resume, quit
  kill-broker CLUSTER NUMBER               restart-broker CLUSTER NUMBER
  kill-cluster CLUSTER                     restart-cluster CLUSTER
  delete-topic TOPIC, create-topic TOPIC   add-partition TOPIC
  lose-records TOPIC PARTITION             an unclean election
Links are called SOURCE-TARGET; what is done to topics is done at berlin.
With a script or --seconds, it ends with code 0 if in the end every copy is the
same as its source, and proved to be; else with 3.)";

std::string version_text() {
    return fmt::format("lockstep {}", kVersion);
}

/// What is wrong with a number of bytes a second; "" where it is fine.
std::string rate_problem(const std::string& rate) {
    const auto bytes = parse_byte_size(rate);
    return bytes.has_value() && *bytes > 0
               ? ""
               : fmt::format("\"{}\" is no size above 0; write for example 16MiB", rate);
}

/// "key=value".
std::pair<std::string, std::string> broker_setting(const std::string& text) {
    const size_t equals = text.find('=');
    return {text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
}

/// What is wrong with a setting of --broker-config; "" where it is fine.
std::string broker_setting_problem(const std::string& text) {
    const size_t equals = text.find('=');
    return equals == std::string::npos || equals == 0
               ? fmt::format("\"{}\" is no setting; write for example num.partitions=3", text)
               : "";
}

SandboxUser sandbox_user(const std::string& text) {
    const size_t colon = text.find(':');
    return {text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
}

/// What is wrong with a user of --sasl; "" where it is fine. Never tells what may be a password.
std::string user_problem(const std::string& text) {
    const SandboxUser user = sandbox_user(text);
    return user.name.empty() || user.password.empty()
               ? "users are written NAME:PASSWORD, for example alice:wonder"
               : "";
}

/// The parser and the values that it fills; one for each command line.
class CommandLine {
public:
    CommandLine();
    Command parse(const std::vector<std::string>& arguments);

private:
    CLI::App* add_command(const std::string& name, const std::string& about);
    void sort_into_groups();
    void add_import_options();
    void add_state_options();
    void add_status_options();
    void add_sandbox_options();
    void add_demo_options();
    Command chosen() const;

    CLI::App app_{kAbout, "lockstep"};
    CLI::App* check_ = add_command("check", "Shows what would be copied, and changes nothing.");
    CLI::App* plan_ = add_command("plan", "Shows routes and what would be done.");
    CLI::App* run_ = add_command("run", "Copies what the configuration says.");
    CLI::App* verify_ = add_command("verify", "Compares both sides, record by record.");
    CLI::App* cut_ = add_command("cut", "Finds where the target tears no transaction.");
    CLI::App* status_ = add_command("status", "Shows how a running Lockstep gets on.");
    OperateCommands operate_{app_};
    CLI::App* apply_ = add_command("apply", "Makes a configuration the desired state.");
    CLI::App* diff_ = add_command("diff", "Compares it with the desired state.");
    CLI::App* history_ = add_command("history", "Lists the versions of the desired state.");
    CLI::App* rollback_ = add_command("rollback", "Makes a former version the desired state.");
    CLI::App* import_ = add_command("import", "Writes a configuration from MirrorMaker 2's.");
    CLI::App* demo_ = add_command("demo", "Shows it at work: clusters in memory, a live view.");
    CLI::App* sandbox_ = add_command("sandbox", "Runs Kafka clusters in memory, to try things.");
    CLI::App* completion_ = add_command("completion", "Prints what a shell completes it by.");
    CLI::App* manual_ = add_command("manual", "Prints the manual page, for man.");
    CLI::App* version_ = add_command("version", "Prints the version.");
    std::string config_path_;
    std::string log_level_;
    std::vector<std::string> topics_;
    std::string rate_;
    int wait_seconds_ = 10;
    std::string plan_rate_ = "50MiB";
    std::string cluster_;
    int64_t version_number_ = 0;
    bool is_following_ = false;
    std::string state_directory_;
    bool is_once_ = false;
    std::string link_;
    std::string shell_;
    bool as_json_ = false;
    ImportOptions import_options_;
    StatusOptions status_options_;
    SandboxOptions sandbox_options_;
    DemoOptions demo_options_;
    std::vector<std::string> sandbox_users_;
    std::vector<std::string> broker_settings_;
};

CommandLine::CommandLine() {
    app_.require_subcommand(1);
    app_.footer(kExamples);
    app_.get_formatter()->column_width(28);
    app_.set_version_flag("-V,--version", version_text(), "Print the version");
    sort_into_groups();
    run_->footer(kRunFooter);
    check_->footer(kCheckFooter);
    plan_->footer(kPlanFooter);
    add_state_options();
    verify_->footer(kVerifyFooter);
    cut_->footer(kCutFooter);
    status_->footer(kStatusFooter);
    add_import_options();
    add_sandbox_options();
    add_demo_options();
    completion_->footer(kCompletionFooter);
    completion_->add_option("shell", shell_, "Which: bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    manual_->footer(kManualFooter);
    for (CLI::App* command :
         {run_, check_, plan_, apply_, diff_, history_, rollback_, verify_, cut_}) {
        command->add_option("-c,--config", config_path_, "The configuration, a YAML file")
            ->required()
            ->type_name("FILE");
    }
    run_->add_option("--log-level", log_level_, "Wins over the configuration's log.level")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
        ->type_name("LEVEL");
    verify_->add_option("--topics", topics_, "Of the links' topics, only those; may be repeated")
        ->check(
            [](const std::string& pattern) { return topic_pattern_problem(pattern).value_or(""); })
        ->type_name("TOPIC");
    verify_->add_option("--rate", rate_, "Read at most so much a second from each cluster")
        ->check([](const std::string& rate) { return rate_problem(rate); })
        ->type_name("BYTES");
    plan_->add_option("--rate", plan_rate_, "What all links copy in a second, to tell the time")
        ->check([](const std::string& rate) { return rate_problem(rate); })
        ->type_name("BYTES")
        ->capture_default_str();
    verify_->add_option("--wait", wait_seconds_, "How long for what is not copied yet")
        ->check(CLI::Range(0, 86'400))
        ->type_name("SECONDS")
        ->capture_default_str();
    verify_->add_flag("--once", is_once_, "Changes nothing: it always compares once");
    cut_->add_option("--link", link_, "One link of the configuration; else all")->type_name("NAME");
    add_status_options();
    for (CLI::App* command :
         {check_, plan_, apply_, diff_, history_, rollback_, verify_, cut_, status_, version_}) {
        command->add_flag("--json", as_json_, "Print JSON, for scripts");
    }
}

/// As --help lists them: in the order in which people need them.
void CommandLine::sort_into_groups() {
    constexpr const char* kCopying = "Copying";
    constexpr const char* kState = "The desired state on a cluster";
    constexpr const char* kOthers = "Others";
    for (CLI::App* command : {check_, plan_, run_, verify_, cut_}) {
        command->group(kCopying);
    }
    for (CLI::App* command : {apply_, diff_, history_, rollback_}) {
        command->group(kState);
    }
    for (CLI::App* command : {import_, demo_, sandbox_, completion_, manual_, version_}) {
        command->group(kOthers);
    }
    status_->group(kOfARunningOne);
}

void CommandLine::add_import_options() {
    import_->footer(kImportFooter);
    import_->add_option("FILE", import_options_.input_path, "MirrorMaker 2's configuration")
        ->required();
    import_->add_option("-o,--output", import_options_.output_path, "Where to write; -: print it")
        ->type_name("FILE")
        ->capture_default_str();
    CLI::Option* continues = import_->add_flag("--continue", import_options_.is_continuing,
                                               "Go on where a MirrorMaker 2 has stopped");
    CLI::Option* draft = import_->add_flag("--draft", import_options_.is_draft,
                                           "Only write what --continue would go on with");
    import_->add_option("-c,--config", import_options_.config_path,
                        "Go on as this finished draft says")
        ->type_name("FILE")
        ->needs(continues)
        ->excludes(draft);
    draft->needs(continues);
}

void CommandLine::add_state_options() {
    for (CLI::App* command : {apply_, diff_, history_, rollback_}) {
        command->footer(kStateFooter);
        command->add_option("--cluster", cluster_, "Where it is kept; else the file's first one")
            ->type_name("NAME");
    }
    rollback_->add_option("version", version_number_, "As `history` numbers them")
        ->required()
        ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
    run_->add_flag("--follow", is_following_, "Follow the desired state on the first cluster");
    run_->add_option("--state-dir", state_directory_,
                     "Keeps its turn over a restart: docs/operations.md")
        ->type_name("DIR");
}

void CommandLine::add_status_options() {
    StatusOptions& options = status_options_;
    status_->add_option("--url", options.url, "Where that Lockstep listens")
        ->type_name("URL")
        ->capture_default_str();
    status_->add_option("--link", options.link, "One link; else all")->type_name("NAME");
    CLI::Option* watch = status_->add_flag("--watch", options.is_watch, "Look again and again");
    status_->add_option("--interval", options.interval_seconds, "Between looks, with --watch")
        ->needs(watch)
        ->check(CLI::Range(1, 3600))
        ->type_name("SECONDS")
        ->capture_default_str();
}

void CommandLine::add_sandbox_options() {
    SandboxOptions& options = sandbox_options_;
    sandbox_->footer(kSandboxFooter);
    sandbox_->add_option("--clusters", options.clusters, "How many clusters")
        ->check(CLI::Range(1, 20))
        ->type_name("COUNT")
        ->capture_default_str();
    sandbox_->add_option("--brokers", options.brokers, "Brokers of each cluster")
        ->check(CLI::Range(1, 20))
        ->type_name("COUNT")
        ->capture_default_str();
    sandbox_->add_option("--partitions", options.partitions, "Of topics that come by being used")
        ->check(CLI::Range(1, 1000))
        ->type_name("COUNT")
        ->capture_default_str();
    sandbox_->add_option("--host", options.host, "The address to listen at")
        ->type_name("ADDRESS")
        ->capture_default_str();
    sandbox_->add_option("--port", options.port, "The first broker's port; 0: any")
        ->type_name("PORT")
        ->capture_default_str();
    sandbox_->add_option("--kafka", options.kafka, "As which version of Kafka they behave")
        ->check(CLI::IsMember({"4.3", "3.9", "2.8"}))
        ->type_name("VERSION")
        ->capture_default_str();
    CLI::Option* data_dir =
        sandbox_->add_option("--data-dir", options.data_dir, "Keep everything in this directory")
            ->type_name("DIR");
    sandbox_->add_flag("--fsync", options.has_fsync, "Answer once it is on the disk")
        ->needs(data_dir);
    CLI::Option* sasl =
        sandbox_->add_option("--sasl", sandbox_users_, "Who may log in; may be repeated")
            ->check([](const std::string& text) { return user_problem(text); })
            ->type_name("USER:PASSWORD");
    sandbox_->add_flag("--authorizer", options.has_authorizer, "ACLs count; needs --sasl")
        ->needs(sasl);
    sandbox_->add_option("--broker-config", broker_settings_, "As in a broker's server.properties")
        ->check([](const std::string& text) { return broker_setting_problem(text); })
        ->type_name("KEY=VALUE");
}

void CommandLine::add_demo_options() {
    DemoOptions& options = demo_options_;
    demo_->footer(kDemoFooter);
    demo_
        ->add_option("--strategy", options.strategy,
                     "active-passive, active-active, hub-spoke or mesh")
        ->check(CLI::IsMember(demo_strategies()))
        ->type_name("NAME")
        ->capture_default_str();
    demo_->add_option("--script", options.script, "What happens when; -: from standard input")
        ->type_name("FILE");
    demo_->add_option("--seconds", options.seconds, "How long; else until it is ended")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("COUNT");
    demo_->add_option("--rate", options.rate, "Records a second, to each cluster written to")
        ->check(CLI::Range(1, 50'000))
        ->type_name("COUNT")
        ->capture_default_str();
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
    } catch (const CLI::CallForVersion&) {
        return CliExit{kExitSuccess, version_text() + "\n"};
    } catch (const CLI::ParseError& problem) {
        return refusal_of(app_, arguments, problem.what());
    }
    return chosen();
}

Command CommandLine::chosen() const {
    if (run_->parsed()) {
        RunOptions options{config_path_, std::nullopt, is_following_, state_directory_};
        log::Level level{};
        if (log::parse_level(log_level_, level)) {
            options.log_level = level;
        }
        return options;
    }
    using Action = StateOptions::Action;
    for (const auto& [command, action] :
         {std::pair{apply_, Action::apply}, std::pair{diff_, Action::diff},
          std::pair{history_, Action::history}, std::pair{rollback_, Action::rollback}}) {
        if (command->parsed()) {
            return StateOptions{action, config_path_, cluster_, version_number_, as_json_};
        }
    }
    if (plan_->parsed()) {
        return PlanOptions{config_path_, *parse_byte_size(plan_rate_), as_json_};
    }
    if (check_->parsed()) {
        return CheckOptions{config_path_, as_json_};
    }
    if (verify_->parsed()) {
        VerifyOptions options{config_path_, topics_, as_json_, std::nullopt, wait_seconds_};
        if (!rate_.empty()) {
            options.bytes_per_second = *parse_byte_size(rate_);
        }
        return options;
    }
    if (cut_->parsed()) {
        return CutOptions{config_path_, link_, as_json_};
    }
    if (status_->parsed()) {
        StatusOptions options = status_options_;
        options.as_json = as_json_;
        return options;
    }
    if (import_->parsed()) {
        return import_options_;
    }
    if (sandbox_->parsed()) {
        SandboxOptions options = sandbox_options_;
        for (const std::string& user : sandbox_users_) {
            options.users.push_back(sandbox_user(user));
        }
        for (const std::string& setting : broker_settings_) {
            options.broker_config.insert_or_assign(broker_setting(setting).first,
                                                   broker_setting(setting).second);
        }
        return options;
    }
    if (demo_->parsed()) {
        return demo_options_;
    }
    if (completion_->parsed()) {
        const Shell shell = shell_ == "bash"  ? Shell::bash
                            : shell_ == "zsh" ? Shell::zsh
                                              : Shell::fish;
        return CliExit{kExitSuccess, completion_script(app_, shell)};
    }
    if (manual_->parsed()) {
        return CliExit{kExitSuccess, manual_page(app_)};
    }
    if (auto options = operate_.chosen()) {
        return *std::move(options);
    }
    return VersionOptions{as_json_};
}

}  // namespace

Command parse_command_line(const std::vector<std::string>& arguments) {
    return CommandLine().parse(arguments);
}

}  // namespace lockstep::app
