// What keeps a partition from being copied for a while: its topic is gone, somebody paused it, or
// another worker has it.

#include "replication/partition_replicator.h"

#include <algorithm>

namespace lockstep::replication {
namespace {

/// As long as a dead worker's partitions wait at least: brokers do not sit on requests for longer.
constexpr auto kLatest = std::chrono::seconds(5);

}  // namespace

void PartitionReplicator::orphan(std::string reason) {
    is_orphan_ = true;
    orphan_why_ = std::move(reason);
    stop_fetching();
    if (!is_elsewhere_) {
        set_state(PartitionState::blocked, orphan_why_);
    }
}

bool PartitionReplicator::is_at_rest() const {
    const bool is_done = phase_ == Phase::streaming ? is_delivered() : phase_ != Phase::preparing;
    return is_done && (former_ == nullptr || former_->is_at_rest());
}

runtime::TimePoint PartitionReplicator::set_down_from() const {
    return is_set_down() ? last_arrival() : runtime::kNever;
}

runtime::TimePoint PartitionReplicator::last_arrival() const {
    const runtime::TimePoint own = lane_->lost_at() + kLatest;
    return former_ == nullptr ? own : std::max(own, former_->last_arrival());
}

/// The one that follows may be waiting for that, or another worker.
void PartitionReplicator::tell_at_rest() {
    if ((is_orphan_ && is_at_rest()) || (is_elsewhere_ && is_set_down())) {
        link_.want_position();
    }
}

void PartitionReplicator::adopt() {
    is_orphan_ = false;
    if (is_elsewhere_) {
        return;
    }
    if (is_halted_ || not_before_ == runtime::kNever) {
        set_state(PartitionState::blocked, halted_why_);
        return;
    }
    if (paused_why_) {
        pause(std::string(*paused_why_));
        return;
    }
    set_state(PartitionState::starting, "");
    if (phase_ == Phase::streaming) {
        on_fetch_failed(Error(Errc::not_found, "the source topic was away"));
    } else {
        link_.want_position();
    }
}

void PartitionReplicator::pause(std::string why) {
    paused_why_ = std::move(why);
    if (!is_blocked_for_good()) {
        set_down();
    }
}

bool PartitionReplicator::is_blocked_for_good() const {
    return is_orphan_ || is_halted_ || (not_before_ == runtime::kNever && !has_given_up_);
}

void PartitionReplicator::set_down() {
    stop_fetching();
    if (phase_ == Phase::preparing) {
        return;  // the log start is being raised, and is there in the end
    }
    show_rest();
    if (phase_ != Phase::streaming) {
        tell_at_rest();
    } else if (!is_setting_down_ && !is_halted_) {
        is_setting_down_ = true;
        fetch_error_ = Error(Errc::stopped, "set down");
        stop_when_delivered();
    }
}

void PartitionReplicator::show_rest() {
    if (!is_elsewhere_ && (!paused_why_ || is_blocked_for_good())) {
        return;
    }
    status_.open_transaction.reset();  // nobody looks whether it goes on
    if (!is_elsewhere_) {
        set_state(PartitionState::paused, *paused_why_);
        return;
    }
    status_.source_log_start.reset();  // nor how far it has come
    status_.source_high_watermark.reset();
    status_.next_offset.reset();
    status_.target_log_end.reset();
    set_state(PartitionState::elsewhere, "");
}

void PartitionReplicator::leave_to_other() {
    if (!std::exchange(is_elsewhere_, true)) {
        set_down();
    }
}

void PartitionReplicator::take_over() {
    if (!std::exchange(is_elsewhere_, false)) {
        return;
    }
    ++rewrites_;
    if (is_orphan_) {
        set_state(PartitionState::blocked, orphan_why_);
    } else if (is_blocked_for_good()) {
        set_state(PartitionState::blocked, halted_why_);
    } else if (paused_why_) {
        set_down();
    } else {
        start_anew();
    }
}

void PartitionReplicator::resume() {
    if (std::exchange(paused_why_, std::nullopt) && status_.state == PartitionState::paused) {
        start_anew();
    }
}

void PartitionReplicator::start_anew() {
    has_given_up_ = false;
    failures_in_a_row_ = 0;
    set_state(PartitionState::starting, "");
    not_before_ = {};
    link_.want_position();
}

}  // namespace lockstep::replication
