#include "app/import_command.h"

#include "app/config.h"
#include "app/config_file.h"
#include "app/continue_command.h"
#include "app/continue_links.h"
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

int take_over_as_matched(Config config, const ImportedText& imported, const std::string& path,
                         std::string_view outcome) {
    ContinuedLinks matched = match_mirrors(config.links, imported.mirrors);
    if (!matched.problems.empty()) {
        for (const std::string& problem : matched.problems) {
            fmt::print(stderr, "{}: {}\n", path, problem);
        }
        fmt::print(stderr, "Nothing was taken over.\n");
        return kExitFailure;
    }
    config.links = std::move(matched.links);
    if (!continue_mirrors(config, matched.mirrors)) {
        fmt::print(stderr,
                   "Not all could be taken over{}. Mend what stands above, and run this again; "
                   "MirrorMaker 2 may go on until then. To go on without a topic, exclude it in "
                   "the file that --config names (--draft writes one).\n",
                   outcome);
        return kExitTrouble;
    }
    return kExitSuccess;
}

/// The draft that somebody has finished stays as it is.
int take_over_as_finished(const ImportedText& imported, const ImportOptions& options) {
    auto read = read_config_file(options.config_path);
    if (const auto* problem = std::get_if<std::string>(&read)) {
        fmt::print(stderr, "{}", *problem);
        return kExitUsage;
    }
    const int code = take_over_as_matched(std::move(std::get<Config>(read)), imported,
                                          options.config_path, "");
    if (code == kExitSuccess) {
        fmt::print(stderr, "Taken over. Next: lockstep check -c {0}, lockstep run -c {0}\n",
                   options.config_path);
    }
    return code;
}

/// What would be written is what is gone on with. Only then it is.
int take_over(const ImportedText& imported, const ImportOptions& options) {
    const std::string& output_path = options.output_path;
    if (output_path != kStandardOutput && std::filesystem::exists(output_path)) {
        fmt::print(
            stderr,
            "lockstep: {} is there already, and nothing is overwritten: move it away, or name "
            "another file (--output). Nothing was taken over.\n",
            output_path);
        return kExitFailure;
    }
    ParsedConfig parsed = parse_config(imported.yaml);
    if (!parsed.problems.empty()) {
        fmt::print(stderr,
                   "What would be written is not right, so that nothing can go on with it. "
                   "Run this with --draft too, finish the file, and run it with --config FILE:\n");
        say_problems(parsed.problems, output_path);
        return kExitFailure;
    }
    return take_over_as_matched(std::move(parsed.config), imported, output_path,
                                fmt::format("; nothing was written to {} (see --draft where "
                                            "something has to be set by hand first)",
                                            output_path));
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
    if (!options.config_path.empty()) {
        return take_over_as_finished(imported, options);
    }
    if (options.is_continuing && !options.is_draft) {
        const int code = take_over(imported, options);
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
        fmt::print(stderr, "Written to {}. Next: {} {}\n", options.output_path,
                   options.is_draft ? "finish it, then lockstep import --continue " +
                                          options.input_path + " --config"
                                    : "lockstep check -c",
                   options.output_path);
    }
    say_what_became(imported.rulings);
    return kExitSuccess;
}

}  // namespace lockstep::app
