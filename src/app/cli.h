#pragma once

// PURE: the command line to values.

#include "app/operate_options.h"
#include "base/log.h"

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lockstep::app {

struct RunOptions {
    std::string config_path;
    std::optional<log::Level> log_level;  // else the configuration's
    bool is_following = false;            // of the desired state on the first cluster
    std::string state_directory = {};     // "": nothing is remembered for the next process
};

struct StateOptions {
    enum class Action { apply, diff, history, rollback };
    Action action = Action::history;
    std::string config_path;
    std::string cluster;  // where the desired state is; "": on the configuration's first one
    int64_t version = 0;  // to go back to
    bool as_json = false;
};

struct PlanOptions {
    std::string config_path;
    int64_t bytes_per_second = int64_t{50} << 20;  // that the time to copy is reckoned with
    bool as_json = false;
};

struct CheckOptions {
    std::string config_path;
    bool as_json = false;
};

struct StatusOptions {
    std::string url = kDefaultUrl;
    bool as_json = false;
    bool is_watch = false;  // again and again, until it is ended
    int interval_seconds = 2;
    std::string link;  // one link's name; "": all of them
};

struct VerifyOptions {
    std::string config_path;
    std::vector<std::string> topics;  // names and expressions; of the links' own, only these
    bool as_json = false;
    std::optional<int64_t> bytes_per_second;  // read from each cluster at most; else all it gives
    int wait_seconds = 10;                    // for what is being copied
};

struct CutOptions {
    std::string config_path;
    std::string link;  // one link's name; else all
    bool as_json = false;
};

/// Who may log in at a sandbox.
struct SandboxUser {
    std::string name;
    std::string password;
};

struct SandboxOptions {
    int clusters = 1;
    int brokers = 1;     // of each cluster
    int partitions = 1;  // of topics that are created by being used
    std::string host = "127.0.0.1";
    uint16_t port = 19092;  // the first broker's; the others follow
    std::string kafka = "4.3";
    std::string data_dir;  // where everything is kept; "" for memory only
    bool has_fsync = false;
    std::vector<SandboxUser> users;                    // none: nobody is asked
    bool has_authorizer = false;                       // the first of the users may do everything
    std::map<std::string, std::string> broker_config;  // of all brokers
};

struct ImportOptions {
    std::string input_path;
    std::string output_path = "lockstep.yaml";  // "-": standard output
    bool is_continuing = false;                 // takes over what the other one has mirrored
    bool is_draft = false;                      // but only writes the file, to be finished by hand
    std::string config_path;                    // else: that file, finished
};

struct DemoOptions {
    std::string strategy = "active-passive";
    std::string script;          // a file, or "-": standard input; "": none
    std::optional<int> seconds;  // else until somebody ends it
    int rate = 300;              // records written a second
};

struct VersionOptions {
    bool as_json = false;
};

/// Nothing to run: help that was asked for (code 0), or what is wrong with the command line.
struct CliExit {
    int code = 0;
    std::string text;
};

using Command = std::variant<CliExit, RunOptions, CheckOptions, PlanOptions, StateOptions,
                             VerifyOptions, CutOptions, StatusOptions, SandboxOptions,
                             ImportOptions, DemoOptions, VersionOptions, OperateOptions>;

/// `arguments` without the program's name.
Command parse_command_line(const std::vector<std::string>& arguments);

}  // namespace lockstep::app
