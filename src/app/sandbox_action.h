#pragma once

// PURE: what one can do to a sandbox by hand, a line for each.

#include "base/result.h"

#include <string>
#include <string_view>

namespace lockstep::app {

enum class SandboxVerb { kill, restart, compact, elect, help };

/// One thing to do. What a verb does not need stays empty.
struct SandboxAction {
    SandboxVerb verb = SandboxVerb::help;
    int number = 0;       // a broker's, or a partition's
    std::string topic;    // of compact and elect
    std::string cluster;  // "": the only one

    bool operator==(const SandboxAction&) const = default;
};

/// "kill 2", "compact orders cluster-1", "elect orders/0", ... Errors say what may be written.
Result<SandboxAction> parse_sandbox_action(std::string_view line);

/// How an action is written: "kill BROKER [CLUSTER]".
std::string_view usage_of(SandboxVerb verb);

/// What there is to write, a line for each verb.
std::string sandbox_help();

}  // namespace lockstep::app
