#pragma once

#include "model/link.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace lockstep::replication {

struct PlannedPartition {
    int32_t partition = 0;
    int64_t next_offset = 0;      // where copying would go on
    int64_t records_to_copy = 0;  // as of now
    std::string blocked;          // why it could not be copied; else ""
};

struct PlannedTopic {
    enum class Action { create, grow, go_on };
    std::string name;
    Action action = Action::go_on;
    int16_t replication_factor = 0;                            // on the target, where it is created
    std::vector<std::pair<std::string, std::string>> configs;  // the same
    std::vector<std::string> notes;                            // what would differ from the source
    std::vector<PlannedPartition> partitions;
};

struct LinkPlan {
    std::string name;
    std::string source;
    std::string target;
    std::string source_cluster_id;
    std::string target_cluster_id;
    std::string problem;  // why there is no plan; else ""
    std::vector<PlannedTopic> topics;
};

/// What a link would do, found out by looking at both clusters. Changes nothing on either.
/// `clusters` holds the link's source and target; its topic patterns must be valid.
runtime::Task<LinkPlan> plan_link(runtime::Runtime& runtime, std::vector<ClusterSpec> clusters,
                                  LinkSpec spec, std::stop_token stop);

}  // namespace lockstep::replication
