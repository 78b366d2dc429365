#include "replication/aborted_transactions.h"

#include "base/mutation.h"
#include "protocol/records.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

Result<bool> is_abort_marker(const protocol::RecordBatchView& batch) {
    LS_TRY(reader, protocol::RecordReader::open(batch));
    LS_TRY(record, reader.next());
    if (!record) {
        return false;  // compacted away
    }
    LS_TRY(control, protocol::parse_control_record(*record));
    return control.type == protocol::ControlType::abort;
}

}  // namespace

AbortedTransactions::AbortedTransactions(const std::optional<std::vector<Listed>>& listed) {
    if (listed) {
        waiting_ = *listed;
        std::ranges::sort(waiting_, std::ranges::greater(), &Listed::first_offset);
    }
}

Result<bool> AbortedTransactions::covers(const protocol::RecordBatchView& batch) {
    while (!waiting_.empty() && waiting_.back().first_offset <= batch.last_offset().value()) {
        open_.insert(waiting_.back().producer_id);
        waiting_.pop_back();
    }
    if (mutated(Mutation::aborted_copied) || open_.empty() ||
        !open_.contains(batch.producer_id().value())) {
        return false;
    }
    if (!batch.is_control()) {
        return batch.is_transactional();
    }
    LS_TRY(is_abort, is_abort_marker(batch));
    if (is_abort && !mutated(Mutation::abort_without_end)) {
        open_.erase(batch.producer_id().value());
    }
    return false;
}

}  // namespace lockstep::replication
