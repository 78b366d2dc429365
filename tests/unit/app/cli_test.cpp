#include "app/cli.h"

#include "app/config_file.h"
#include "app/demo_layout.h"
#include "app/status_command.h"
#include "base/version.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace lockstep::app {
namespace {

CliExit exit_of(const std::vector<std::string>& arguments) {
    const Command command = parse_command_line(arguments);
    const auto* exit = std::get_if<CliExit>(&command);
    return exit != nullptr ? *exit : CliExit{-1, "a command was found"};
}

template <typename Options>
Options options_of(const std::vector<std::string>& arguments) {
    const Command command = parse_command_line(arguments);
    const auto* options = std::get_if<Options>(&command);
    EXPECT_NE(options, nullptr) << std::get<CliExit>(command).text;
    return options != nullptr ? *options : Options();
}

TEST(Cli, ReadsRun) {
    const auto options = options_of<RunOptions>({"run", "-c", "a.yaml"});
    EXPECT_EQ(options.config_path, "a.yaml");
    EXPECT_FALSE(options.log_level.has_value());
}

TEST(Cli, ReadsTheLogLevel) {
    const auto options = options_of<RunOptions>({"run", "--config=a.yaml", "--log-level", "debug"});
    EXPECT_EQ(options.log_level, log::Level::debug);
}

TEST(Cli, ReadsCheck) {
    const auto options = options_of<CheckOptions>({"check", "-c", "a.yaml", "--json"});
    EXPECT_EQ(options.config_path, "a.yaml");
    EXPECT_TRUE(options.as_json);
}

TEST(Cli, ReadsStatus_WithADefaultUrl) {
    EXPECT_EQ(options_of<StatusOptions>({"status"}).url, "http://127.0.0.1:7878");
    EXPECT_FALSE(options_of<StatusOptions>({"status"}).as_json);
    EXPECT_EQ(options_of<StatusOptions>({"status", "--url", "http://x:1"}).url, "http://x:1");
}

TEST(Cli, ReadsCut) {
    const auto all = options_of<CutOptions>({"cut", "-c", "a.yaml"});
    EXPECT_EQ(all.config_path, "a.yaml");
    EXPECT_EQ(all.link, "");
    EXPECT_FALSE(all.as_json);
    const auto one = options_of<CutOptions>({"cut", "-c", "a.yaml", "--link", "east", "--json"});
    EXPECT_EQ(one.link, "east");
    EXPECT_TRUE(one.as_json);
}

TEST(Cli, ReadsVersion) {
    const auto verify = options_of<VerifyOptions>(
        {"verify", "-c", "x.yaml", "--topics", "orders", "pay.*", "--json"});
    EXPECT_EQ(verify.config_path, "x.yaml");
    EXPECT_EQ(verify.topics, (std::vector<std::string>{"orders", "pay.*"}));
    EXPECT_TRUE(verify.as_json);
    EXPECT_FALSE(verify.bytes_per_second.has_value());
    EXPECT_TRUE(options_of<VersionOptions>({"version", "--json"}).as_json);
}

TEST(Cli, ReadsHowVerifyIsNarrowed) {
    const auto verify =
        options_of<VerifyOptions>({"verify", "-c", "x.yaml", "--topics", "orders", "--rate",
                                   "10MiB", "--once", "--topics", "pay.*"});
    EXPECT_EQ(verify.topics, (std::vector<std::string>{"orders", "pay.*"}));
    EXPECT_EQ(verify.bytes_per_second, 10 << 20);
    EXPECT_EQ(verify.wait_seconds, 10);
    EXPECT_EQ(options_of<VerifyOptions>({"verify", "-c", "a", "--wait", "0"}).wait_seconds, 0);
}

TEST(Cli, ReadsDemo) {
    const auto plain = options_of<DemoOptions>({"demo"});
    EXPECT_EQ(plain.strategy, "active-passive");
    EXPECT_EQ(plain.script, "");
    EXPECT_FALSE(plain.seconds.has_value());
    EXPECT_EQ(plain.rate, 300);
    const auto full = options_of<DemoOptions>(
        {"demo", "--strategy", "hub-spoke", "--script", "-", "--seconds", "20", "--rate", "50"});
    EXPECT_EQ(full.strategy, "hub-spoke");
    EXPECT_EQ(full.script, "-");
    EXPECT_EQ(full.seconds, 20);
    EXPECT_EQ(full.rate, 50);
    for (const std::string& strategy : demo_strategies()) {
        EXPECT_EQ(options_of<DemoOptions>({"demo", "--strategy", strategy}).strategy, strategy);
    }
}

TEST(Cli, ReadsWhoMayLogInAtASandbox) {
    const auto options = options_of<SandboxOptions>(
        {"sandbox", "--sasl", "admin:secret", "--sasl", "alice:won:der", "--authorizer"});
    ASSERT_EQ(options.users.size(), 2U);
    EXPECT_EQ(options.users[0].name, "admin");
    EXPECT_EQ(options.users[1].password, "won:der");
    EXPECT_TRUE(options.has_authorizer);
    EXPECT_TRUE(options_of<SandboxOptions>({"sandbox"}).users.empty());
}

TEST(Cli, ReadsWhatToImport) {
    const auto plain = options_of<ImportOptions>({"import", "mm2.properties"});
    EXPECT_EQ(plain.input_path, "mm2.properties");
    EXPECT_EQ(plain.output_path, "lockstep.yaml");
    EXPECT_EQ(options_of<ImportOptions>({"import", "mm2.properties", "-o", "-"}).output_path, "-");
    EXPECT_EQ(exit_of({"import"}).code, 2);
}

TEST(Cli, ReadsSettingsOfASandboxsBrokers) {
    const auto options =
        options_of<SandboxOptions>({"sandbox", "--broker-config", "a.b=1", "--broker-config",
                                    "c=d=e", "--broker-config", "empty="});
    const std::map<std::string, std::string> expected{{"a.b", "1"}, {"c", "d=e"}, {"empty", ""}};
    EXPECT_EQ(options.broker_config, expected);
    for (const char* wrong : {"a.b", "=1"}) {
        EXPECT_EQ(exit_of({"sandbox", "--broker-config", wrong}).code, 2) << wrong;
    }
}

TEST(Cli, ShowsHelp_AndSucceeds) {
    const CliExit help = exit_of({"--help"});
    EXPECT_EQ(help.code, 0);
    for (const char* part : {"run", "check", "status", "version",
                             "Examples:", "Exit codes:", "docs/configuration.md"}) {
        EXPECT_NE(help.text.find(part), std::string::npos) << part;
    }
}

TEST(Cli, ShowsItsVersion) {
    for (const char* flag : {"--version", "-V"}) {
        EXPECT_EQ(exit_of({flag}).code, 0);
        EXPECT_EQ(exit_of({flag}).text, std::string("lockstep ") + std::string(kVersion) + "\n");
    }
}

TEST(Cli, ListsCommandsInGroups_TheFirstStepsFirst) {
    const std::string text = exit_of({"--help"}).text;
    size_t before = 0;
    for (const char* next : {"Copying:", "  check ", "  run ", "Asking and steering", "  status ",
                             "  pause ", "The desired state", "  apply ", "Others:", "  demo "}) {
        const size_t found = text.find(next, before);
        ASSERT_NE(found, std::string::npos) << next;
        before = found;
    }
}

TEST(Cli, ShowsHelpOfACommand) {
    const CliExit help = exit_of({"run", "--help"});
    EXPECT_EQ(help.code, 0);
    for (const char* part : {"--config", "--log-level", "SIGTERM", "Example:"}) {
        EXPECT_NE(help.text.find(part), std::string::npos) << help.text;
    }
}

TEST(Cli, HelpFitsIn80Columns) {
    for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                      {"run", "--help"},
                                                      {"check", "--help"},
                                                      {"verify", "--help"},
                                                      {"cut", "--help"},
                                                      {"status", "--help"},
                                                      {"sandbox", "--help"},
                                                      {"demo", "--help"},
                                                      {"version", "--help"}}) {
        std::istringstream lines(exit_of(arguments).text);
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80u) << line;
        }
    }
}

struct WrongLine {
    const char* name;
    std::vector<std::string> arguments;
    const char* text;
    const char* whose = "";  // help tells more
};

void PrintTo(const WrongLine& wrong, std::ostream* out) {
    *out << wrong.name;
}

class WrongCommandLines : public testing::TestWithParam<WrongLine> {};

TEST_P(WrongCommandLines, ExitWith2_AndSayWhatIsWrong) {
    const CliExit exit = exit_of(GetParam().arguments);
    EXPECT_EQ(exit.code, 2);
    EXPECT_EQ(exit.text,
              std::string(GetParam().text) + "\nTry: lockstep " + GetParam().whose + "--help\n");
}

INSTANTIATE_TEST_SUITE_P(
    Cli, WrongCommandLines,
    testing::Values(
        WrongLine{"Misspelled",
                  {"stauts"},
                  "lockstep: there is no command \"stauts\"; did you mean \"status\"?"},
        WrongLine{"Unknown",
                  {"replicate-everything"},
                  "lockstep: there is no command \"replicate-everything\"; there are check, "
                  "plan, run, verify, cut, status, links, topics, groups, lag, explain, regions, "
                  "pause, resume, logs, apply, diff, history, rollback, import, demo, sandbox, "
                  "completion, manual, version"},
        WrongLine{"NoConfig",
                  {"run"},
                  "lockstep: --config is required: lockstep run -c lockstep.yaml",
                  "run "},
        WrongLine{"ConfigByItsPlace",
                  {"check", "east.yaml", "--json"},
                  "lockstep: --config is required: lockstep check -c east.yaml",
                  "check "},
        WrongLine{"NoValue", {"run", "-c"}, "lockstep: --config: 1 required FILE missing", "run "},
        WrongLine{"BadLevel",
                  {"run", "-c", "a", "--log-level", "loud"},
                  "lockstep: --log-level: loud not in {trace,debug,info,warn,error,off}",
                  "run "},
        WrongLine{"MisspelledOption",
                  {"run", "--confg", "a"},
                  "lockstep: there is no option \"--confg\"; did you mean \"--config\"?",
                  "run "},
        WrongLine{"OptionOfAnother",
                  {"run", "-c", "a", "--json"},
                  "lockstep: there is no option \"--json\"; there are --config, --follow, --help, "
                  "--log-level, --state-dir, -c, -h",
                  "run "},
        WrongLine{"ShortOption",
                  {"lag", "-o", "json"},
                  "lockstep: there is no option \"-o\"; there are --help, --json, --link, --max, "
                  "--url, -h",
                  "lag "},
        WrongLine{
            "Negative", {"lag", "--max", "-1"}, "lockstep: --max: it must be 0 or more", "lag "},
        WrongLine{
            "OptionOfNoCommand",
            {"--verbose"},
            "lockstep: there is no option \"--verbose\"; there are --help, --version, -V, -h"},
        WrongLine{"NoRate",
                  {"verify", "-c", "a", "--rate", "fast"},
                  "lockstep: --rate: \"fast\" is no size above 0; write for example 16MiB",
                  "verify "},
        WrongLine{"TooMuch",
                  {"status", "now"},
                  "lockstep: The following argument was not expected: now",
                  "status "}),
    [](const auto& wrong) { return std::string(wrong.param.name); });

TEST(Cli, ShowsHelp_AndFails_WithoutAnyArgument) {
    const CliExit exit = exit_of({});
    EXPECT_EQ(exit.code, 2);
    EXPECT_NE(exit.text.find("Examples:"), std::string::npos);
}

TEST(StatusUrl, TakesWhatPeopleWrite) {
    EXPECT_EQ(status_url("http://h:1"), "http://h:1/api/v1/status");
    EXPECT_EQ(status_url("http://h:1/"), "http://h:1/api/v1/status");
    EXPECT_EQ(status_url("h:1"), "http://h:1/api/v1/status");
    EXPECT_EQ(status_url("https://h:1"), "https://h:1/api/v1/status");
    EXPECT_EQ(status_url("h:1", "a b"), "http://h:1/api/v1/status?link=a%20b");
}

TEST(ConfigFile, SaysThatAFileIsMissing) {
    const auto loaded = read_config_file("/nowhere/lockstep.yaml");
    ASSERT_TRUE(std::holds_alternative<std::string>(loaded));
    EXPECT_EQ(std::get<std::string>(loaded),
              "/nowhere/lockstep.yaml: cannot be read (No such file or directory); name another "
              "file with --config\n");
}

TEST(ConfigFile, SaysThatItIsADirectory) {
    const auto loaded = read_config_file("/tmp");
    ASSERT_TRUE(std::holds_alternative<std::string>(loaded));
    EXPECT_EQ(std::get<std::string>(loaded),
              "/tmp: cannot be read (Is a directory); name another file with --config\n");
}

TEST(ConfigFile, RefusesToReadForEver) {
    const auto loaded = read_config_file("/dev/zero");
    ASSERT_TRUE(std::holds_alternative<std::string>(loaded));
    EXPECT_NE(std::get<std::string>(loaded).find("larger than 1 MiB"), std::string::npos);
}

TEST(ConfigFile, PutsItsNameInFrontOfEachProblem) {
    const std::string path =
        testing::TempDir() + "lockstep-" + std::to_string(::getpid()) + ".yaml";
    std::ofstream(path) << "a: 1\nb: 2\n";
    const auto loaded = read_config_file(path);
    std::remove(path.c_str());
    ASSERT_TRUE(std::holds_alternative<std::string>(loaded));
    const std::string& text = std::get<std::string>(loaded);
    EXPECT_NE(text.find(path + ":1:1: unknown key \"a\""), std::string::npos) << text;
    EXPECT_NE(text.find(path + ":2:1: unknown key \"b\""), std::string::npos) << text;
}

TEST(Version, IsTheProjects) {
    const std::string here = __FILE__;
    std::ifstream file(here.substr(0, here.rfind("tests/unit/app")) + "CMakeLists.txt");
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find("VERSION " + std::string(kVersion) + " LANGUAGES"),
              std::string::npos);
}

}  // namespace
}  // namespace lockstep::app
