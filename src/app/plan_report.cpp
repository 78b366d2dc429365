#include "app/plan_report.h"

#include "app/check_report.h"
#include "app/text_layout.h"
#include "base/assert.h"
#include "base/text.h"
#include "model/measured_costs.h"
#include "replication/topic_filter.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using Json = nlohmann::ordered_json;

constexpr size_t kWidth = 80;

struct Sums {
    size_t partitions = 0;
    int64_t records = 0;
    int64_t bytes = 0;
};

Sums sums_of(const WholePlan& plan) {
    Sums sums;
    for (const LinkPlan& link : plan.plans) {
        for (const auto& topic : link.topics) {
            sums.partitions += topic.partitions.size();
            for (const auto& partition : topic.partitions) {
                sums.records += partition.records_to_copy;
                sums.bytes += partition.bytes_to_copy;
            }
        }
    }
    return sums;
}

std::chrono::seconds time_for(int64_t bytes, int64_t bytes_per_second) {
    return std::chrono::seconds((bytes + bytes_per_second - 1) / bytes_per_second);
}

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
    const Sums sums = sums_of(plan);
    std::string text =
        fmt::format("\nTOTAL\n  {}, {}, {} to copy, about {}, {} at {} a second\n",
                    count_of(plan.plans.size(), "link"), count_of(sums.partitions, "partition"),
                    count_of(static_cast<size_t>(sums.records), "record"),
                    format_bytes(static_cast<double>(sums.bytes)),
                    format_duration(time_for(sums.bytes, plan.bytes_per_second)),
                    format_bytes(static_cast<double>(plan.bytes_per_second)));
    for (const LinkPlan& link : plan.plans) {
        if (!link.size_problem.empty()) {
            text += wrap_text(
                "without sizes of " + link.source + ": " + printable(link.size_problem), 2, kWidth);
        }
    }
    return text;
}

std::string groups_text(const LinkPlan& link) {
    if (!link.group_problem.empty()) {
        return wrap_text("groups are not known: " + printable(link.group_problem), 2, kWidth);
    }
    return link.groups.empty()
               ? ""
               : wrap_text(fmt::format("groups: {}", fmt::join(link.groups, ", ")), 2, kWidth);
}

/// Which topics each link copies: those that were found, and those that will be there once the
/// links before it have made them.
class FoundTopics {
public:
    explicit FoundTopics(const WholePlan& plan) : links_(plan.links), names_(plan.links.size()) {
        for (size_t i = 0; i < plan.links.size(); ++i) {
            auto filter =
                replication::TopicFilter::make(plan.links[i].topics, plan.links[i].exclude);
            LS_ASSERT(filter.has_value());
            filters_.push_back(std::move(*filter));
            for (const auto& topic : plan.plans[i].topics) {
                names_[i].insert(topic.name);
            }
        }
    }

    std::optional<std::string> name_on_target(size_t link, const std::string& topic) const {
        const bool is_copied = names_[link].contains(topic) || filters_[link].matches(topic);
        return is_copied ? std::optional(links_[link].names.on_target(topic)) : std::nullopt;
    }

private:
    const std::vector<LinkSpec>& links_;
    std::vector<std::set<std::string>> names_;
    std::vector<replication::TopicFilter> filters_;
};

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
    const FoundTopics found(plan);
    const auto name_of = [&](size_t link, const std::string& topic) {
        return found.name_on_target(link, topic);
    };
    std::set<TopicAt> followed;
    std::set<std::pair<std::string, std::string>> told;
    std::vector<std::string> problems;
    for (const LinkPlan& link : plan.plans) {
        for (const auto& topic : link.topics) {
            const TopicAt from{link.source, topic.name};
            if (!followed.insert(from).second) {
                continue;
            }
            for (const RouteProblem& problem : follow_topic(from, plan.links, name_of)) {
                if (told.insert({problem.link, problem.what}).second) {
                    problems.push_back(fmt::format("topic {}: {}", problem.topic, problem.what));
                }
            }
        }
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
        text += "  Every record comes to each of these by one way, and none comes back.\n";
    }
    text += measured_text(plan);
    text += "\nLINKS\n" + render_links(plan.plans, groups_text);
    return text + totals_text(plan);
}

std::string plan_json(const WholePlan& plan) {
    const Sums sums = sums_of(plan);
    const auto time = time_for(sums.bytes, plan.bytes_per_second);
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
        {"partitions", known(sums.partitions)},
        {"records_to_copy", known(sums.records)},
        {"bytes_to_copy", known(sums.bytes)},
        {"seconds_to_copy", known(time.count())}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool has_trouble(const WholePlan& plan) {
    return has_trouble(plan.plans) || !route_problems(plan).empty();
}

}  // namespace lockstep::app
