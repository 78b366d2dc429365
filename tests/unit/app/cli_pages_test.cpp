// The manual and the completions have what --help has.

#include "app/cli.h"
#include "app/exit_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <set>
#include <sstream>

namespace lockstep::app {
namespace {

using testing::HasSubstr;

std::string output_of(const std::vector<std::string>& arguments) {
    const Command command = parse_command_line(arguments);
    const auto* exit = std::get_if<CliExit>(&command);
    EXPECT_NE(exit, nullptr);
    EXPECT_EQ(exit->code, kExitSuccess);
    return exit->text;
}

std::set<std::string> found_in(const std::string& text, const std::string& expression) {
    std::set<std::string> found;
    re2::StringPiece rest(text);
    std::string one;
    while (RE2::FindAndConsume(&rest, expression, &one)) {
        found.insert(one);
    }
    return found;
}

/// As `lockstep --help` lists them.
std::set<std::string> commands() {
    const std::string help = output_of({"--help"});
    return found_in(help.substr(0, help.find("\nExamples")), R"(\n  ([a-z]+)  )");
}

/// As `lockstep COMMAND --help` lists them.
std::set<std::string> options_of(const std::string& command) {
    const std::string help = output_of({command, "--help"});
    return found_in(help.substr(0, help.find("\nExample")), R"((--[a-z-]+))");
}

/// A manual page as it is read.
std::string read(std::string page) {
    RE2::GlobalReplace(&page, R"(\\-)", "-");
    RE2::GlobalReplace(&page, R"(\\&)", "");
    return page;
}

TEST(CliPages, TheManualHasAllCommands_WithTheirOptions) {
    const std::string page = read(output_of({"manual"}));
    EXPECT_GE(commands().size(), 18U);
    for (const std::string& command : commands()) {
        const size_t begin = page.find(".SS lockstep " + command + "\n");
        ASSERT_NE(begin, std::string::npos) << command;
        const std::string section = page.substr(begin, page.find("\n.S", begin) - begin);
        for (const std::string& option : options_of(command)) {
            EXPECT_THAT(section, HasSubstr(option)) << command;
        }
    }
    size_t before = 0;
    for (const char* next : {".SH EXAMPLES", ".SH EXIT STATUS", "\n  0  all went well", ".SH FILES",
                             "/etc/lockstep/lockstep.yaml", ".SH ENVIRONMENT", "LOCKSTEP_TOKEN",
                             "LOCKSTEP_CA", ".SH SEE ALSO", "configuration.md"}) {
        const size_t found = page.find(next, before);
        ASSERT_NE(found, std::string::npos) << next;
        before = found;
    }
}

TEST(CliPages, NoLineOfTheManualIsARequestByMistake) {
    const std::set<std::string> requests =
        found_in("\n" + output_of({"manual"}), R"(\n([.'][^ \n]*))");
    EXPECT_EQ(requests,
              (std::set<std::string>{".TH", ".SH", ".SS", ".B", ".TP", ".PP", ".nf", ".fi"}));
}

TEST(CliPages, EachShellCompletesAllCommands_WithTheirOptions) {
    for (const char* shell : {"bash", "zsh", "fish"}) {
        const std::string script = output_of({"completion", shell});
        for (const std::string& command : commands()) {
            const std::string begin = shell == std::string("bash")  ? "'" + command + " '*) words='"
                                      : shell == std::string("zsh") ? "        " + command + ") "
                                                                    : "-a " + command + " ";
            EXPECT_THAT(script, HasSubstr(begin)) << shell;
            for (const std::string& option : options_of(command)) {
                const std::string name =
                    shell == std::string("fish") ? "-l " + option.substr(2) : option;
                EXPECT_THAT(script, HasSubstr(name)) << shell << " " << command;
            }
        }
        EXPECT_THAT(script, HasSubstr("trace")) << "the words that an option takes";
    }
}

TEST(CliPages, HelpOfEachCommandFitsIn80Columns) {
    for (const std::string& command : commands()) {
        std::istringstream lines(output_of({command, "--help"}));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_LE(line.size(), 80U) << line;
        }
    }
}

TEST(CliPages, AsksForAShellThatIsKnown) {
    const Command command = parse_command_line({"completion", "tcsh"});
    EXPECT_EQ(std::get<CliExit>(command).code, kExitUsage);
}

}  // namespace
}  // namespace lockstep::app
