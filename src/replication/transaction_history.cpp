#include "replication/transaction_history.h"

#include "protocol/records.h"

#include <algorithm>
#include <iterator>

namespace lockstep::replication {

using protocol::TransactionState;
using protocol::TransactionStatus;

namespace {

// KIP-890's: each transaction ends with an epoch of its own.
constexpr int16_t kFirstVersionWithEpochs = 2;

}  // namespace

void TransactionHistoryReader::begin(size_t log, Offset from) {
    keep_log();
    log_ = log;
    next_ = from;
    history_.complete_from[log] = from;
}

Result<void> TransactionHistoryReader::take(const protocol::RecordBatchView& batch) {
    if (batch.base_offset() > next_) {
        forget_before(batch.base_offset());
    }
    next_ = batch.next_offset();
    if (batch.is_control()) {
        return {};
    }
    LS_TRY(reader, protocol::RecordReader::open(batch));
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            break;
        }
        LS_TRY(state, protocol::parse_transaction_state(*record));
        if (state && state->transaction_version < kFirstVersionWithEpochs) {
            take_state(*state, reader.offset_of(*record));
        }
    }
    if (!batch.is_dense()) {
        forget_before(next_);
    }
    return {};
}

/// What was read before a hole may lack what it needs.
void TransactionHistoryReader::forget_before(Offset hole) {
    found_ = {};
    pending_.clear();
    history_.complete_from[log_] = hole;
}

void TransactionHistoryReader::keep_log() {
    for (auto& [producer, commits] : found_.commits) {
        auto& kept = history_.commits[producer];
        std::ranges::move(commits, std::back_inserter(kept));
    }
    history_.unexplained.merge(found_.unexplained);
    found_ = {};
    pending_.clear();
}

void TransactionHistoryReader::take_state(const TransactionState& state, Offset offset) {
    switch (state.status) {
        case TransactionStatus::prepare_commit: return prepare(state, offset);
        case TransactionStatus::complete_commit: return complete(state, offset);
        default: return;
    }
}

/// A coordinator that does not know whether it could write a decision down writes it again.
void TransactionHistoryReader::prepare(const TransactionState& state, Offset offset) {
    if (pending_.contains(state.transactional_id)) {
        return;
    }
    LoggedCommit commit;
    for (const TopicPartition& partition : state.partitions) {
        if (const auto found = partitions_.find(partition); found != partitions_.end()) {
            commit.partitions.push_back(found->second);
        }
    }
    LoggedCommit*& pending = pending_[state.transactional_id];
    if (commit.partitions.empty()) {
        return;
    }
    commit.producer_id = state.producer_id;
    commit.epoch = state.producer_epoch;
    commit.log = log_;
    commit.prepared = offset;
    commit.prepared_ms = state.updated_ms;
    auto& commits = found_.commits[state.producer_id];
    commits.push_back(std::move(commit));
    pending = &commits.back();  // a deque moves nothing when it grows at its end
}

void TransactionHistoryReader::complete(const TransactionState& state, Offset offset) {
    const auto pending = pending_.find(state.transactional_id);
    if (pending == pending_.end()) {
        found_.unexplained[state.producer_id] = offset;
        return;
    }
    if (pending->second != nullptr) {
        pending->second->completed = offset;
    }
    pending_.erase(pending);
}

TransactionHistory TransactionHistoryReader::finish() && {
    keep_log();
    return std::move(history_);
}

}  // namespace lockstep::replication
