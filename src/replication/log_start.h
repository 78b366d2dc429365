#pragma once

#include "client/cluster.h"

#include <functional>

namespace lockstep::replication {

/// Makes a target's log begin where the source's does.
struct LogStartTask {
    TopicPartition partition;
    BrokerId leader;
    ProducerId stream;  // whose records come behind it
    Offset from;        // the target's log end
    Offset to;          // the source's log start, at or above it
};

/// About how much is written to the target's disk for it.
int64_t filler_bytes(Offset from, Offset to);

/// Appends empty records up to `task.to` and deletes them (KIP-107), so that the next record gets
/// that offset. Each filler batch is taken once, as its sequence is its offset modulo 2^31 under
/// an id of this series of filler; after an end in the middle the log's end says where to go on.
/// Consumers of the target can see the empty records until they are deleted.
///
/// A topic that is only compacted refuses to delete records: meanwhile its cleanup.policy is set
/// aside (policy_aside.h). `told` hears how far the log has grown.
runtime::Task<Result<void>> raise_log_start(client::Cluster& target, LogStartTask task,
                                            std::function<void(Offset end)> told,
                                            std::stop_token stop);

}  // namespace lockstep::replication
