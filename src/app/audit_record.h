#pragma once

// PURE: what an operator did, as the topic __lockstep_audit has it.

#include "model/pause.h"

#include <cstdint>
#include <string>

namespace lockstep::app {

struct AuditRecord {
    std::string action;     // "pause", "resume", "log level", "take over"
    std::string link;       // "": the whole process
    PauseScope scope;       // of the link
    std::string value;      // what was set; else ""
    std::string peer;       // the address of who asked
    std::string token;      // the name of the token that was shown; "" where none was
    size_t partitions = 0;  // that it was about
};

struct AuditStamp {
    int64_t now_ms = 0;  // wall clock, since 1970
    std::string worker;  // which process: "HOST:PID"
};

std::string audit_json(const AuditRecord& record, const AuditStamp& stamp);

/// Keys of the records that one run of a process writes: no other record has the same one. Host and
/// process are not enough: in a container, the next process has both again.
class AuditKeys {
public:
    struct Run {
        int64_t start_ms = 0;  // wall clock, since 1970
        uint32_t random = 0;   // two clocks may say the same
    };

    AuditKeys(const std::string& worker, Run run);

    std::string next();

private:
    std::string prefix_;
    uint64_t count_ = 0;
};

}  // namespace lockstep::app
