#pragma once

#include "model/follow_status.h"
#include "model/link.h"
#include "model/unmatched_entry.h"
#include "replication/three_way.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::replication {

struct PlannedPartition {
    int32_t partition = 0;
    int64_t next_offset = 0;          // where copying would go on
    int64_t records_to_copy = 0;      // as of now; at most, where others' records are among them
    std::string blocked = {};         // why it could not be copied; else ""
    bool is_translated = false;       // its offsets on the target would not be the source's
    std::string translated_why = {};  // where that was not asked for
    int64_t bytes_to_copy = 0;        // about, as they are on the source's disks; 0: not known
};

struct PlannedTopic {
    enum class Action { create, grow, go_on };
    std::string name;
    std::string renamed_to;  // its name on the target; "" where it is the same
    Action action = Action::go_on;
    int16_t replication_factor = 0;                            // on the target, where it is created
    std::vector<std::pair<std::string, std::string>> configs;  // the same
    std::vector<std::string> notes;                            // what would differ from the source
    std::vector<SettingDifference> changes;                    // of configs, where it is there
    std::vector<PlannedPartition> partitions;

    const std::string& target_name() const { return renamed_to.empty() ? name : renamed_to; }
};

/// Each in words: "ALLOW User:alice from * READ on TOPIC orders".
struct PlannedAcls {
    std::string problem;  // why there is nothing to follow; else ""
    std::vector<std::string> create;
    std::vector<std::string> remove;
    std::vector<std::string> on_failover;
};

struct PlannedQuota {
    std::string entity;
    SettingDifference change;
};

struct PlannedQuotas {
    std::string problem;  // why they would not be followed; else ""
    std::vector<PlannedQuota> changes;
};

/// Each in words: "user alice, SCRAM-SHA-512".
struct PlannedUsers {
    std::string problem;  // why they would not be kept; else ""
    std::vector<std::string> create;
    std::vector<std::string> change;     // to other iterations
    std::vector<std::string> set_again;  // there, but nobody can see with which secret
    std::vector<std::string> remove;
};

/// Of topics that were deleted at the source.
struct PlannedDeletions {
    std::string problem;  // why they are not known; else ""
    std::vector<DeletedTopic> copies;
};

struct LinkPlan {
    std::string name;
    std::string source;
    std::string target;
    Priority priority = Priority::normal;
    OffsetsMode offsets = OffsetsMode::automatic;  // that was asked for
    std::string source_cluster_id;
    std::string target_cluster_id;
    std::string problem;  // why there is no plan; else ""
    std::vector<PlannedTopic> topics;
    std::vector<UnmatchedEntry> unmatched;      // of the link's topics
    std::string configs_problem;                // why their configs would not be followed; else ""
    std::optional<PlannedAcls> acls;            // nothing where they are not followed
    std::optional<PlannedQuotas> quotas;        // the same
    std::optional<PlannedUsers> users;          // the same
    std::optional<PlannedDeletions> deletions;  // the same
    std::vector<std::string> groups;            // whose offsets would be kept the same
    std::string group_problem;                  // why they are not known; else ""
    std::vector<std::string> own_topics;        // Lockstep's, that `run` keeps on the target
    std::string marker_problem;                 // why the target takes no markers; "" where it does
    std::string size_problem;                   // why the sizes are not known; else ""
    std::optional<double> source_round_trip_ms;  // of a small request
    std::optional<double> target_round_trip_ms;
};

/// Leaves no entry in `unmatched` that another link of the same replication has a topic for: it
/// brings that topic to the cluster. `plans` are those of `links`, in their order.
void forget_matched_elsewhere(std::vector<LinkPlan>& plans, const std::vector<LinkSpec>& links);

/// What a link would do, found out by looking at both clusters. Changes nothing on either.
/// `clusters` holds all that it names; its patterns must be valid.
runtime::Task<LinkPlan> plan_link(runtime::Runtime& runtime, std::vector<ClusterSpec> clusters,
                                  LinkSpec spec, std::stop_token stop);

}  // namespace lockstep::replication
