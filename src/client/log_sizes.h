#pragma once

#include "client/cluster.h"

#include <map>
#include <vector>

namespace lockstep::client {

/// How many bytes each partition takes up on the disks of one broker. Needs DESCRIBE on the
/// cluster.
runtime::Task<Result<std::map<TopicPartition, int64_t>>> log_sizes(
    Cluster& cluster, BrokerId broker, std::vector<TopicPartition> partitions,
    std::stop_token stop);

}  // namespace lockstep::client
