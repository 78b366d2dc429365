// Which of a link's partitions this worker copies, and for which it may write markers.

#include "base/mutation.h"
#include "replication/error_policy.h"
#include "replication/link.h"

#include <fmt/core.h>

#include <algorithm>

namespace lockstep::replication {

/// Tells the other workers which partitions there are; the first time, joins them. There may be
/// thousands, and most looks find nothing new.
void Link::join_fleet(bool has_new_partitions) {
    const bool is_first = !fleet_;
    if (is_first) {
        Fleet::Options options{
            spec_.name,
            fmt::format("__lockstep.{}.{}", source_.metadata().cluster_id(), spec_.name),
            environment_.fleet.worker, environment_.fleet.session_timeout,
            environment_.member_names};
        fleet_ = std::make_unique<Fleet>(
            target_, std::move(options),
            Fleet::Services{[this](const auto& visitor) { visit_copied_bytes(visitor); },
                            [this] { on_new_plan(); }, &pauses_,
                            [this](const PauseChanges& changes) { on_others_pauses(changes); }});
    }
    if (!is_known(fleet_->known())) {
        std::set<TopicPartition> known;
        for (const auto& [id, partition] : partitions_) {
            if (!partition->is_orphan()) {
                known.insert(known.end(), id);
            }
        }
        fleet_->know(std::move(known));
    }
    fleet_->tell_known();
    if (is_first) {
        fleet_tasks_.spawn("fleet", fleet_->run(fleet_tasks_.stop_token()));
        fleet_tasks_.spawn("watch the fleet", fleet_->watch(fleet_tasks_.stop_token()));
    }
    if (is_first || has_new_partitions) {
        follow_fleet();
    }
}

/// Whether these are all partitions that are not orphans.
bool Link::is_known(const std::set<TopicPartition>& partitions) const {
    auto next = partitions.begin();
    for (const auto& [id, partition] : partitions_) {
        if (partition->is_orphan()) {
            continue;
        }
        if (next == partitions.end() || *next != id) {
            return false;
        }
        ++next;
    }
    return next == partitions.end();
}

void Link::on_new_plan() {
    if (fleet_->has_unknown()) {
        want_metadata();
    }
    follow_fleet();
    for (auto& [id, partition] : partitions_) {
        if (fleet_->turn_of(id)) {
            partition->retry_now();  // it may have waited for that
        }
    }
}

void Link::follow_fleet() {
    if (!fleet_->is_decided()) {
        return;
    }
    for (auto& [id, partition] : partitions_) {
        if (fleet_->copies(id)) {
            partition->take_over();
        } else {
            partition->leave_to_other();
        }
    }
    want_position();
}

/// Of what cannot be copied now it is not known how much there is: that it is nothing would draw
/// more to a worker that cannot reach the source.
void Link::visit_copied_bytes(const FleetMeter::Visitor& visitor) const {
    for (const auto& [id, partition] : partitions_) {
        if (partition->is_streaming()) {
            visitor(id, partition->status().copied_bytes);
        }
    }
}

/// A worker that is to have a partition gets it when nothing of it is under way here. Says when to
/// look again.
runtime::TimePoint Link::tell_what_is_set_down() {
    runtime::TimePoint next = runtime::kNever;
    if (!fleet_) {
        return next;
    }
    const std::set<TopicPartition> waited_for = fleet_->to_set_down();
    for (const TopicPartition& id : waited_for) {
        const auto found = partitions_.find(id);
        const runtime::TimePoint from =
            found == partitions_.end() ? runtime::TimePoint{} : found->second->set_down_from();
        if (from <= environment_.runtime.loop.now()) {
            fleet_->on_set_down(id);
        } else {
            next = std::min(next, from);
        }
    }
    return next;
}

/// A broker would write the newest marker a second time for a second worker: only the worker that
/// owns the partition writes markers. Its logs must have been looked at in that turn: before it,
/// another one may have written, and no broker refuses markers at another place.
Result<void> Link::may_write_markers(const TopicPartition& id, std::optional<uint64_t> looked_in) {
    const auto turn = fleet_ ? fleet_->turn_of(id) : std::nullopt;
    if ((turn && turn == looked_in) || mutated(Mutation::turn_ignored)) {
        return {};
    }
    if (turn) {
        return Error(make_error_code(TurnWait::looked_before),
                     fmt::format("group {} on {}", fleet_->group(), spec_.target));
    }
    return Error(
        make_error_code(TurnWait::not_ours),
        fmt::format("it is not known yet whether this worker or another one writes here (group {} "
                    "on {})",
                    fleet_ ? fleet_->group() : "", spec_.target));
}

}  // namespace lockstep::replication
