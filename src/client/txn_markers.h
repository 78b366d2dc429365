#pragma once

#include "client/cluster.h"

#include <functional>

namespace lockstep::client {

/// Under whose name a transaction marker is written.
struct TxnMarker {
    ProducerId producer_id;
    ProducerEpoch epoch;
};

/// Markers of one partition, one after the other.
struct TxnMarkers {
    TopicPartition partition;
    BrokerId leader;
    int64_t count = 0;
    std::function<TxnMarker(int64_t index)> at;
};

/// Writes markers of aborted transactions that never were (WriteTxnMarkers, KIP-98): each takes up
/// one offset and is shown to no consumer. Needs the right CLUSTER_ACTION or, from Kafka 3.8 on,
/// ALTER, on the cluster. Ends when nothing is under way any more.
///
/// After an error, any number of them may have been written: the log's end says how many. From
/// Kafka 4.2 on, markers must have rising epochs and none is written twice (KIP-1228).
runtime::Task<Result<void>> write_txn_markers(Cluster& cluster, TxnMarkers markers,
                                              std::stop_token stop);

/// Whether the cluster would take markers from us, found out without writing any: by asking for one
/// in a partition that does not exist. Errors: CLUSTER_AUTHORIZATION_FAILED, `unsupported`.
runtime::Task<Result<void>> probe_txn_markers(Cluster& cluster, std::stop_token stop);

}  // namespace lockstep::client
