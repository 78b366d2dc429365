#pragma once

// PURE: which of a read_committed Fetch's batches belong to aborted transactions (KIP-98, as the
// consumer's CompletedFetch tells it): the broker sends them all the same.

#include "protocol/messages/fetch.h"
#include "protocol/record_batch.h"

#include <unordered_set>
#include <vector>

namespace lockstep::replication {

/// Of one partition in one answer. Must be shown every batch, in order.
class AbortedTransactions {
public:
    using Listed = protocol::FetchResponse::AbortedTransaction;

    explicit AbortedTransactions(const std::optional<std::vector<Listed>>& listed);

    /// Whether `batch` holds records of an aborted transaction. Errors: `malformed`, for a control
    /// batch without a readable marker.
    Result<bool> covers(const protocol::RecordBatchView& batch);

private:
    std::vector<Listed> waiting_;  // by first offset, the lowest last
    std::unordered_set<int64_t> open_;
};

}  // namespace lockstep::replication
