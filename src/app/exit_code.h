#pragma once

namespace lockstep::app {

/// The process's exit codes, as `lockstep --help` lists them.
enum ExitCode : int {
    kExitSuccess = 0,
    kExitFailure = 1,
    kExitUsage = 2,    // wrong command line or configuration; nothing was touched
    kExitTrouble = 3,  // `check`, `diff`, `status`, ...: differs, is blocked, not known or away
    kExitPartial = 4,  // all is well as far as this worker knows, but others have partitions, too
};

}  // namespace lockstep::app
