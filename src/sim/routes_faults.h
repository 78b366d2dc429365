#pragma once

#include "sim/common_faults.h"
#include "sim/routes_scenario.h"

#include <string_view>

namespace lockstep::sim {

/// Of the world of several clusters. What would take records away for good is no part of it.
class RoutesFaults final : public CommonFaults {
public:
    explicit RoutesFaults(RoutesScenario& scenario)
        : CommonFaults({scenario.world_, scenario.internet_, scenario.workers_,
                        scenario.plan_.faults, scenario.plan_.fault_interval,
                        scenario.plan_.topics}),
          scenario_(scenario) {}

    static std::vector<std::string> names();

private:
    using Harm = void (RoutesFaults::*)();
    struct Kind {
        std::string_view name;
        Harm harm;
    };
    static const std::vector<Kind>& kinds();

    void harm(const std::string& kind) override;
    Place& draw_place() override;
    /// Draws a broker also where no worker is there: what seeds found is still theirs so.
    std::optional<Way> draw_way() override;

    void cut_off_cluster();

    RoutesScenario& scenario_;
};

}  // namespace lockstep::sim
