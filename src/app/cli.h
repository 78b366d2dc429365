#pragma once

// PURE: the command line to values.

#include "base/log.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lockstep::app {

struct RunOptions {
    std::string config_path;
    std::optional<log::Level> log_level;  // else the configuration's
};

struct CheckOptions {
    std::string config_path;
    bool as_json = false;
};

struct StatusOptions {
    std::string url = "http://127.0.0.1:7878";
    bool as_json = false;
};

struct VerifyOptions {
    std::string config_path;
    std::vector<std::string> topics;  // names and expressions; else the links' own
    bool as_json = false;
};

struct VersionOptions {
    bool as_json = false;
};

/// Nothing to run: help that was asked for (code 0), or what is wrong with the command line.
struct CliExit {
    int code = 0;
    std::string text;
};

using Command =
    std::variant<CliExit, RunOptions, CheckOptions, VerifyOptions, StatusOptions, VersionOptions>;

/// `arguments` without the program's name.
Command parse_command_line(const std::vector<std::string>& arguments);

}  // namespace lockstep::app
