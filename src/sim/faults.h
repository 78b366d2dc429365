#pragma once

#include "sandbox/acls.h"
#include "sim/common_faults.h"
#include "sim/holds.h"
#include "sim/scenario.h"

#include <functional>
#include <set>
#include <string_view>
#include <utility>

namespace lockstep::sim {

/// Kinds are drawn set by set, so that what seeds found with the older ones is still theirs.
enum class FaultSet { first, extra, disk, rare, maps };

/// The kinds of faults that a seed may switch on.
std::vector<std::string> fault_kinds(FaultSet set);

/// Of the world of one link: also what happens to logs, topics and groups, and several at once.
class Faults final : public CommonFaults {
public:
    explicit Faults(Scenario& scenario)
        : CommonFaults({scenario.world_, scenario.internet_, scenario.workers_,
                        scenario.plan_.faults, scenario.plan_.fault_interval,
                        scenario.plan_.topics}),
          scenario_(scenario) {}

    /// In the first seconds, each worker is killed once while it raises the start of a log.
    void kill_while_preparing();

private:
    using Harm = void (Faults::*)();
    struct Kind {
        std::string_view name;
        Harm harm;
        FaultSet set = FaultSet::first;
    };
    static const std::vector<Kind>& kinds();
    friend std::vector<std::string> fault_kinds(FaultSet set);

    void harm(const std::string& kind) override;
    Place& draw_place() override;

    // Each harms one thing, and says when it heals.
    void drift_clock();
    // Of brokers:
    void lose_target_tail();
    void lose_source_tail();
    void lose_map_tail();
    void forget_producers();
    void deny();
    void fill_disk();
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

    /// For so long, up to five seconds.
    void kill_all_workers(Duration least = Duration(0));
    bool is_deserted() const;
    /// Nothing of a worker may come later: no way is cut, and none of them is suspended, which
    /// would go on with what it was about to send.
    bool is_all_delivered() const;
    /// One that is there, and has been all the time.
    std::optional<std::string> draw_old_topic();
    void make_anew(const std::string& name);
    /// Whether only maps tell what was in a copy that is empty.
    bool are_maps_stored() const;
    void empty_copy(const std::string& name);
    /// Who copies a log of a compacted topic.
    struct Copier {
        std::string worker;
        std::shared_ptr<sandbox::Partition> at_source;
    };
    std::shared_ptr<sandbox::Partition> find_compacted(const TopicPartition& id);
    void suspend_at_write(Copier copier, Offset end, TimePoint until);
    void fall_asleep(const std::string& worker, int32_t generation);
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

    Scenario& scenario_;
    std::set<size_t> killed_preparing_;  // workers, by number
    Holds<std::shared_ptr<sandbox::Partition>> full_;
    Holds<std::shared_ptr<sandbox::Partition>> damaged_;
    Holds<std::pair<std::string, sandbox::Acl>> denied_;  // with the name of the place
};

}  // namespace lockstep::sim
