#pragma once

#include "base/result.h"
#include "model/unmatched_entry.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::app {

// What `lockstep status` knows of a running Lockstep: the parts of /api/v1/status that it shows.

struct PartitionReport {
    std::string topic;
    std::string renamed_to;  // its name on the target; "" where it is the same
    int64_t partition = 0;
    std::string state;
    std::string worker;  // that copies it; "" where that is not known
    std::string reason;
    std::optional<int64_t> lag_records;  // nothing while the ends of the logs are not known
    std::optional<double> lag_seconds;
    double records_per_second = 0;
    double bytes_per_second = 0;
    std::optional<int64_t> unverified_offsets;  // on the target; nothing while not known, or off
    uint64_t differences = 0;                   // from the source
    std::string note;                           // what else there is to know; else ""
};

struct GroupReport {
    std::string name;
    bool is_active_at_source = false;
    bool is_active_at_target = false;
    int64_t partitions = 0;
    int64_t exact = 0;
    int64_t behind_records = 0;
    int64_t ahead_records = 0;
    std::string note;
};

/// Of topic configs and the like.
struct FollowReport {
    std::string what;  // "topic configs"
    std::string state;
    std::string problem;
    size_t in_step = 0;
    std::vector<std::string> drift;  // each in words
    size_t on_failover = 0;
};

/// Of the workers that share a link.
struct FleetReport {
    std::string worker;  // the one that was asked
    size_t workers = 0;  // 0 while that is not known
    bool is_leader = false;
    size_t owned = 0;
    uint64_t taken = 0;
    uint64_t given = 0;
    std::string problem;
};

struct LinkReport {
    std::string name;
    std::string source;
    std::string target;
    std::string problem;
    std::string marker_problem;
    std::string priority = "normal";
    bool discovered = false;
    std::vector<UnmatchedEntry> unmatched;  // of its topics
    uint64_t errors = 0;
    std::string last_error;  // and how long ago; "" where there was none
    std::vector<PartitionReport> partitions;
    std::vector<GroupReport> groups;
    std::vector<FollowReport> followed;  // what is not off
    FleetReport fleet;
    std::vector<std::string> deletions;  // copies that are to be deleted; each in words
};

/// How many partitions of the link other workers have, by worker; "" is one that is not known yet.
std::map<std::string, size_t> elsewhere_of(const LinkReport& link);

struct StatusReport {
    std::string version;
    double uptime_seconds = 0;
    std::vector<LinkReport> links;

    /// A link has a problem, or knows nothing yet, or a partition is blocked or differs from its
    /// source.
    bool has_trouble() const;
    /// Other workers have some of the partitions: what is wrong with those is not known here.
    bool is_partial() const;
};

/// PURE. Errc::malformed where `json` is not the body of /api/v1/status.
Result<StatusReport> parse_status_report(const std::string& json);

}  // namespace lockstep::app
