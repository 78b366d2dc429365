// What the target has of a partition, and up to where its streams have been read.

#include "base/mutation.h"
#include "replication/partition_replicator.h"

#include <fmt/core.h>

namespace lockstep::replication {

Result<void> PartitionReplicator::expect_offset(const client::OutgoingBatch& batch, Offset at) {
    if (at == batch.base_offset) {
        status_.next_offset = at + batch.record_count;
        overrun_.reset();
        return {};
    }
    Error error(Errc::internal,
                fmt::format("the target put the records of offset {} at offset {}: someone else "
                            "writes to {} there",
                            batch.base_offset.value(), at.value(), target_id().to_string()));
    halted_why_ = error.context;
    set_state(PartitionState::blocked, halted_why_);
    is_halted_ = true;
    return error;
}

/// Answers come in the order of the records.
Result<void> PartitionReplicator::put_in_map(const client::OutgoingBatch& batch, Offset at) {
    StreamMap& map = *streams_[batch.stream].map;
    const auto after_last = map.target.offset_of(map.next);
    if (at.value() < 0 || (after_last && at < *after_last)) {
        return Error(Errc::internal,
                     fmt::format("the target says that the records of offset {} are at {}, before "
                                 "those that came earlier",
                                 batch.base_offset.value(), at.value()));
    }
    map.target.add({map.next, mutated(Mutation::map_off_by_one) ? at + 1 : at});
    map.next = map.placed = map.next + batch.record_count;
    mapped_records_ += batch.record_count;
    status_.next_offset = *map.source.offset_of(map.next - 1) + 1;
    return {};
}

bool PartitionReplicator::is_mixed(bool is_both_ways) const {
    if (!is_translated()) {
        return false;
    }
    const StreamMap& map = *streams_.front().map;
    const int64_t next = map.next.value();
    const bool is_alone = status_.target_log_end.value_or(Offset(0)).value() == next &&
                          map.target.offset_of(map.next).value_or(Offset(next)).value() == next;
    const bool has_both = map.has_targets_own || (is_both_ways && !is_alone);
    return streams_.size() > 1 || (next > 0 && has_both);
}

bool PartitionReplicator::is_all_from_target(bool is_both_ways) const {
    if (!is_translated() || streams_.size() > 1) {
        return false;
    }
    const StreamMap& map = *streams_.front().map;
    const bool has_end = status_.target_log_end.value_or(Offset(0)).value() > 0;
    return map.next.value() == 0 && (map.has_targets_own || (is_both_ways && has_end));
}

/// The streams that have no records just behind their last one have been read on all the same: when
/// it goes on, the source may have deleted what was between. Only while nothing is on its way: what
/// the target has under a record's number must stay in the map.
void PartitionReplicator::leave_passed() {
    const bool is_all_taken = !is_damaged_ && !is_halted_ && !is_orphan_;
    if (phase_ != Phase::streaming || !outgoing_ || !is_delivered() || !is_all_taken) {
        return;
    }
    const Offset passed = outgoing_->next_fetch();
    for (const TranslatedRecords& each : streams_) {
        const auto known = each.map->source.offset_of(each.map->next);
        if (known && passed > *known) {
            link_.save_runs(each.key, {{each.map->next, passed}}, [](const Result<void>&) {});
        }
    }
}

}  // namespace lockstep::replication
