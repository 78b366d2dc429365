#pragma once

// PURE: the part of the command line that asks a running Lockstep for something.

#include "app/operate_options.h"

#include <CLI/CLI.hpp>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::app {

/// Under which heading --help has them.
constexpr const char* kOfARunningOne = "Asking and steering a running Lockstep";

/// The commands links, topics, groups, lag, explain, regions, pause, resume and logs. `app`
/// outlives it.
class OperateCommands {
public:
    explicit OperateCommands(CLI::App& app);

    /// What was asked for; nothing where that is none of these commands.
    std::optional<OperateOptions> chosen() const;

private:
    CLI::App* add(OperateVerb verb, const std::string& about, const char* footer);
    void add_subject(OperateVerb verb, const std::string& about);
    bool begins_with_state(OperateVerb verb) const;

    CLI::App& app_;
    std::array<CLI::App*, 9> commands_{};  // by verb
    std::string url_ = kDefaultUrl;
    std::string link_;
    std::vector<std::string> subject_;
    std::string level_;
    std::optional<int64_t> most_records_;
    bool as_json_ = false;
};

}  // namespace lockstep::app
