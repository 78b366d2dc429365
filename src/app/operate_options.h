#pragma once

// PURE: what is asked of a running Lockstep.

#include "base/log.h"

#include <cstdint>
#include <optional>
#include <string>

namespace lockstep::app {

constexpr const char* kDefaultUrl = "http://127.0.0.1:7878";

enum class OperateVerb { links, topics, groups, lag, explain, regions, pause, resume, logs };

struct OperateOptions {
    OperateVerb verb = OperateVerb::links;
    std::string url = kDefaultUrl;
    bool as_json = false;
    std::string link;                     // one link's name; "": all of them
    std::string topic;                    // "": all of them
    std::optional<int32_t> partition;     // of that topic; else all of them
    std::string state;                    // explain: only what is in it; "": all states
    std::optional<int64_t> most_records;  // lag: more than that is trouble
    std::optional<log::Level> level;      // logs: to be set
};

}  // namespace lockstep::app
