#include "model/topology.h"

#include "base/rng.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lockstep {
namespace {

using Names = std::vector<std::string>;

std::vector<ClusterSpec> clusters_of(const Names& names) {
    std::vector<ClusterSpec> clusters;
    for (const std::string& name : names) {
        clusters.push_back({name, {}, {}, {}, {}});
    }
    return clusters;
}

ReplicationSpec replication(Strategy strategy, Names clusters) {
    ReplicationSpec spec;
    spec.name = "r";
    spec.strategy = strategy;
    spec.center = clusters.front();
    spec.clusters = std::move(clusters);
    return spec;
}

/// "a>b[a c] " for each link; "a>b[*]" where it carries whatever the source has.
std::string links_of(const ReplicationSpec& spec) {
    std::string text;
    for (const LinkSpec& link : compile(spec, clusters_of(spec.clusters))) {
        text += fmt::format("{}>{}[{}] ", link.source, link.target,
                            link.origins ? fmt::format("{}", fmt::join(*link.origins, " ")) : "*");
    }
    return text;
}

LinkSpec plain(const std::string& source, const std::string& target) {
    LinkSpec link;
    link.source = source;
    link.target = target;
    return link;
}

std::string path_to(const RouteProof& proof, const std::string& origin, const std::string& to) {
    for (const RouteTree& tree : proof.trees) {
        if (tree.origin == origin && tree.paths.contains(to)) {
            return fmt::format("{}", fmt::join(tree.paths.at(to), ">"));
        }
    }
    return "";
}

TEST(Topology, ActivePassive_GoesFromTheActiveOneToEachOther) {
    EXPECT_EQ(links_of(replication(Strategy::active_passive, {"a", "b", "c"})), "a>b[*] a>c[*] ");
}

TEST(Topology, ActiveActive_CarriesEachOnesOwn) {
    EXPECT_EQ(links_of(replication(Strategy::active_active, {"a", "b"})), "a>b[a] b>a[b] ");
}

TEST(Topology, HubSpoke_RelaysTheOtherSpokes) {
    EXPECT_EQ(links_of(replication(Strategy::hub_spoke, {"h", "s", "t"})),
              "h>s[h t] s>h[s] h>t[h s] t>h[t] ");
}

TEST(Topology, MeshDirect_HasALinkForEachPair) {
    EXPECT_EQ(links_of(replication(Strategy::mesh, {"a", "b", "c"})),
              "a>b[a] a>c[a] b>a[b] b>c[b] c>a[c] c>b[c] ");
}

TEST(Topology, MeshCheapest_LeavesTheDearestLinkOut) {
    ReplicationSpec spec = replication(Strategy::mesh, {"a", "b", "c"});
    spec.routes = MeshRoutes::cheapest;
    spec.costs = {{"c", "a", 50}, {"a", "b", 1}, {"b", "c", 2}};
    EXPECT_EQ(links_of(spec), "a>b[a] b>a[b c] b>c[b a] c>b[c] ");
}

TEST(Topology, ARegionsClustersAreNearEachOther) {
    ReplicationSpec spec = replication(Strategy::mesh, {"eu-1", "us-1", "eu-2", "us-2"});
    spec.routes = MeshRoutes::cheapest;
    const std::vector<ClusterSpec> clusters{{"eu-1", {}, {}, {}, "eu"},
                                            {"us-1", {}, {}, {}, "us"},
                                            {"eu-2", {}, {}, {}, "eu"},
                                            {"us-2", {}, {}, {}, "us"}};
    const RouteProof proof = prove_routes(compile(spec, clusters));
    EXPECT_EQ(path_to(proof, "eu-2", "us-2"), "eu-2>eu-1>us-1>us-2");
}

TEST(Topology, LinksOfSeveralOriginsTranslate) {
    ReplicationSpec spec = replication(Strategy::active_active, {"a", "b"});
    spec.rules.offsets = OffsetsMode::automatic;
    for (const LinkSpec& link : compile(spec, clusters_of(spec.clusters))) {
        EXPECT_EQ(link.offsets, OffsetsMode::translate);
    }
    spec.strategy = Strategy::active_passive;
    EXPECT_EQ(compile(spec, clusters_of(spec.clusters)).front().offsets, OffsetsMode::automatic);
}

TEST(Topology, LinksAreNamedAfterTheirReplication) {
    const ReplicationSpec spec = replication(Strategy::active_active, {"a", "b"});
    const LinkSpec link = compile(spec, clusters_of(spec.clusters)).front();
    EXPECT_EQ(link.name, "r.a-to-b");
    EXPECT_EQ(link.replication, "r");
}

TEST(RouteProof, ARingOfPlainLinksComesBack) {
    const RouteProof proof = prove_routes({plain("a", "b"), plain("b", "c"), plain("c", "a")});
    ASSERT_EQ(proof.problems.size(), 3u);
    EXPECT_EQ(proof.problems.front().what,
              "records of a would come back to it by a -> b -> c -> a");
}

TEST(RouteProof, ADiamondComesTwice) {
    const RouteProof proof = prove_routes({plain("a", "b"), plain("a", "c"), plain("b", "c")});
    ASSERT_EQ(proof.problems.size(), 1u);
    EXPECT_EQ(proof.problems.front().what,
              "records of a would come to c twice, by a -> c and by a -> b -> c");
}

TEST(RouteProof, TwoPlainLinksBetweenTwoClustersDoNotComeBack) {
    EXPECT_TRUE(prove_routes({plain("a", "b"), plain("b", "a")}).problems.empty());
}

TEST(RouteProof, AChainOfPlainLinksIsOneRoute) {
    const RouteProof proof = prove_routes({plain("a", "b"), plain("b", "c")});
    EXPECT_TRUE(proof.problems.empty());
    EXPECT_EQ(path_to(proof, "a", "c"), "a>b>c");
}

TEST(RouteProof, TwoReplicationsOfTheSameTopicAreSeen) {
    auto links = compile(replication(Strategy::mesh, {"a", "b", "c"}), clusters_of({"a", "b"}));
    for (LinkSpec& link :
         compile(replication(Strategy::active_active, {"a", "b"}), clusters_of({"a", "b"}))) {
        links.push_back(std::move(link));
    }
    EXPECT_EQ(prove_routes(links).problems.size(), 2u);
}

/// Of any clusters, costs and strategy: every record reaches every cluster by exactly one path, and
/// of a passive cluster none goes anywhere.
TEST(RouteProof, EveryStrategyHasOneRouteForEachOriginAndCluster) {
    Rng rng(20260601);
    constexpr Strategy kAll[]{Strategy::active_passive, Strategy::active_active,
                              Strategy::hub_spoke, Strategy::mesh};
    for (int round = 0; round < 400; ++round) {
        Names names;
        const uint64_t count = 2 + rng.below(9);
        for (uint64_t i = 0; i < count; ++i) {
            names.push_back(fmt::format("c{}", i));
        }
        ReplicationSpec spec = replication(kAll[rng.below(4)], names);
        spec.center = names[rng.below(names.size())];
        spec.routes = rng.chance(0.5) ? MeshRoutes::cheapest : MeshRoutes::direct;
        std::vector<ClusterSpec> clusters = clusters_of(names);
        for (ClusterSpec& cluster : clusters) {
            cluster.region = fmt::format("r{}", rng.below(3));
            if (rng.chance(0.5)) {
                const std::string& other = names[rng.below(names.size())];
                spec.costs.push_back({cluster.name, other, 1 + rng.unit() * 20});
            }
        }
        const RouteProof proof = prove_routes(compile(spec, clusters));
        EXPECT_TRUE(proof.problems.empty()) << proof.problems.front().what;
        const bool is_passive = spec.strategy == Strategy::active_passive;
        for (const std::string& origin : names) {
            for (const std::string& cluster : names) {
                const bool is_reached = !path_to(proof, origin, cluster).empty();
                const bool should_be = origin != cluster && (!is_passive || origin == spec.center);
                EXPECT_EQ(is_reached, should_be) << origin << " to " << cluster;
            }
        }
    }
}

}  // namespace
}  // namespace lockstep
