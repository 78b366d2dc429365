#pragma once

#include "replication/log_reader.h"

#include <map>

namespace lockstep::replication {

/// Of which partitions both logs are wanted, by their names at the source: the names on the target,
/// and the ids that Lockstep writes them under.
struct WantedLog {
    TopicPartition target;
    ProducerId stream;
};
using WantedLogs = std::map<TopicPartition, WantedLog>;
using FoundLogs = std::map<TopicPartition, Result<PartitionLogs>>;

/// Looks at both logs of many partitions: a request to each leader for where they end, then the
/// last batches on the target, many at a time. What the target lacks is empty there.
runtime::Task<FoundLogs> read_logs(client::Cluster& source, client::Cluster& target,
                                   WantedLogs wanted, std::stop_token stop);

}  // namespace lockstep::replication
