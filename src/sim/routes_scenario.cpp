#include "sim/routes_scenario.h"

#include "base/log.h"
#include "sim/routes_faults.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>

namespace lockstep::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr Duration kLookInterval = seconds(5);
/// How long everything may take to be in step again, once all is healed.
constexpr Duration kPatience = seconds(180);
constexpr size_t kMostProblems = 20;

}  // namespace

RoutesScenario::RoutesScenario(uint64_t seed)
    : seed_(seed),
      world_(seed),
      internet_(world_),
      plan_(draw_routes_plan(world_.rng(), RoutesFaults::names())) {
    internet_.set_latency(plan_.latency);
}

RoutesScenario::~RoutesScenario() = default;

void RoutesScenario::open_sites() {
    // By numbers of their own: seeds without them stay what they were.
    const bool has_nulls = Rng(seed_ ^ 0x6e75'6c6c'0000'0000).chance(0.3);
    if (has_nulls) {
        world_.note("some records have no key, or no value");
    }
    for (const RoutesPlan::Member& member : plan_.clusters) {
        sandbox::ClusterOptions options;
        options.name = member.name;
        options.version = member.version;
        options.brokers = member.brokers;
        options.broker_config["group.initial.rebalance.delay.ms"] = "0";
        Site& site = sites_.emplace_back();
        site.place = open_place(world_, internet_, options);
        site.workload =
            std::make_unique<Workload>(world_, site.place.cluster->cluster(), plan_.topics);
        site.workload->set_writer(member.name + " ");
        if (has_nulls) {
            site.workload->write_nulls(seed_ + sites_.size());
        }
        site.workload->begin();
    }
}

WorkerSetup RoutesScenario::worker_setup() const {
    WorkerSetup setup;
    for (const Site& site : sites_) {
        setup.clusters.push_back(spec_of(site.place));
        if (plan_.has_ids) {
            setup.clusters.back().id = site.place.cluster->cluster().id();
        }
    }
    setup.links = compile(plan_.replication(), setup.clusters);
    setup.limits = plan_.limits;
    return setup;
}

void RoutesScenario::note_states() {
    for (const auto& worker : workers_) {
        const auto links = worker ? worker->status() : std::vector<LinkStatus>();
        if (!links.empty()) {
            check_memory(worker->node().name(), links);
        }
        for (const LinkStatus& link : links) {
            for (const PartitionStatus& partition : link.partitions) {
                const std::string who = fmt::format("{} {} {}", worker->node().name(), link.name,
                                                    partition.id.to_string());
                const std::string state =
                    fmt::format("{}{}{}", to_string(partition.state),
                                partition.reason.empty() ? "" : ": ", partition.reason);
                if (std::exchange(told_states_[who], state) != state) {
                    world_.note(fmt::format("  {} is {}", who, state));
                }
            }
        }
    }
}

/// All links of a process share what it may hold; each reads from all brokers of its source.
void RoutesScenario::check_memory(const std::string& worker, const std::vector<LinkStatus>& links) {
    MemoryRule rule{plan_.limits.in_flight_bytes, 0};
    for (const LinkStatus& link : links) {
        const auto source =
            std::ranges::find(plan_.clusters, link.source, &RoutesPlan::Member::name);
        rule.readers += source->brokers;
    }
    if (auto over = memory_problem(worker, links.front().in_flight_bytes, rule)) {
        add_problem(std::move(*over));
    }
}

void RoutesScenario::note_places() {
    for (const auto& worker : workers_) {
        for (const LinkStatus& link : worker ? worker->status() : std::vector<LinkStatus>()) {
            for (const PartitionStatus& partition : link.partitions) {
                world_.note(fmt::format(
                    "  {} {} {} is at {} of {}", worker->node().name(), link.name,
                    partition.id.to_string(), partition.next_offset.value_or(Offset(-1)).value(),
                    partition.source_high_watermark.value_or(Offset(-1)).value()));
            }
        }
    }
}

std::vector<std::pair<TopicPartition, RoutesCheck>> RoutesScenario::checks() const {
    std::vector<std::pair<TopicPartition, RoutesCheck>> checks;
    for (const TopicPlan& plan : plan_.topics) {
        for (int32_t index = 0; index < plan.partitions; ++index) {
            const TopicPartition id{plan.name, PartitionIndex(index)};
            std::vector<RoutesCheck::Origin> origins;
            for (const Site& site : sites_) {
                origins.push_back({site.place.name, &site.workload->truth().at(id)});
            }
            checks.emplace_back(id, RoutesCheck(origins));
        }
    }
    return checks;
}

std::vector<SeenRecord> RoutesScenario::seen(const Site& site, const TopicPartition& id) const {
    const auto partition =
        site.place.cluster->cluster().find_partition(id.topic, id.partition.value());
    return partition ? consume(partition->log) : std::vector<SeenRecord>();
}

void RoutesScenario::add_problem(std::string problem) {
    if (outcome_.problems.size() < kMostProblems) {
        outcome_.problems.push_back(std::move(problem));
    }
}

void RoutesScenario::check_safety(const std::string& when) {
    for (const auto& [id, check] : checks()) {
        for (const Site& site : sites_) {
            for (const std::string& problem : check.safety(seen(site, id))) {
                add_problem(fmt::format("{} ({} on {}, {})", problem, id.to_string(),
                                        site.place.name, when));
            }
        }
    }
}

std::vector<std::string> RoutesScenario::missing() const {
    std::vector<std::string> missing;
    for (const auto& [id, check] : checks()) {
        for (const Site& site : sites_) {
            for (const std::string& problem : check.completeness(seen(site, id))) {
                missing.push_back(
                    fmt::format("{} ({} on {})", problem, id.to_string(), site.place.name));
            }
        }
    }
    return missing;
}

/// Each partition of each link must be copied by some worker that says so, to its end.
std::vector<std::string> RoutesScenario::lagging() const {
    std::map<std::pair<std::string, TopicPartition>, std::string> all;
    for (const auto& worker : workers_) {
        for (const LinkStatus& link : worker ? worker->status() : std::vector<LinkStatus>()) {
            for (const PartitionStatus& partition : link.partitions) {
                std::string& said =
                    all.try_emplace({link.name, partition.id}, "none").first->second;
                if (partition.state == PartitionState::running) {
                    said = partition.next_offset && partition.lag_records() == 0
                               ? ""
                               : fmt::format("{} behind", partition.lag_records());
                } else if (said == "none" && partition.state != PartitionState::elsewhere) {
                    said = to_string(partition.state);
                }
            }
        }
    }
    std::vector<std::string> lagging;
    for (const auto& [which, said] : all) {
        if (!said.empty()) {
            lagging.push_back(
                fmt::format("no lag: {} of {} is {}", which.second.to_string(), which.first, said));
        }
    }
    return lagging;
}

std::vector<std::string> RoutesScenario::not_in_step() const {
    auto left = missing();
    std::ranges::move(lagging(), std::back_inserter(left));
    return left;
}

void RoutesScenario::wait_in_step() {
    const TimePoint end = world_.now() + kPatience;
    auto left = not_in_step();
    while (outcome_.problems.empty() && !left.empty()) {
        if (world_.now() >= end) {
            add_problem(fmt::format("liveness: not in step {} s after all was healed: {}",
                                    kPatience / seconds(1), left.front()));
            for (const std::string& each : left) {
                add_problem(each);
            }
            note_places();
        }
        world_.run_for(milliseconds(500));
        note_states();
        left = not_in_step();
    }
}

Outcome RoutesScenario::run() {
    log::set_before_line([this] { fmt::print(stderr, "{} ", world_.time_text()); });
    world_.note(fmt::format("seed {}: {}", seed_, plan_.text()));
    open_sites();
    for (const TopicPlan& topic : plan_.topics) {
        world_.note(fmt::format("{}: {}, {} partitions", topic.name, to_string(topic.kind),
                                topic.partitions));
    }
    world_.note(fmt::format("faults: {}", fmt::join(plan_.faults, ", ")));
    workers_.start_all(static_cast<size_t>(plan_.workers));
    RoutesFaults faults(*this);
    for (const Site& site : sites_) {
        site.workload->write_on(plan_.write_interval);
    }
    world_.after(seconds(1), [&faults] { faults.go_on(); });
    const TimePoint begin = world_.now();
    while (world_.now() < begin + plan_.length && outcome_.problems.empty()) {
        world_.run_for(kLookInterval);
        note_states();
        workers_.bury();
        check_safety("while faults go on");
    }
    faults.heal();
    for (const Site& site : sites_) {
        site.workload->stop();
        outcome_.written += site.workload->written();
    }
    wait_in_step();
    // What is under way when all are in step would come twice.
    world_.run_for(kLookInterval);
    check_safety("in the end");
    end_all();
    outcome_.virtual_seconds = std::chrono::duration<double>(world_.now() - begin).count();
    outcome_.steps = world_.steps();
    for (const std::string& problem : outcome_.problems) {
        world_.note(problem);
    }
    log::set_before_line({});
    outcome_.log = world_.log();
    return std::move(outcome_);
}

void RoutesScenario::end_all() {
    workers_.end_all();
    for (Site& site : sites_) {
        close_place(world_, site.place);
    }
}

}  // namespace lockstep::sim
