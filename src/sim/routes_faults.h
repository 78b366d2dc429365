#pragma once

#include "sim/routes_scenario.h"

#include <functional>
#include <map>
#include <string_view>

namespace lockstep::sim {

/// Does harm to clusters that are all written to, of the kinds that the plan has, and heals it
/// later. What would take records away for good is no part of it. Owned by a scenario's run.
class RoutesFaults {
public:
    explicit RoutesFaults(RoutesScenario& scenario) : scenario_(scenario) {}

    static std::vector<std::string> names();

    void go_on();
    /// No more harm; what is still broken is mended at once.
    void heal();

private:
    using Harm = void (RoutesFaults::*)();
    struct Kind {
        std::string_view name;
        Harm harm;
    };
    static const std::vector<Kind>& kinds();

    void cut_way();
    void cut_off_cluster();
    void reset_connections();
    void crash_broker();
    void move_leader();
    void slow_disk();
    void kill_worker();
    void suspend_worker();
    void jump_clock();

    void heal_later(Duration most, std::string what, std::function<void()> mend);
    Place& draw_place();
    const sandbox::Broker& draw_broker(Place& place);
    Worker* draw_worker();

    RoutesScenario& scenario_;
    std::map<int, std::pair<std::string, std::function<void()>>> open_;
    int next_open_ = 0;
    bool is_over_ = false;
};

}  // namespace lockstep::sim
