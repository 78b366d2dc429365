// What a partition does after an error: when it is tried again, and when it is not.

#include "base/log.h"
#include "base/mutation.h"
#include "protocol/kafka_error.h"
#include "replication/error_policy.h"
#include "replication/partition_replicator.h"
#include "replication/retry_pace.h"

#include <utility>

namespace lockstep::replication {

using protocol::KafkaError;

namespace {

constexpr int kRefusalsUntilBlocked = 5;
constexpr auto kBlockedPause = std::chrono::seconds(10);
constexpr auto kSettled = std::chrono::seconds(10);

}  // namespace

void PartitionReplicator::block(std::string reason) {
    if (phase_ == Phase::streaming) {
        blocked_why_ = std::move(reason);
        lane_->stop(Error(Errc::stopped, *blocked_why_));
        return;
    }
    phase_ = Phase::idle;
    if (is_orphan_ || is_to_rest()) {
        tell_at_rest();
    } else {
        retry_later(PartitionState::blocked, std::move(reason), kBlockedPause);
    }
}

void PartitionReplicator::retry_now() {
    if (status_.state == PartitionState::retrying && not_before_ != runtime::kNever) {
        not_before_ = {};
        link_.want_position();
    }
}

void PartitionReplicator::try_again() {
    if (!std::exchange(has_given_up_, false)) {
        return;
    }
    failures_in_a_row_ = 0;
    refused_in_a_row_ = 0;
    backoff_.reset();
    not_before_ = {};
    if (!is_orphan_ && !is_to_rest()) {
        set_state(PartitionState::starting, "");
        link_.want_position();
    }
}

/// After the last attempt that its link allows. What an operator has to change anyway is not
/// counted: there it is looked from time to time whether that has been done.
bool PartitionReplicator::give_up(const Error& error) {
    const auto& rule = link_.spec().retry;
    const bool counts = is_failed_request(error.code) && reaction_to(error.code) != Reaction::block;
    failures_in_a_row_ += counts ? 1 : 0;
    if (!counts || !rule || !rule->attempts || failures_in_a_row_ <= *rule->attempts) {
        return false;
    }
    has_given_up_ = true;
    halted_why_ = given_up_text(*rule->attempts, error.message());
    set_state(PartitionState::blocked, halted_why_);
    not_before_ = runtime::kNever;
    return true;
}

/// Each batch alone may be what the target takes.
bool PartitionReplicator::stop_merging(bool has_merged) {
    const bool is_other = limits_.may_merge && has_merged;
    limits_.may_merge = limits_.may_merge && !has_merged;
    return is_other;
}

/// The target has refused a batch for its size. False where no batch can be smaller.
bool PartitionReplicator::make_smaller(bool has_merged) {
    if (stop_merging(has_merged)) {
        return true;
    }
    if (largest_sent_ == 0 || is_largest_single_) {
        return false;
    }
    limits_.most_bytes = largest_sent_ / 2;
    return true;
}

/// A topic that has just been created is not known to all brokers at once: nothing has failed.
bool PartitionReplicator::is_settling(const Error& error) const {
    const bool is_new = !begun_at_ && link_.runtime().loop.now() - born_at_ < kSettled;
    return is_new && (error.code == KafkaError::leader_not_available ||
                      error.code == KafkaError::not_leader_or_follower ||
                      error.code == KafkaError::unknown_topic_or_partition ||
                      error.code == KafkaError::unknown_topic_id);
}

void PartitionReplicator::retry(const Error& error) {
    if (!is_wait_for_turn(error.code) && !is_settling(error)) {
        link_.count_error(error.message());
    }
    if (give_up(error)) {
        return;
    }
    const Reaction reaction = reaction_to(error.code);
    if (reaction == Reaction::retry_refused || is_damaged_) {
        ++refused_in_a_row_;
    }
    if (reaction == Reaction::block || refused_in_a_row_ >= kRefusalsUntilBlocked) {
        retry_later(PartitionState::blocked, error.message(), kBlockedPause);
        return;
    }
    link_.want_metadata();
    const auto state = status_.state == PartitionState::blocked ? PartitionState::blocked
                                                                : PartitionState::retrying;
    retry_later(state, error.message(), backoff_.next(link_.runtime().rng));
}

void PartitionReplicator::retry_later(PartitionState state, std::string reason,
                                      runtime::Duration pause) {
    set_state(state, std::move(reason));
    not_before_ = link_.runtime().loop.now() + pause;
    if (state == PartitionState::blocked && mutated(Mutation::block_is_final)) {
        not_before_ = runtime::kNever;
    }
    link_.want_position();
}

}  // namespace lockstep::replication
