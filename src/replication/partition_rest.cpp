// What keeps a partition from being copied for a while: its topic is gone, or somebody paused it.

#include "replication/partition_replicator.h"

namespace lockstep::replication {

void PartitionReplicator::orphan(std::string reason) {
    is_orphan_ = true;
    stop_fetching();
    set_state(PartitionState::blocked, std::move(reason));
}

bool PartitionReplicator::is_at_rest() const {
    const bool is_done = phase_ == Phase::streaming ? is_delivered() : phase_ != Phase::preparing;
    return is_done && (former_ == nullptr || former_->is_at_rest());
}

/// The one that follows may be waiting for that.
void PartitionReplicator::tell_at_rest() {
    if (is_orphan_ && is_at_rest()) {
        link_.want_position();
    }
}

void PartitionReplicator::adopt() {
    is_orphan_ = false;
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
    const bool is_blocked_for_good =
        is_orphan_ || is_halted_ || (not_before_ == runtime::kNever && !has_given_up_);
    if (!is_blocked_for_good) {
        set_down();
    }
}

void PartitionReplicator::set_down() {
    stop_fetching();
    if (phase_ == Phase::preparing) {
        return;  // the log start is being raised, and is there in the end
    }
    status_.open_transaction.reset();  // nobody looks whether it goes on
    set_state(PartitionState::paused, *paused_why_);
    if (phase_ == Phase::streaming && !is_set_down_) {
        is_set_down_ = true;
        fetch_error_ = Error(Errc::stopped, "paused");
        stop_when_delivered();
    }
}

void PartitionReplicator::resume() {
    if (!std::exchange(paused_why_, std::nullopt) || status_.state != PartitionState::paused) {
        return;
    }
    has_given_up_ = false;
    failures_in_a_row_ = 0;
    set_state(PartitionState::starting, "");
    not_before_ = {};
    link_.want_position();
}

}  // namespace lockstep::replication
