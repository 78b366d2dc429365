#pragma once

#include "sandbox/cluster.h"
#include "sandbox/transaction_entry.h"

namespace lockstep::sandbox {

/// The partition of `partitions` for a group or transactional id: Java's hash of the text.
int32_t partition_for(std::string_view key, int32_t partitions);

/// A broker setting as a number; `fallback` where it has no value.
int64_t broker_number(const Cluster& cluster, const std::string& key, int64_t fallback);

/// The topic __transaction_state, in which the coordinator writes every change down. Nothing is
/// read back from it: the coordinator's memory survives its brokers, and where there is a storage,
/// that has saved it before it is written here. Owned by a TransactionCoordinator.
class TransactionStateLog {
public:
    explicit TransactionStateLog(Cluster& cluster) : cluster_(cluster) {}

    void write(const std::string& transactional_id, const TransactionEntry& entry);
    /// What was not taken of it, by the storage or the topic's settings, once more.
    void write_missing(const std::map<std::string, TransactionEntry>& entries);
    /// A tombstone.
    void forget(const std::string& transactional_id);

    /// The coordinator's epoch, which markers carry: the leader epoch of its partition.
    int32_t epoch_of(const std::string& transactional_id);

private:
    std::shared_ptr<Partition> partition_of(const std::string& transactional_id);
    void append(const std::string& transactional_id, std::optional<ByteView> value);
    void save(const std::string& transactional_id);

    Cluster& cluster_;
    std::set<std::string> missing_;  // whose newest record is not there
};

}  // namespace lockstep::sandbox
