#include "model/topology.h"

#include "base/assert.h"
#include "model/known_as.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace lockstep {
namespace {

constexpr double kWithinRegion = 1;
constexpr double kAcrossRegions = 10;

using Names = std::vector<std::string>;
using Edge = ClusterPair;

class Compiler {
public:
    explicit Compiler(const ReplicationSpec& replication) : replication_(replication) {}

    /// `origins` none: whatever the source has.
    void add(const std::string& source, const std::string& target, std::optional<Names> origins) {
        LinkSpec link = replication_.rules;
        link.name = fmt::format("{}.{}-to-{}", replication_.name, source, target);
        link.replication = replication_.name;
        link.source = source;
        link.target = target;
        if (origins) {
            // Records of several clusters are in the target's topic: their offsets there cannot be
            // those that they have at home.
            link.offsets = OffsetsMode::translate;
            link.origins = std::move(origins);
        }
        links_.push_back(std::move(link));
    }

    /// A link each way; each carries what is on its source's side.
    void add_tree(const std::vector<Edge>& edges) {
        for (const auto& [one, other] : edges) {
            add(one, other, side_of(one, other, edges));
            add(other, one, side_of(other, one, edges));
        }
    }

    std::vector<LinkSpec> take() { return std::move(links_); }

private:
    /// The clusters that are reached from `from` without going to `without`; `from` first.
    static Names side_of(const std::string& from, const std::string& without,
                         const std::vector<Edge>& edges) {
        Names side{from};
        for (size_t next = 0; next < side.size(); ++next) {
            for (const auto& [one, other] : edges) {
                for (const auto& [here, there] : {Edge(one, other), Edge(other, one)}) {
                    const bool is_crossing = here == from && there == without;
                    if (here == side[next] && !is_crossing &&
                        std::ranges::find(side, there) == side.end()) {
                        side.push_back(there);
                    }
                }
            }
        }
        return side;
    }

    const ReplicationSpec& replication_;
    std::vector<LinkSpec> links_;
};

double cost_between(const ReplicationSpec& replication, const std::vector<ClusterSpec>& clusters,
                    const Edge& edge) {
    const auto& [one, other] = edge;
    for (const LinkCost& each : replication.costs) {
        if ((each.one == one && each.other == other) || (each.one == other && each.other == one)) {
            return each.cost;
        }
    }
    return usual_cost(cluster_named(clusters, one), cluster_named(clusters, other));
}

/// How far the records of one origin have come: where they are, and as whose they are known there.
struct Arrival {
    std::string cluster;
    std::string known_as;
    Names path;
};

std::string problem_of(const std::string& origin, const LinkSpec& link, const Names& first,
                       const Names& second) {
    if (link.target == origin) {
        return fmt::format("records of {} would come back to it by {} -> {}", origin,
                           fmt::join(second, " -> "), origin);
    }
    return fmt::format("records of {} would come to {} twice, by {} and by {} -> {}", origin,
                       link.target, fmt::join(first, " -> "), fmt::join(second, " -> "),
                       link.target);
}

void follow(const std::string& origin, const std::vector<LinkSpec>& links, RouteProof& proof) {
    RouteTree tree{origin, {}};
    std::vector<Arrival> arrivals{{origin, origin, {origin}}};
    for (size_t next = 0; next < arrivals.size(); ++next) {
        const Arrival here = arrivals[next];
        for (const LinkSpec& link : links) {
            if (link.source != here.cluster || !is_carried(link, here.known_as)) {
                continue;
            }
            const auto known = tree.paths.find(link.target);
            if (link.target == origin || known != tree.paths.end()) {
                const Names first = known == tree.paths.end() ? Names() : known->second;
                proof.problems.push_back({link.name, problem_of(origin, link, first, here.path)});
                continue;
            }
            Arrival there{link.target, link.origins ? here.known_as : link.source, here.path};
            there.path.push_back(link.target);
            tree.paths[link.target] = there.path;
            arrivals.push_back(std::move(there));
        }
    }
    if (!tree.paths.empty()) {
        proof.trees.push_back(std::move(tree));
    }
}

/// One call of follow_topic().
class TopicFollower {
public:
    TopicFollower(const TopicAt& from, const std::vector<LinkSpec>& links,
                  const NameOnTarget& name_of)
        : from_(from), links_(links), name_of_(name_of) {}

    std::vector<RouteProblem> run() {
        ways_[from_] = {from_};
        arrivals_.push_back({from_, from_.cluster, {from_}});
        for (size_t next = 0; next < arrivals_.size(); ++next) {
            const Arrived here = arrivals_[next];
            for (size_t i = 0; i < links_.size(); ++i) {
                const auto name =
                    links_[i].source == here.at.cluster ? name_of_(i, here.at.topic) : std::nullopt;
                if (name) {
                    cross(here, links_[i], {links_[i].target, *name});
                }
            }
        }
        return std::move(problems_);
    }

    /// Once it has run.
    std::set<TopicAt> reached() const {
        std::set<TopicAt> topics;
        for (const auto& [topic, way] : ways_) {
            topics.insert(topic);
        }
        return topics;
    }

private:
    using Way = std::vector<TopicAt>;
    struct Arrived {
        TopicAt at;
        std::string known_as;
        Way way;
    };

    void cross(const Arrived& here, const LinkSpec& link, TopicAt there) {
        const auto before = std::ranges::find(here.way, there.cluster, &TopicAt::cluster);
        if (before != here.way.end() && before->topic != there.topic) {
            report(here, link,
                   fmt::format("topic {} of {} would come back there as {}, by {} -> {}",
                               before->topic, there.cluster, there.topic,
                               fmt::join(clusters_of(here.way), " -> "), there.cluster));
            problems_.back().is_renaming = true;
            return;
        }
        if (!is_carried(link, here.known_as)) {
            return;
        }
        if (const auto known = ways_.find(there); known != ways_.end()) {
            report(
                here, link,
                problem_of(from_.cluster, link, clusters_of(known->second), clusters_of(here.way)));
            return;
        }
        Arrived next{there, link.origins ? here.known_as : link.source, here.way};
        next.way.push_back(there);
        ways_[there] = next.way;
        arrivals_.push_back(std::move(next));
    }

    void report(const Arrived& here, const LinkSpec& link, std::string what) {
        problems_.push_back({link.name, std::move(what), here.at.topic, false});
    }

    static Names clusters_of(const Way& way) {
        Names clusters;
        for (const TopicAt& each : way) {
            clusters.push_back(each.cluster);
        }
        return clusters;
    }

    const TopicAt& from_;
    const std::vector<LinkSpec>& links_;
    const NameOnTarget& name_of_;
    std::map<TopicAt, Way> ways_;  // by which its records come to each
    std::vector<Arrived> arrivals_;
    std::vector<RouteProblem> problems_;
};

}  // namespace

std::string_view to_string(Strategy strategy) {
    switch (strategy) {
        case Strategy::active_passive: return "active-passive";
        case Strategy::active_active: return "active-active";
        case Strategy::hub_spoke: return "hub-spoke";
        case Strategy::mesh: return "mesh";
    }
    return "unknown";
}

bool is_carried(const LinkSpec& link, const std::string& known_as) {
    return link.origins ? std::ranges::find(*link.origins, known_as) != link.origins->end()
                        : known_as != link.target;
}

double usual_cost(const ClusterSpec& one, const ClusterSpec& other) {
    return one.region.empty() || one.region != other.region ? kAcrossRegions : kWithinRegion;
}

/// Prim's algorithm; of equal costs, what is named first is taken, so that each worker finds the
/// same tree.
std::vector<ClusterPair> cheapest_tree(const ReplicationSpec& replication,
                                       const std::vector<ClusterSpec>& clusters) {
    Names reached{replication.clusters.front()};
    std::vector<Edge> tree;
    while (reached.size() < replication.clusters.size()) {
        std::optional<std::pair<double, Edge>> best;
        for (const std::string& from : reached) {
            for (const std::string& to : replication.clusters) {
                if (std::ranges::find(reached, to) != reached.end()) {
                    continue;
                }
                const double cost = cost_between(replication, clusters, {from, to});
                if (!best || cost < best->first) {
                    best = {cost, {from, to}};
                }
            }
        }
        tree.push_back(best->second);
        reached.push_back(best->second.second);
    }
    return tree;
}

std::vector<LinkSpec> compile(const ReplicationSpec& replication,
                              const std::vector<ClusterSpec>& clusters) {
    LS_ASSERT(replication.clusters.size() >= 2);
    Compiler compiler(replication);
    std::vector<Edge> spokes;
    for (const std::string& name : replication.clusters) {
        if (name != replication.center) {
            spokes.emplace_back(replication.center, name);
        }
    }
    if (replication.strategy == Strategy::active_passive) {
        for (const auto& [active, passive] : spokes) {
            compiler.add(active, passive, std::nullopt);
        }
    } else if (replication.strategy == Strategy::hub_spoke) {
        compiler.add_tree(spokes);
    } else if (replication.strategy == Strategy::mesh &&
               replication.routes == MeshRoutes::cheapest) {
        compiler.add_tree(cheapest_tree(replication, clusters));
    } else {
        for (const std::string& source : replication.clusters) {
            for (const std::string& target : replication.clusters) {
                if (source != target) {
                    compiler.add(source, target, Names{source});
                }
            }
        }
    }
    return compiler.take();
}

std::vector<RouteProblem> follow_topic(const TopicAt& from, const std::vector<LinkSpec>& links,
                                       const NameOnTarget& name_of) {
    return TopicFollower(from, links, name_of).run();
}

std::set<TopicAt> reached_from(const TopicAt& from, const std::vector<LinkSpec>& links,
                               const NameOnTarget& name_of) {
    TopicFollower follower(from, links, name_of);
    follower.run();
    return follower.reached();
}

RouteProof prove_routes(const std::vector<LinkSpec>& links) {
    std::set<std::string> origins;
    for (const LinkSpec& link : links) {
        origins.insert(link.source);
        origins.insert(link.target);
    }
    RouteProof proof;
    for (const std::string& origin : origins) {
        follow(origin, links, proof);
    }
    return proof;
}

}  // namespace lockstep
