#pragma once

#include "base/rng.h"
#include "sandbox/cluster.h"

#include <map>
#include <string>
#include <vector>

namespace lockstep::app {

/// What programs would do with one cluster of the demo: they write to three topics, some of it in
/// transactions, and a consumer group reads and commits its places. Each cluster has customers of
/// its own: where several write to a compacted topic, no two of them write the same key, so that
/// all clusters keep the same newest records. Works beside the network (it is Lockstep that is
/// shown, not they). Owned by the demo, lives on its loop.
class DemoWorkload {
public:
    DemoWorkload(sandbox::Cluster& cluster, Rng& rng, int records_per_second)
        : cluster_(cluster), rng_(rng), records_per_second_(records_per_second) {}

    static const std::vector<std::string>& topics();
    static constexpr const char* kGroup = "billing";

    void begin();
    /// Makes one of topics() where it is missing.
    void create_topic(const std::string& name);

    /// Writes what is due. `seconds` since the demo began.
    void write_until(double seconds);
    /// The group commits how far it has read: all there is.
    void commit_places();
    /// As a broker does it: of each key of customers only the newest record stays.
    void compact();
    /// Ends the transactions that are open, so that all that was written can be read.
    void finish();

private:
    struct Transaction {
        ProducerId producer_id;
        ProducerEpoch epoch{0};
        std::map<TopicPartition, int32_t> sequences;  // the next one of each partition
        std::vector<TopicPartition> open_in;
    };

    void write_batch(const std::string& topic, int32_t count, Transaction* transaction);
    void end_transaction(Transaction& transaction, bool is_commit);
    std::string next_value(const std::string& topic, const std::string& key);

    sandbox::Cluster& cluster_;
    Rng& rng_;
    int records_per_second_;
    int64_t written_ = 0;
    int64_t next_id_ = 1;
    std::vector<Transaction> transactions_;
};

}  // namespace lockstep::app
