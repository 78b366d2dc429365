#pragma once

// PURE: what an operator did, as the topic __lockstep_audit has it.

#include "model/pause.h"

#include <cstdint>
#include <string>

namespace lockstep::app {

struct AuditRecord {
    std::string action;     // "pause", "resume", "log level"
    std::string link;       // "": the whole process
    PauseScope scope;       // of the link
    std::string value;      // what was set; else ""
    std::string peer;       // the address of who asked
    size_t partitions = 0;  // that it was about
};

struct AuditStamp {
    int64_t now_ms = 0;  // wall clock, since 1970
    std::string worker;  // which process: "HOST:PID"
};

std::string audit_json(const AuditRecord& record, const AuditStamp& stamp);

}  // namespace lockstep::app
