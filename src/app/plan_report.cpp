#include "app/plan_report.h"

#include "app/check_report.h"
#include "app/plan_totals.h"
#include "app/text_layout.h"
#include "base/text.h"
#include "model/measured_costs.h"
#include "replication/plan_routes.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 80;

/// "us by asia", "us" where it comes straight.
std::string route_text(const PlannedRoute& route) {
    std::vector<std::string> between(route.path.begin() + 1, route.path.end() - 1);
    return between.empty() ? route.path.back()
                           : fmt::format("{} by {}", route.path.back(), fmt::join(between, ", "));
}

std::string routes_text(const WholePlan& plan) {
    std::string text;
    const std::string* last = nullptr;
    std::map<std::string, std::string> lines;
    const auto end_block = [&] {
        for (const auto& [origin, line] : lines) {
            text += wrap_text(fmt::format("from {}: {}", origin, line), 4, kWidth);
        }
        lines.clear();
    };
    const auto routes = planned_routes(plan);
    for (const PlannedRoute& route : routes) {
        if (last == nullptr || *last != route.replication) {
            end_block();
            const auto found =
                std::ranges::find(plan.replications, route.replication, &ReplicationSpec::name);
            text += found == plan.replications.end()
                        ? "  links\n"
                        : fmt::format("  {} ({})\n", route.replication, to_string(found->strategy));
            last = &route.replication;
        }
        std::string& line = lines[route.origin];
        line += (line.empty() ? "to " : "; ") + route_text(route);
    }
    end_block();
    return text;
}

RoundTripsMs round_trips(const WholePlan& plan) {
    RoundTripsMs trips;
    for (const LinkPlan& link : plan.plans) {
        for (const auto& [name, trip] : {std::pair{link.source, link.source_round_trip_ms},
                                         std::pair{link.target, link.target_round_trip_ms}}) {
            if (trip) {
                const auto [known, is_new] = trips.try_emplace(name, *trip);
                known->second = std::min(known->second, *trip);
            }
        }
    }
    return trips;
}

std::string clusters_text(const WholePlan& plan) {
    const auto trips = round_trips(plan);
    std::string text;
    for (const ClusterSpec& cluster : plan.clusters) {
        const auto trip = trips.find(cluster.name);
        text += fmt::format(
            "  {}{}: {}\n", cluster.name, cluster.region.empty() ? "" : " in " + cluster.region,
            trip == trips.end() ? "not reached" : fmt::format("{:.1f} ms away", trip->second));
    }
    return text;
}

/// "eu - us, us - asia".
std::string tree_text(const std::vector<ClusterPair>& tree) {
    std::string text;
    for (const auto& [one, other] : tree) {
        text += fmt::format("{}{} - {}", text.empty() ? "" : ", ", one, other);
    }
    return text;
}

/// As the configuration has them: to be pasted, so no line is wrapped.
std::string costs_block(const std::vector<LinkCost>& costs) {
    std::string text = "    costs:\n";
    for (const LinkCost& each : costs) {
        text += fmt::format("      - {{between: [{}, {}], cost: {:.1f}}}\n", each.one, each.other,
                            each.cost);
    }
    return text;
}

std::string costs_text(const MeasuredRoutes& routes) {
    std::string text =
        wrap_text(fmt::format("{}: its costs give {}", routes.replication, tree_text(routes.tree)),
                  2, kWidth);
    if (!routes.measured_tree) {
        return text + wrap_text("not measured: not all of its clusters were reached", 4, kWidth);
    }
    if (!routes.differ()) {
        return text + wrap_text("the measured costs would give the same", 4, kWidth);
    }
    text += wrap_text(fmt::format("the measured costs would give {}. Other costs are other routes: "
                                  "see \"Several clusters that are written to\" in "
                                  "docs/operations.md before you set them, in its section:",
                                  tree_text(*routes.measured_tree)),
                      4, kWidth);
    return text + costs_block(routes.costs);
}

std::vector<MeasuredRoutes> measured_routes_of(const WholePlan& plan) {
    return measured_routes(plan.replications, plan.clusters, round_trips(plan));
}

/// "" where no replication takes the cheapest routes.
std::string measured_text(const WholePlan& plan) {
    std::string text;
    for (const MeasuredRoutes& routes : measured_routes_of(plan)) {
        text += (text.empty() ? "\nCOSTS\n" : "") + costs_text(routes);
    }
    return text;
}

/// Of all such replications, each pair once.
Json measured_costs_json(const std::vector<MeasuredRoutes>& measured) {
    std::map<ClusterPair, double> costs;
    for (const MeasuredRoutes& routes : measured) {
        for (const LinkCost& each : routes.costs) {
            costs[std::minmax(each.one, each.other)] = each.cost;
        }
    }
    Json rows = Json::array();
    for (const auto& [pair, cost] : costs) {
        rows.push_back({{"between", {pair.first, pair.second}}, {"cost", cost}});
    }
    return rows;
}

/// Whether there is a plan for each link.
bool is_whole(const WholePlan& plan) {
    return std::ranges::all_of(plan.plans,
                               [](const LinkPlan& link) { return link.problem.empty(); });
}

std::string totals_text(const WholePlan& plan) {
    if (!is_whole(plan)) {
        return "\nTOTAL\n  not known\n";
    }
    const PlanTotals totals = totals_of(plan);
    std::string text = fmt::format(
        "\nTOTAL\n  {}, {}, {} to copy, about {}, {} at {} a second\n",
        count_of(plan.plans.size(), "link"), count_of(totals.partitions, "partition"),
        count_of(static_cast<size_t>(totals.all.records), "record"),
        format_bytes(static_cast<double>(totals.all.bytes)), format_duration(totals.time),
        format_bytes(static_cast<double>(totals.bytes_per_second)));
    if (!totals.slowest.empty()) {
        text += wrap_text("which is the bandwidth of " + totals.slowest, 2, kWidth);
    }
    if (totals.relayed.records > 0) {
        text += wrap_text(
            fmt::format("of it {}, about {}, will be relayed: other links bring them to where they "
                        "are copied from",
                        count_of(static_cast<size_t>(totals.relayed.records), "record"),
                        format_bytes(static_cast<double>(totals.relayed.bytes))),
            2, kWidth);
    }
    for (const LinkPlan& link : plan.plans) {
        if (!link.size_problem.empty()) {
            text += wrap_text(
                "without sizes of " + link.source + ": " + printable(link.size_problem), 2, kWidth);
        }
    }
    return text;
}

std::string groups_text(const LinkPlan& link) {
    return link.groups.empty()
               ? ""
               : wrap_text(fmt::format("groups: {}", fmt::join(link.groups, ", ")), 2, kWidth);
}

Json routes_json(const WholePlan& plan) {
    Json routes = Json::array();
    for (const PlannedRoute& route : planned_routes(plan)) {
        routes.push_back({{"replication", route.replication},
                          {"origin", route.origin},
                          {"cluster", route.path.back()},
                          {"path", route.path}});
    }
    return routes;
}

Json clusters_json(const WholePlan& plan) {
    const auto trips = round_trips(plan);
    Json clusters = Json::array();
    for (const ClusterSpec& cluster : plan.clusters) {
        const auto trip = trips.find(cluster.name);
        clusters.push_back(
            {{"name", cluster.name},
             {"region", cluster.region},
             {"round_trip_ms", trip == trips.end() ? Json(nullptr) : Json(trip->second)}});
    }
    return clusters;
}

}  // namespace

std::vector<PlannedRoute> planned_routes(const WholePlan& plan) {
    std::vector<std::string> names;
    for (const ReplicationSpec& replication : plan.replications) {
        names.push_back(replication.name);
    }
    names.emplace_back();
    std::vector<PlannedRoute> routes;
    for (const std::string& name : names) {
        std::vector<LinkSpec> links;
        std::ranges::copy_if(plan.links, std::back_inserter(links),
                             [&](const LinkSpec& link) { return link.replication == name; });
        for (const RouteTree& tree : prove_routes(links).trees) {
            for (const auto& [cluster, path] : tree.paths) {
                routes.push_back({name, tree.origin, path});
            }
        }
    }
    return routes;
}

std::vector<std::string> route_problems(const WholePlan& plan) {
    std::vector<std::string> problems;
    for (const auto& fault : replication::route_faults(plan.plans, plan.links)) {
        problems.push_back(fault.is_pattern ? fmt::format("topics that match \"{}\", by {}: {}",
                                                          fault.topic, fault.link, fault.what)
                                            : fmt::format("topic {}: {}", fault.topic, fault.what));
    }
    return problems;
}

std::string render_plan(const WholePlan& plan) {
    std::string text = headline(plan.plans) + "\nCLUSTERS\n";
    text += clusters_text(plan) + "\nROUTES\n" + routes_text(plan);
    const auto problems = route_problems(plan);
    for (const std::string& problem : problems) {
        text += wrap_text("problem: " + printable(problem), 2, kWidth);
    }
    if (problems.empty()) {
        text += is_whole(plan)
                    ? "  Every record comes to each of these by one way, and none comes back.\n"
                    : "  No record comes twice or comes back, as far as topics are known: not all\n"
                      "  links can be planned.\n";
    }
    text += measured_text(plan);
    text += "\nLINKS\n" + render_links(plan.plans, groups_text);
    return text + totals_text(plan);
}

std::string plan_json(const WholePlan& plan) {
    const PlanTotals totals = totals_of(plan);
    const auto known = [&plan](auto number) {
        return is_whole(plan) ? Json(number) : Json(nullptr);
    };
    const auto measured = measured_routes_of(plan);
    const Json body = {
        {"clusters", clusters_json(plan)},
        {"routes", routes_json(plan)},
        {"measured_costs", measured_costs_json(measured)},
        {"measured_routes_differ", std::ranges::any_of(measured, &MeasuredRoutes::differ)},
        {"route_problems", route_problems(plan)},
        {"links", links_json(plan.plans)},
        {"partitions", known(totals.partitions)},
        {"records_to_copy", known(totals.all.records)},
        {"bytes_to_copy", known(totals.all.bytes)},
        {"relayed_records", known(totals.relayed.records)},
        {"relayed_bytes", known(totals.relayed.bytes)},
        {"seconds_to_copy", known(totals.time.count())}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool has_trouble(const WholePlan& plan) {
    return has_trouble(plan.plans) || !route_problems(plan).empty();
}

}  // namespace lockstep::app
