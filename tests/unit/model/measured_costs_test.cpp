#include "model/measured_costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

ReplicationSpec mesh(std::vector<LinkCost> costs = {}) {
    ReplicationSpec spec;
    spec.name = "all";
    spec.strategy = Strategy::mesh;
    spec.routes = MeshRoutes::cheapest;
    spec.clusters = {"eu", "us", "asia"};
    spec.costs = std::move(costs);
    return spec;
}

std::vector<ClusterSpec> clusters() {
    return {{"eu", {}}, {"us", {}}, {"asia", {}}};
}

MeasuredRoutes routes_of(const ReplicationSpec& spec, const RoundTripsMs& round_trips) {
    const auto routes = measured_routes({spec}, clusters(), round_trips);
    EXPECT_EQ(routes.size(), 1U);
    return routes.at(0);
}

TEST(MeasuredCosts, AreTheSumsOfTheWaysFromHere) {
    const auto costs = measured_costs({"eu", "us"}, {{"eu", 0.42}, {"us", 80.5}});
    ASSERT_EQ(costs.size(), 1U);
    EXPECT_EQ(costs[0].one, "eu");
    EXPECT_EQ(costs[0].other, "us");
    EXPECT_DOUBLE_EQ(costs[0].cost, 80.9) << "to a tenth of a millisecond";
}

TEST(MeasuredCosts, AreAboveZero) {
    EXPECT_DOUBLE_EQ(measured_costs({"eu", "us"}, {{"eu", 0}, {"us", 0.01}}).at(0).cost, 0.1);
}

TEST(MeasuredCosts, AreThoseOfPairsOfWhichBothAreKnown) {
    const auto costs = measured_costs({"eu", "us", "asia"}, {{"eu", 1}, {"asia", 2}});
    ASSERT_EQ(costs.size(), 1U);
    EXPECT_EQ(costs[0].other, "asia");
}

TEST(MeasuredRoutes, Differ_WhereAnotherTreeIsCheaper) {
    const auto routes = routes_of(mesh({{"us", "asia", 1}, {"eu", "us", 2}, {"eu", "asia", 3}}),
                                  {{"eu", 0.3}, {"us", 80}, {"asia", 120}});
    EXPECT_THAT(routes.tree, ElementsAre(Pair("eu", "us"), Pair("us", "asia")));
    EXPECT_THAT(routes.measured_tree.value(), ElementsAre(Pair("eu", "us"), Pair("eu", "asia")));
    EXPECT_TRUE(routes.differ());
    EXPECT_EQ(routes.costs.size(), 3U);
}

TEST(MeasuredRoutes, DoNotDiffer_WhereOnlyTheirOrderDoes) {
    const auto routes = routes_of(mesh({{"eu", "us", 1}, {"us", "asia", 1}, {"eu", "asia", 9}}),
                                  {{"eu", 90}, {"us", 0.3}, {"asia", 20}});
    EXPECT_FALSE(routes.differ());
    const auto turned = routes_of(mesh({{"eu", "asia", 1}, {"us", "asia", 1}, {"eu", "us", 9}}),
                                  {{"eu", 1}, {"us", 90}, {"asia", 0.3}});
    EXPECT_FALSE(turned.differ());
}

TEST(MeasuredRoutes, AreNotKnown_UntilAllClustersAre) {
    const auto routes = routes_of(mesh(), {{"eu", 1}, {"us", 2}});
    EXPECT_EQ(routes.measured_tree, std::nullopt);
    EXPECT_FALSE(routes.differ());
    EXPECT_EQ(routes.costs.size(), 1U);
}

TEST(MeasuredRoutes, AreOfCheapestMeshesOnly) {
    ReplicationSpec direct = mesh();
    direct.routes = MeshRoutes::direct;
    ReplicationSpec hub = mesh();
    hub.strategy = Strategy::hub_spoke;
    EXPECT_THAT(measured_routes({direct, hub}, clusters(), {}), IsEmpty());
}

/// The costs that it says are those by which it says the routes.
TEST(MeasuredRoutes, AreThoseThatItsCostsGive) {
    const RoundTripsMs round_trips{{"eu", 0.04}, {"us", 0.06}, {"asia", 0.01}};
    const auto measured = routes_of(mesh(), round_trips);
    const auto set = routes_of(mesh(measured.costs), round_trips);
    EXPECT_EQ(set.tree, measured.measured_tree);
    EXPECT_FALSE(set.differ());
}

}  // namespace
}  // namespace lockstep
