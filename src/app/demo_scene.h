#pragma once

// PURE: all that the demo shows, as values.

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep::app {

struct DemoBroker {
    int id = 0;
    bool is_up = true;
};

struct DemoCluster {
    std::string name;
    std::string role;  // "source", "written to", ...
    bool is_written = false;
    std::string bootstrap;  // where clients can connect to it
    std::vector<DemoBroker> brokers;
    int64_t records = 0;
    double records_per_second = 0;
    double bytes_per_second = 0;
};

enum class DemoMood { good, busy, bad };

struct DemoLink {
    std::string source;
    std::string target;
    std::string state;  // "in step", "catching up", "cut", "3 blocked", ...
    DemoMood mood = DemoMood::busy;
    bool is_in_trouble = false;  // more than catching up
    /// Records that the source has and the target lacks, by their logs; of a compacted topic whose
    /// offsets are not kept, keys whose newest record it lacks.
    int64_t behind = 0;
    double records_per_second = 0;
    uint64_t verified = 0;  // records that were read from both sides and found the same
    uint64_t differences = 0;
    double verified_part = 0;  // of what both sides have, 0 to 1
    std::string problem;       // what keeps the link as a whole from working; else ""
};

/// Partitions that are not running, all for the same reason.
struct DemoTrouble {
    std::vector<std::string> links;
    std::vector<std::string> partitions;
    std::string state;
    std::string reason;
    bool is_blocked = false;
};

/// How a consumer group stands on one target.
struct DemoGroupCopy {
    std::string cluster;
    int64_t place = 0;
    size_t exact = 0;
    size_t partitions = 0;
};

struct DemoGroup {
    std::string name;  // "": links carry none
    std::string source;
    int64_t place = 0;  // the sum of what it has committed
    std::vector<DemoGroupCopy> copies;
};

/// Something that happened.
struct DemoEvent {
    double seconds = 0;  // since the demo began
    std::string text;
    bool is_by_user = false;  // else it is what Lockstep did
};

struct DemoScene {
    double seconds = 0;  // since the demo began
    std::string strategy;
    std::vector<DemoCluster> clusters;
    std::vector<DemoLink> links;
    size_t chosen_link = 0;  // which one keys are about
    std::vector<DemoTrouble> troubles;
    DemoGroup group;
    std::vector<DemoEvent> events;  // the newest last
    bool has_keys = false;
    bool shows_help = false;
    bool is_ending = false;  // nothing is written any more, the last records are compared
};

}  // namespace lockstep::app
