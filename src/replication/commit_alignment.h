#pragma once

// PURE: which commit marker of a producer in one partition ends which of the transactions that its
// coordinator wrote down.

#include "replication/transaction_history.h"
#include "replication/transaction_scan.h"

#include <vector>

namespace lockstep::replication {

/// How far the source's logs reached at one time: first the ends of the coordinators' logs were
/// read, then those of the partitions, then those of the coordinators' logs again.
struct SourceMoment {
    std::vector<Offset> logs_before;
    std::vector<Offset> partitions;
    std::vector<Offset> logs_after;
};

/// What one producer has in one partition, without what has an epoch of its own.
struct ProducerInPartition {
    ProducerId producer_id;
    size_t partition = 0;
    std::vector<const ScannedTransaction*> commits;  // by their markers; those without records too
    const ScannedTransaction* open = nullptr;
    std::vector<size_t> logged;  // which of its commits in the history have a marker here
};

/// Where the records are that a written down transaction has in one partition.
struct CommitPlace {
    enum class Where {
        found,
        before_scan,
        deleted,  // they were before the log's start
        behind_scan,
        unsure,
    };
    size_t commit = 0;  // which of the producer's commits
    Where where = Where::unsure;
    const ScannedTransaction* found = nullptr;
};

struct CommitAlignment {
    std::vector<CommitPlace> places;  // of the logged ones
    bool is_open_undecided = false;   // what is open belongs to none that was committed
};

/// Both the markers and what the coordinator wrote down are in the order of the transactions, so
/// that only a place to begin to count is needed. A moment gives one if no commit of the producer
/// with a marker in this partition was under way then: all that were completed before have their
/// markers before the partition's end of that moment, and no other has. Counting goes back and
/// forth from there and ends where offsets are missing, at a marker without records (a marker that
/// was written twice is one), and where epochs or times do not fit.
CommitAlignment align_commits(const ProducerInPartition& seen, const PartitionScan& scan,
                              const TransactionHistory& history,
                              const std::vector<SourceMoment>& moments);

}  // namespace lockstep::replication
