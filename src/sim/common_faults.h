#pragma once

#include "sim/place.h"
#include "sim/workers.h"
#include "sim/workload.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lockstep::sim {

/// The world that is harmed, and what its seed has drawn for that.
struct FaultGround {
    World& world;
    Internet& internet;
    Workers& workers;
    const std::vector<std::string>& kinds;  // those that are switched on
    Duration interval;                      // on average
    const std::vector<TopicPlan>& topics;
};

/// Does harm of one of the kinds every so often, and heals it later; all that it does is in the
/// run's log. Here is what can happen in any world: to workers, their connections, and brokers.
/// Owned by a scenario's run.
class CommonFaults {
public:
    virtual ~CommonFaults() = default;
    CommonFaults(const CommonFaults&) = delete;
    CommonFaults& operator=(const CommonFaults&) = delete;

    void go_on();
    /// Of a worker that is running; it is started again later.
    void kill(size_t number, Internet::Sent sent = Internet::Sent::is_lost);
    /// No more harm; what is still broken is mended at once.
    void heal();

protected:
    explicit CommonFaults(FaultGround ground) : ground_(ground) {}

    virtual void harm(const std::string& kind) = 0;
    virtual Place& draw_place() = 0;

    // Each harms one thing, and says when it heals.
    void cut_way();
    void reset_connections();
    void kill_worker();
    void suspend_worker();
    void jump_clock();
    void crash_broker();
    void move_leader();
    void slow_disk();

    void suspend(NodeLoop& node, Duration most);
    /// Its number, for heal().
    int begin_suspension(NodeLoop& node);

    /// Mends it after a while, or when all is to be healed.
    void heal_later(Duration most, std::string what, std::function<void()> mend);
    void heal_after(Duration delay, std::string what, std::function<void()> mend);
    /// Its number, for heal().
    int begin(std::string what, std::function<void()> mend);
    void heal(int open);
    bool is_open(int open) const { return open_.contains(open); }
    /// All has been healed: no more harm.
    bool is_over() const { return is_over_; }

    /// Between a worker and a broker.
    struct Way {
        std::string worker;
        std::string broker;
    };
    virtual std::optional<Way> draw_way();
    NodeLoop* draw_worker_node();
    /// Null where none of that name is running.
    NodeLoop* find_worker_node(const std::string& name);
    const sandbox::Broker& draw_broker(Place& place);
    /// Null where its topic is not there; `name` gets the topic's.
    std::shared_ptr<sandbox::Partition> draw_partition(Place& place, std::string& name);

private:
    struct Open {
        std::string what;
        std::function<void()> mend;
    };

    const FaultGround ground_;
    std::map<int, Open> open_;
    int next_open_ = 0;
    bool is_over_ = false;
};

}  // namespace lockstep::sim
