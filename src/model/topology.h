#pragma once

// PURE: strategies compiled into links, and for each origin a tree of routes over the clusters.
//
//     active-passive    active -> each other                         origin: the active one
//     active-active     each -> each other                           origins: all
//     hub-spoke         spoke -> hub, hub -> spoke (relays the other spokes' records)
//     mesh              direct: like active-active; cheapest: along a tree of the least total cost
//
// A link carries the records of certain origins and no others. So a record's way is decided by
// where it was born: there is one route for each origin and cluster, and none leads back.

#include "model/link.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lockstep {

enum class Strategy { active_passive, active_active, hub_spoke, mesh };

std::string_view to_string(Strategy strategy);

enum class MeshRoutes {
    direct,    // each cluster reads from each other one
    cheapest,  // a record crosses each link of a spanning tree once, and is relayed
};

/// What it costs to send records between two clusters, in whatever unit; both ways the same.
struct LinkCost {
    std::string one;
    std::string other;
    double cost = 1;
};

struct ReplicationSpec {
    std::string name;
    Strategy strategy = Strategy::active_passive;
    std::vector<std::string> clusters;  // at least two, all different
    std::string center;                 // the active cluster, or the hub; one of `clusters`
    MeshRoutes routes = MeshRoutes::direct;
    std::vector<LinkCost> costs;  // where they are not the usual ones
    LinkSpec rules;               // what its links have in common
};

/// By which clusters the records of an origin come to each cluster.
struct RouteTree {
    std::string origin;
    std::map<std::string, std::vector<std::string>> paths;  // from the origin to the cluster
};

/// What two clusters' link costs where nobody has said so: little within a region.
double usual_cost(const ClusterSpec& one, const ClusterSpec& other);

/// Two clusters that records go between.
using ClusterPair = std::pair<std::string, std::string>;

/// The tree of `routes: cheapest`: the pairs of clusters that it joins, by the costs of the
/// replication, or the usual ones. The same in each process that has the same configuration.
std::vector<ClusterPair> cheapest_tree(const ReplicationSpec& replication,
                                       const std::vector<ClusterSpec>& clusters);

/// The links of a replication, named "<replication>.<source>-to-<target>". `clusters` holds all
/// that it names.
std::vector<LinkSpec> compile(const ReplicationSpec& replication,
                              const std::vector<ClusterSpec>& clusters);

/// Records that would come back, or come twice.
struct RouteProblem {
    std::string link;  // the one that would bring them
    std::string what;
    std::string topic = {};    // as the link's source has it; "" where names play no part
    bool is_renaming = false;  // the topic would come back under another name
};

/// What links make of the records of each origin, followed from link to link without regard to how
/// they were made.
struct RouteProof {
    std::vector<RouteTree> trees;        // for each cluster that has a link
    std::vector<RouteProblem> problems;  // none where all is right
};

/// Follows the records of each cluster over `links`, all of which are for the same topic.
RouteProof prove_routes(const std::vector<LinkSpec>& links);

/// A topic of a cluster.
struct TopicAt {
    std::string cluster;
    std::string topic;

    auto operator<=>(const TopicAt&) const = default;
};

/// What the link with that index calls a topic on its target; nothing where it does not copy it.
using NameOnTarget = std::function<std::optional<std::string>(size_t, const std::string&)>;

/// Follows the records that are born in one topic over links which may rename it. A topic that
/// would come back under another name is a problem, even where no records would come with it.
std::vector<RouteProblem> follow_topic(const TopicAt& from, const std::vector<LinkSpec>& links,
                                       const NameOnTarget& name_of);

/// All topics that the records which are born in one topic come to by the links; itself, too.
std::set<TopicAt> reached_from(const TopicAt& from, const std::vector<LinkSpec>& links,
                               const NameOnTarget& name_of);

}  // namespace lockstep
