#pragma once

#include "sim/scenario.h"

#include <functional>
#include <set>
#include <string_view>

namespace lockstep::sim {

/// Kinds are drawn set by set, so that what seeds found with the older ones is still theirs.
enum class FaultSet { first, extra, disk, rare };

/// The kinds of faults that a seed may switch on.
std::vector<std::string> fault_kinds(FaultSet set);

/// Does harm, of the kinds that the scenario's plan has, every so often, and heals it later. All
/// that it does is in the run's log. Owned by a scenario.
class Faults {
public:
    explicit Faults(Scenario& scenario) : scenario_(scenario) {}

    void go_on();
    /// In the first seconds, each worker is killed once while it raises the start of a log.
    void kill_while_preparing();
    /// No more harm; what is still broken is mended at once.
    void heal();

private:
    using Harm = void (Faults::*)();
    struct Kind {
        std::string_view name;
        Harm harm;
        FaultSet set = FaultSet::first;
    };
    static const std::vector<Kind>& kinds();
    friend std::vector<std::string> fault_kinds(FaultSet set);

    // Each harms one thing, and says when it heals.
    // Of workers and their connections:
    void cut_way();
    void reset_connections();
    void kill_worker();
    void suspend_worker();
    void jump_clock();
    void drift_clock();
    // Of brokers:
    void crash_broker();
    void move_leader();
    void lose_target_tail();
    void lose_source_tail();
    void forget_producers();
    void deny();
    void fill_disk();
    void slow_disk();
    // Of topics, their logs and groups:
    void compact();
    void raise_log_start();
    void overtake();
    void add_partition();
    void recreate_topic();
    void move_group();
    void damage_reads();
    // Several at once:
    void cut_off();
    void cut_from_coordinator();
    void compact_apart();
    void lose_tail_asleep();
    void recreate_unseen();

    /// Mends it after a while, or when all is to be healed.
    void heal_later(Duration most, std::string what, std::function<void()> mend);
    void heal_after(Duration delay, std::string what, std::function<void()> mend);
    /// Its number, for heal().
    int begin(std::string what, std::function<void()> mend);
    void heal(int open);
    void kill(size_t number);
    void kill_all_workers();
    bool is_deserted() const;
    void suspend(NodeLoop& node, Duration most);
    /// One that is there, and has been all the time.
    std::optional<std::string> draw_old_topic();
    void make_anew(const std::string& name);
    void empty_copy(const std::string& name);
    Place& draw_place();
    std::shared_ptr<sandbox::Partition> draw_partition(Place& place, std::string& name);
    NodeLoop* draw_worker_node();
    /// Between a worker and a broker.
    struct Way {
        std::string worker;
        std::string broker;
    };
    std::optional<Way> draw_way();
    struct Ways {
        std::string worker;
        std::vector<std::string> brokers;
    };
    static std::vector<std::string> hosts_of(const Place& place);
    void cut(const Ways& ways);
    void mend(const Ways& ways);
    /// Of those that want the turn.
    std::string turn_group() const;
    int32_t turn_generation() const;
    void heal_with_next_turn(int open, int32_t generation, TimePoint until);
    void compact_in(Place& place);
    /// A leader dies, and who leads then has not all that it had.
    void lose_tail(Place& place, sandbox::Partition& partition, const std::string& name);
    void delete_uncopied(const TopicPartition& id);

    struct Open {
        std::string what;
        std::function<void()> mend;
    };

    Scenario& scenario_;
    std::map<int, Open> open_;
    std::set<size_t> killed_preparing_;  // workers, by number
    int next_open_ = 0;
    bool is_over_ = false;
};

}  // namespace lockstep::sim
