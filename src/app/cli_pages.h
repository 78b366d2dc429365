#pragma once

// PURE: the command line's own parser, written down for man and for shells. What `--help` knows,
// they know.

#include <CLI/CLI.hpp>

#include <string>

namespace lockstep::app {

/// A manual page (section 1), in the language of man.
std::string manual_page(const CLI::App& app);

enum class Shell { bash, zsh, fish };

/// What the shell reads to complete commands, options and the words that options take.
std::string completion_script(const CLI::App& app, Shell shell);

}  // namespace lockstep::app
