#include "app/cli_pages.h"

#include "base/text.h"
#include "base/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace lockstep::app {
namespace {

/// One option of one command, as shells and people see it.
struct OptionPage {
    std::vector<std::string> names;  // "-c", "--config"; none: a word by its place
    std::string about;
    std::string value;               // "FILE"; "" for a flag
    std::string fallback;            // what it is without being given
    std::vector<std::string> words;  // all that it takes; empty where that may be anything
};

struct CommandPage {
    std::string name;
    std::string about;
    std::string footer;
    std::vector<OptionPage> options;
};

/// The type's name may be followed by what a check allows: "LEVEL:{debug,info}".
void read_type(const std::string& type, OptionPage& page) {
    page.value = type.substr(0, type.find(':'));
    const size_t open = type.find('{');
    const size_t close = type.find('}');
    if (open != std::string::npos && close != std::string::npos && open < close) {
        for (const std::string_view word :
             split(std::string_view(type).substr(open + 1, close - open - 1), ',')) {
            page.words.emplace_back(trim(word));
        }
    }
}

CommandPage page_of(const CLI::App& command) {
    CommandPage page{command.get_name(), command.get_description(), command.get_footer(), {}};
    for (const CLI::Option* option : command.get_options()) {
        OptionPage& found = page.options.emplace_back();
        for (const std::string& name : option->get_snames()) {
            found.names.push_back("-" + name);
        }
        for (const std::string& name : option->get_lnames()) {
            found.names.push_back("--" + name);
        }
        found.about = option->get_description();
        found.fallback = option->get_default_str();
        if (option->get_expected_max() > 0) {
            read_type(option->get_type_name(), found);
        }
        if (found.names.empty()) {
            found.value = option->get_name(true);
        }
    }
    return page;
}

std::vector<CommandPage> pages_of(const CLI::App& app) {
    std::vector<CommandPage> pages;
    for (const CLI::App* command : app.get_subcommands({})) {
        pages.push_back(page_of(*command));
    }
    return pages;
}

/// Text as man prints it: no line begins a request, and hyphens can be copied.
std::string for_man(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const bool begins_line = result.empty() || result.back() == '\n';
        if (begins_line && (c == '.' || c == '\'')) {
            result += "\\&";
        }
        result += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
    }
    return result;
}

std::string verbatim(const std::string& text) {
    return text.empty() ? "" : ".nf\n" + for_man(text) + "\n.fi\n";
}

std::string manual_of(const OptionPage& option) {
    std::string line = ".TP\n.B " + for_man(fmt::format("{}", fmt::join(option.names, ", ")));
    line += option.value.empty() ? "" : fmt::format(" \\fI{}\\fR", for_man(option.value));
    line += "\n" + for_man(option.about) + ".";
    if (!option.words.empty()) {
        line += for_man(fmt::format(" One of {}.", fmt::join(option.words, ", ")));
    }
    if (!option.fallback.empty()) {
        line += for_man(fmt::format(" Without it: {}.", option.fallback));
    }
    return line + "\n";
}

/// The footer of --help, under the headings that manual pages have, and what is not in it.
std::string footer_sections(const std::string& footer) {
    const size_t codes = std::min(footer.find("Exit codes:\n"), footer.size());
    const size_t more = std::min(footer.find("Documentation: ", codes), footer.size());
    const auto section = [](std::string_view heading, std::string_view text) {
        const size_t end = text.find_last_not_of(" \n") + 1;  // 0 where there is nothing
        return fmt::format(".SH {}\n{}", heading, verbatim(std::string(text.substr(0, end))));
    };
    const auto without_heading = [](const std::string& text) {
        return text.substr(std::min(text.find('\n') + 1, text.size()));
    };
    return section("EXAMPLES", without_heading(footer.substr(0, codes))) +
           section("EXIT STATUS", without_heading(footer.substr(codes, more - codes))) +
           section("FILES",
                   "/etc/lockstep/lockstep.yaml\n"
                   "    what the packaged service copies\n"
                   "/run/lockstep\n"
                   "    the state directory of the packaged service") +
           section("ENVIRONMENT",
                   "LOCKSTEP_TOKEN\n"
                   "    the token for commands that ask a running Lockstep\n"
                   "LOCKSTEP_CA\n"
                   "    a PEM file of whom they trust, for https://") +
           section("SEE ALSO", footer.substr(more));
}

/// A word of a shell's script within single quotes.
std::string in_quotes(std::string_view text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return result + "'";
}

bool is_file(const OptionPage& option) {
    return option.value == "FILE" || option.value == "DIR";
}

std::string bash_script(const std::vector<CommandPage>& pages) {
    std::string names;
    std::string cases;
    for (const CommandPage& page : pages) {
        names += " " + page.name;
        std::string options;
        for (const OptionPage& option : page.options) {
            options += option.names.empty() ? fmt::format(" {}", fmt::join(option.words, " "))
                                            : " " + option.names.back();
            for (const std::string& name : option.names) {
                if (!option.value.empty()) {
                    cases += fmt::format(
                        "        '{} {}') COMPREPLY=($(compgen {} -- \"$cur\")); return ;;\n",
                        page.name, name,
                        is_file(option)
                            ? "-f"
                            : "-W " + in_quotes(fmt::format("{}", fmt::join(option.words, " "))));
                }
            }
        }
        cases += fmt::format("        '{} '*) words={} ;;\n", page.name, in_quotes(options));
    }
    return fmt::format(R"(# bash completion for lockstep, made by: lockstep completion bash
_lockstep() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} words=''
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W {} -- "$cur"))
        return
    fi
    case "${{COMP_WORDS[1]}} $prev" in
{}    esac
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _lockstep lockstep
)",
                       in_quotes(names + " --help"), cases);
}

/// zsh takes brackets and colons in descriptions for its own.
std::string for_zsh(std::string_view text) {
    std::string result;
    for (const char c : text) {
        result += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    }
    return result;
}

std::string zsh_script(const std::vector<CommandPage>& pages) {
    std::string names;
    std::string cases;
    for (const CommandPage& page : pages) {
        names += "        " + in_quotes(page.name + ":" + for_zsh(page.about)) + "\n";
        cases += fmt::format("        {}) _arguments", page.name);
        for (const OptionPage& option : page.options) {
            const std::string words =
                is_file(option) ? "_files" : fmt::format("({})", fmt::join(option.words, " "));
            if (option.names.empty()) {
                cases += " " + in_quotes(fmt::format("*:{}:{}", option.value, words));
            }
            for (const std::string& name : option.names) {
                std::string spec = fmt::format("*{}[{}]", name, for_zsh(option.about));
                spec += option.value.empty() ? "" : ":" + option.value + ":" + words;
                cases += " \\\n            " + in_quotes(spec);
            }
        }
        cases += " ;;\n";
    }
    return fmt::format(R"(#compdef lockstep
# zsh completion for lockstep, made by: lockstep completion zsh
# As the file _lockstep in a folder of $fpath, or by: source <(lockstep completion zsh)
_lockstep() {{
    local -a commands=(
{}    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
{}    esac
}}
# In a folder of $fpath, this file is the body of _lockstep, which is wanted now.
if [ "$funcstack[1]" = _lockstep ]; then
    _lockstep "$@"
else
    compdef _lockstep lockstep
fi
)",
                       names, cases);
}

std::string fish_script(const std::vector<CommandPage>& pages) {
    std::string script =
        "# fish completion for lockstep, made by: lockstep completion fish\n"
        "complete -c lockstep -f\n";
    for (const CommandPage& page : pages) {
        script += fmt::format("complete -c lockstep -n __fish_use_subcommand -a {} -d {}\n",
                              page.name, in_quotes(page.about));
        for (const OptionPage& option : page.options) {
            script +=
                fmt::format("complete -c lockstep -n '__fish_seen_subcommand_from {}'", page.name);
            for (const std::string& name : option.names) {
                script +=
                    name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
            }
            if (!option.names.empty() && !option.value.empty()) {
                script += is_file(option) ? " -r -F" : " -x";
            }
            if (!option.words.empty()) {
                script += " -a " + in_quotes(fmt::format("{}", fmt::join(option.words, " ")));
            }
            script += " -d " + in_quotes(option.about) + "\n";
        }
    }
    return script;
}

}  // namespace

std::string manual_page(const CLI::App& app) {
    std::string page = fmt::format(
        ".TH LOCKSTEP 1 \"\" \"lockstep {}\" \"User Commands\"\n.SH NAME\nlockstep \\- keeps Kafka "
        "clusters in step\n.SH SYNOPSIS\n.B lockstep\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
        ".SH DESCRIPTION\n{}\n.SH COMMANDS\n",
        kVersion, for_man(app.get_description()));
    for (const CommandPage& command : pages_of(app)) {
        page += fmt::format(".SS lockstep {}\n{}\n", for_man(command.name), for_man(command.about));
        for (const OptionPage& option : command.options) {
            page += manual_of(option);
        }
        page += command.footer.empty() ? "" : ".PP\n" + verbatim(command.footer);
    }
    return page + footer_sections(app.get_footer());
}

std::string completion_script(const CLI::App& app, Shell shell) {
    const std::vector<CommandPage> pages = pages_of(app);
    switch (shell) {
        case Shell::bash: return bash_script(pages);
        case Shell::zsh: return zsh_script(pages);
        case Shell::fish: return fish_script(pages);
    }
    return "";
}

}  // namespace lockstep::app
