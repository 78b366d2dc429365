#include "replication/proof_progress.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

constexpr int64_t kHandfulRecords = 10'000;

}  // namespace

bool is_catching_up(int64_t lag_records, double copied_per_second) {
    return lag_records > kHandfulRecords && static_cast<double>(lag_records) > copied_per_second;
}

void ProofProgress::begin(Offset start) {
    is_doubted_ = false;
    status_.emplace();
    status_->from = status_->to = status_->compared_to = start;
}

// A partition's first difference is loud, and must not be a passing state of one of the logs: a
// topic that is being deleted, a cleanup.policy that has just been changed.
ProofProgress::Verdict ProofProgress::take(const ComparedRecords& found, Offset end) {
    const bool is_first = status_->differences == 0 && found.differences > 0;
    if (is_first && !is_doubted_) {
        is_doubted_ = true;
        return Verdict::doubted;
    }
    is_doubted_ = false;
    status_->records += found.records;
    status_->compacted += found.compacted;
    status_->differences += found.differences;
    status_->compared_to = end;
    if (is_first) {
        status_->first_difference = found.first.front();
    }
    status_->to = status_->first_difference ? status_->first_difference->offset : end;
    if (found.differences == 0) {
        return Verdict::same;
    }
    return is_first ? Verdict::differs : Verdict::differs_still;
}

ProofProgress::Move ProofProgress::on_logs(const PartitionLogs& logs) {
    const Offset start = std::max(logs.source_start, logs.target_start);
    const Offset end = std::min(logs.source_end, logs.target_end);
    if (next() < start) {
        status_->compared_to = start;
        if (status_->differences == 0) {
            status_->from = status_->to = start;
        }
        return Move::passed;
    }
    if (next() <= end) {
        return Move::stays;
    }
    if (start > end) {
        return Move::waits;
    }
    begin(start);
    return Move::anew;
}

}  // namespace lockstep::replication
