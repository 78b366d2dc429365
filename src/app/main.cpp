#include "app/check_command.h"
#include "app/cli.h"
#include "app/cut_command.h"
#include "app/demo_command.h"
#include "app/exit_code.h"
#include "app/import_command.h"
#include "app/operate_command.h"
#include "app/plan_command.h"
#include "app/run_command.h"
#include "app/sandbox_command.h"
#include "app/state_command.h"
#include "app/status_command.h"
#include "app/verify_command.h"
#include "base/version.h"

#include <fmt/core.h>

#include <exception>
#include <string>
#include <variant>
#include <vector>

namespace lockstep::app {
namespace {

/// Runs the command that the variant holds.
struct Dispatch {
    int operator()(const CliExit& exit) const {
        fmt::print(exit.code == kExitSuccess ? stdout : stderr, "{}", exit.text);
        return exit.code;
    }
    int operator()(const RunOptions& options) const { return run_command(options); }
    int operator()(const CheckOptions& options) const { return check_command(options); }
    int operator()(const PlanOptions& options) const { return plan_command(options); }
    int operator()(const StateOptions& options) const { return state_command(options); }
    int operator()(const VerifyOptions& options) const { return verify_command(options); }
    int operator()(const CutOptions& options) const { return cut_command(options); }
    int operator()(const StatusOptions& options) const { return status_command(options); }
    int operator()(const ImportOptions& options) const { return import_command(options); }
    int operator()(const OperateOptions& options) const { return operate_command(options); }
    int operator()(const SandboxOptions& options) const { return sandbox_command(options); }
    int operator()(const DemoOptions& options) const { return demo_command(options); }
    int operator()(const VersionOptions& options) const {
        if (options.as_json) {
            fmt::print("{{\"name\":\"lockstep\",\"version\":\"{}\"}}\n", kVersion);
        } else {
            fmt::print("lockstep {}\n", kVersion);
        }
        return kExitSuccess;
    }
};

}  // namespace
}  // namespace lockstep::app

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        return std::visit(lockstep::app::Dispatch(), lockstep::app::parse_command_line(arguments));
    } catch (const std::exception& problem) {
        fmt::print(stderr, "lockstep: {}\n", problem.what());
        return lockstep::app::kExitFailure;
    }
}
