#pragma once

#include "client/cluster.h"

#include <functional>
#include <map>
#include <memory>

namespace lockstep::client {

/// Markers of one partition, one after the other.
struct TxnMarkers {
    TopicPartition partition;
    BrokerId leader;
    int64_t count = 0;
    std::function<TxnMarker(int64_t index)> at;
    int32_t coordinator_epoch = 0;  // markers of a producer id with a lower one are refused
    /// Asked before each request; empty: always.
    std::function<Result<void>()> may_write;
};

/// Writes markers of aborted transactions that never were (WriteTxnMarkers, KIP-98): each takes up
/// one offset and is shown to no consumer. Needs the right CLUSTER_ACTION or, from Kafka 3.8 on,
/// ALTER, on the cluster.
///
/// A broker works on one request of a connection at a time, and answers it once all replicas have
/// the markers. So what several partitions want of a broker at once goes into one request, and what
/// is wanted while two are on their way waits for the next; only full ones are sent ahead.
///
/// Lives on one shard. `request_stop()`, `co_await join()` before destroying it.
class TxnMarkerWriter {
public:
    explicit TxnMarkerWriter(Cluster& cluster);
    ~TxnMarkerWriter();

    /// Ends when nothing of it is under way any more. One at a time for each partition.
    ///
    /// After an error, any number of them may have been written, and some may still come: the log's
    /// end says how many there are so far. A broker refuses a marker whose epoch, or coordinator
    /// epoch, is below the newest of its producer id, but writes the newest again (seen on 2.8.2,
    /// 3.9.1 and 4.3.0; ProducerAppendInfo.appendEndTxnMarker).
    runtime::Task<Result<void>> write(TxnMarkers markers);

    /// No more requests: what is being written ends with `stopped`, after what is under way.
    void request_stop();
    runtime::Task<void> join() { return tasks_.join(); }

private:
    struct Writing;
    struct Sender;
    struct Request;

    Sender& sender_of(BrokerId broker);
    runtime::Task<void> send_loop(Sender& sender);
    runtime::Task<void> exchange(Sender& sender, std::unique_ptr<Request> request);
    std::unique_ptr<Request> compose(Sender& sender, const ConnectionPtr& connection);

    Cluster& cluster_;
    std::map<BrokerId, std::unique_ptr<Sender>> senders_;
    runtime::TaskGroup tasks_;
};

/// Whether the cluster would take markers from us, found out without writing any: by asking for one
/// in a partition that does not exist. Errors: CLUSTER_AUTHORIZATION_FAILED, `unsupported`.
runtime::Task<Result<void>> probe_txn_markers(Cluster& cluster, std::stop_token stop);

}  // namespace lockstep::client
