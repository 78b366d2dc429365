#include "app/import_command.h"

#include "app/config.h"
#include "app/config_file.h"
#include "app/continue_command.h"
#include "app/exit_code.h"
#include "app/import_text.h"
#include "app/import_yaml.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <system_error>

namespace lockstep::app {
namespace {

constexpr const char* kStandardOutput = "-";

/// What went wrong; "" if nothing did. A file that is there already stays as it is.
std::string write_new_file(const std::string& path, const std::string& text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wbx"),
                                                               &std::fclose);
    if (!file) {
        return errno == EEXIST
                   ? fmt::format("{} is there already; name another file with --output", path)
                   : fmt::format("{}: cannot be written ({})", path,
                                 std::generic_category().message(errno));
    }
    if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
        std::fflush(file.get()) != 0) {
        return fmt::format("{}: cannot be written ({})", path,
                           std::generic_category().message(errno));
    }
    return "";
}

/// How many of each kind, and those that somebody has to look at.
void say_what_became(const std::vector<Ruling>& rulings) {
    std::map<Verdict, int> counts;
    std::set<std::pair<int, Verdict>> seen;  // what is for all is ruled on for each link
    for (const Ruling& ruling : rulings) {
        const bool is_set = ruling.from.line > 0;  // else a default
        counts[ruling.verdict] +=
            is_set && seen.emplace(ruling.from.line, ruling.verdict).second ? 1 : 0;
    }
    std::string line;
    for (const auto& [verdict, count] : counts) {
        if (count > 0) {
            line += fmt::format("{}{} {}", line.empty() ? "" : ", ", count, to_string(verdict));
        }
    }
    fmt::print(stderr, "Settings: {}.\n", line);
    for (const Ruling& ruling : rulings) {
        if (ruling.verdict == Verdict::by_hand || ruling.verdict == Verdict::unknown) {
            fmt::print(stderr, "  {}\n", to_string(ruling));
        }
    }
}

void say_problems(const std::vector<ConfigProblem>& problems, const std::string& path) {
    for (const ConfigProblem& one : problems) {
        fmt::print(stderr, "{}\n", one.to_string(path));
    }
}

/// What would be written is what is gone on with. Only then it is.
int take_over(const ImportedText& imported, const std::string& output_path) {
    if (output_path != kStandardOutput && std::filesystem::exists(output_path)) {
        fmt::print(
            stderr,
            "lockstep: {} is there already, and nothing is overwritten: move it away, or name "
            "another file (--output). Nothing was taken over.\n",
            output_path);
        return kExitFailure;
    }
    const ParsedConfig parsed = parse_config(imported.yaml);
    if (!parsed.problems.empty()) {
        fmt::print(stderr,
                   "What would be written is not right, so that nothing can go on with it. "
                   "Run this without --continue, and look at the file:\n");
        say_problems(parsed.problems, output_path);
        return kExitFailure;
    }
    if (!continue_mirrors(parsed.config, imported.mirrors)) {
        fmt::print(stderr,
                   "Not all could be taken over; nothing was written to {}. Mend what stands "
                   "above, and run this again; MirrorMaker 2 may go on until then.\n",
                   output_path);
        return kExitTrouble;
    }
    return kExitSuccess;
}

}  // namespace

int import_command(const ImportOptions& options) {
    std::string problem;
    const auto text = read_text_file(options.input_path, "name another file", problem);
    if (!text) {
        fmt::print(stderr, "{}", problem);
        return kExitUsage;
    }
    const auto use = options.is_continuing ? ImportUse::continued : ImportUse::anew;
    const ImportedText imported = import_text(*text, options.input_path, use);
    if (!imported.problems.empty()) {
        say_problems(imported.problems, options.input_path);
        return kExitUsage;
    }
    if (options.is_continuing) {
        const int code = take_over(imported, options.output_path);
        if (code != kExitSuccess) {
            return code;
        }
    }
    if (options.output_path == kStandardOutput) {
        fmt::print("{}", imported.yaml);
    } else {
        problem = write_new_file(options.output_path, imported.yaml);
        if (!problem.empty()) {
            fmt::print(stderr, "lockstep: {}\n", problem);
            return kExitFailure;
        }
        fmt::print(stderr, "Written to {}. Next: lockstep check -c {}\n", options.output_path,
                   options.output_path);
    }
    say_what_became(imported.rulings);
    return kExitSuccess;
}

}  // namespace lockstep::app
