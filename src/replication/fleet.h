#pragma once

#include "client/group_member.h"
#include "model/link_status.h"
#include "replication/fleet_meter.h"
#include "replication/fleet_record.h"

#include <functional>
#include <optional>

namespace lockstep::replication {

/// The workers that share a link, as one of them sees them: a group on the link's target, whose
/// leader says who copies which partition (fleet_plan.h).
///
///     undecided --nobody is there, or it is not known who--> alone: copies all, owns nothing
///         `--a table--> sharing <---------------------------a table--'
///
/// 1. A partition that the table gives to this worker is *owned*: only here markers are written
///    for it, while the coordinator surely counts this worker in (turn_of).
/// 2. One that is to move is set down first. Then all join again, and who is to have it gets it: at
///    no time two workers own it.
/// 3. Without a table, or when the coordinator cannot be reached, a worker goes on with what it
///    copies: two that copy the same at once do no harm (adr/0003), they only do it twice.
/// 4. What no table has yet, a new topic, is copied by the leader.
///
/// Owned by its Link, lives on the link's shard. `run()` and `watch()` until their stop; then
/// `leave()`, while the target is still open.
class Fleet final : private client::GroupRole {
public:
    struct Options {
        std::string link;
        std::string group;
        std::string worker;  // its name, for people
        runtime::Duration session{};
        client::MemberNames* names = nullptr;  // null: none are kept
    };
    struct Services {
        FleetMeter::Visit copied;       // of the partitions that it copies
        std::function<void()> changed;  // told that it may copy others than before
        SharedPauses* pauses = nullptr;
        std::function<void(const PauseChanges&)> pauses_changed;
    };

    Fleet(client::Cluster& target, Options options, Services services);

    runtime::Task<void> run(std::stop_token stop);
    runtime::Task<void> watch(std::stop_token stop);
    runtime::Task<void> leave() { return member_.leave(); }
    runtime::Task<void> wait_left(runtime::TimePoint deadline) {
        return member_.wait_left(deadline);
    }

    /// The link's partitions, as this worker knows them now.
    void know(std::set<TopicPartition> partitions);
    const std::set<TopicPartition>& known() const { return known_; }
    /// Sees to it that the others hear of all that it knows.
    void tell_known();
    /// Whether this worker can copy. One that cannot lets others have its partitions.
    void set_able(bool is_able);

    /// Tells the others what is in the link's pauses now.
    void tell_pauses() { member_.rejoin(); }

    /// False for a moment at the start, while it is found out whether others are there.
    bool is_decided() const { return is_decided_; }
    /// Whether the coordinator, and so the target, surely hears this worker.
    bool is_heard() const { return member_.is_heard(); }
    /// Whether what one worker does for all is this one's to do: it is the first that has a
    /// partition, or leads where there is none.
    bool is_first() const;
    bool copies(const TopicPartition& id) const;
    /// Whether it was given a partition that this worker has not seen yet.
    bool has_unknown() const;
    /// Which of all its turns as the owner of the partition this worker has now: what was learnt in
    /// a former one may be out of date. Nothing where it does not surely own it.
    std::optional<uint64_t> turn_of(const TopicPartition& id) const;

    /// What it owns no more, but still has to set down.
    const std::set<TopicPartition>& to_set_down() const { return to_set_down_; }
    /// Nothing of it is under way any more.
    void on_set_down(const TopicPartition& id);

    const std::string& group() const { return member_.group(); }
    /// The name of the worker that has the partition; "" where nobody is known to.
    std::string worker_of(const TopicPartition& id) const;
    FleetStatus status() const;

private:
    Bytes join_with() override;
    std::map<std::string, Bytes> assign(const std::vector<Told>& members) override;
    void on_assigned(const Standing& standing, ByteView assignment) override;
    void on_out() override;

    void take_pauses_of(const std::vector<Bytes>& assignments);
    void take(FleetTable table, size_t self);
    void decide();
    void measure();
    bool has_changed_load() const;
    double rate_of(const TopicPartition& id) const;
    double load() const;

    client::Cluster& target_;
    Options options_;
    Services services_;
    client::GroupMember member_;
    std::set<TopicPartition> known_;
    bool are_all_planned_ = false;  // none of known_ is missing from the table
    bool is_able_ = true;
    FleetMeter meter_;
    bool is_decided_ = false;
    Standing standing_;
    std::optional<FleetTable> table_;           // the newest that could be read
    std::set<TopicPartition> mine_;             // by that
    std::map<TopicPartition, uint64_t> turns_;  // of what it owns
    uint64_t last_turn_ = 0;
    std::set<TopicPartition> to_set_down_;
    std::set<TopicPartition> set_down_;  // since it joined
    double told_load_ = 0;               // of what it has, as of then
    runtime::TimePoint joined_at_{};
    uint64_t taken_ = 0;
    uint64_t given_ = 0;
    runtime::Signal decided_;
};

}  // namespace lockstep::replication
