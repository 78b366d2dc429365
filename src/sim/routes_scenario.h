#pragma once

#include "sim/place.h"
#include "sim/routes_check.h"
#include "sim/routes_plan.h"
#include "sim/scenario.h"
#include "sim/workers.h"

#include <memory>
#include <vector>

namespace lockstep::sim {

/// Two to four clusters that are all written to, the workers of a replication between them, and
/// faults: each record has to come to each cluster once, in the order of the one it is from.
class RoutesScenario {
public:
    explicit RoutesScenario(uint64_t seed);
    ~RoutesScenario();

    Outcome run();

private:
    friend class RoutesFaults;

    struct Site {
        Place place;
        std::unique_ptr<Workload> workload;
    };

    void open_sites();
    WorkerSetup worker_setup() const;
    void note_states();
    void check_memory(const std::string& worker, const std::vector<LinkStatus>& links);
    /// Where each link is, for who looks why it is not in step.
    void note_places();
    /// Each partition's checker, which holds for all clusters.
    std::vector<std::pair<TopicPartition, RoutesCheck>> checks() const;
    std::vector<SeenRecord> seen(const Site& site, const TopicPartition& id) const;
    void check_safety(const std::string& when);
    /// What is missing somewhere; nothing once all are in step.
    std::vector<std::string> missing() const;
    /// What the workers' status says is not copied to its end. Checker "no lag".
    std::vector<std::string> lagging() const;
    std::vector<std::string> not_in_step() const;
    void add_problem(std::string problem);
    void wait_in_step();
    void end_all();

    const uint64_t seed_;
    World world_;
    Internet internet_;
    RoutesPlan plan_;
    std::vector<Site> sites_;
    Workers workers_{world_, internet_, [this](size_t) { return worker_setup(); }};
    std::map<std::string, std::string> told_states_;
    Outcome outcome_;
};

}  // namespace lockstep::sim
