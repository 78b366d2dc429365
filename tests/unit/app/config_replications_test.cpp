#include "tests/unit/app/config_texts.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

constexpr const char* kMesh = R"(clusters:
  - {name: eu, bootstrap: "a:1", region: europe, id: abc}
  - {name: us, bootstrap: "b:1"}
  - {name: asia, bootstrap: "c:1"}
replications:
  - name: all
    strategy: mesh
    clusters: [eu, us, asia]
    routes: cheapest
    costs:
      - {between: [us, eu], cost: 50}
      - {between: [eu, asia], cost: 0.5}
    topics: [orders]
    on_overrun: continue
)";

TEST(Config, CompilesAReplication) {
    const Config config = config_of(kMesh);
    EXPECT_EQ(config.clusters[0].region, "europe");
    EXPECT_EQ(config.clusters[0].id, "abc");
    ASSERT_EQ(config.replications.size(), 1u);
    ASSERT_EQ(config.links.size(), 4u);
    const LinkSpec& first = config.links[0];
    EXPECT_EQ(first.name, "all.eu-to-asia");
    EXPECT_EQ(first.origins, (std::vector<std::string>{"eu"}));
    EXPECT_EQ(first.topics, std::vector<std::string>{"orders"});
    EXPECT_EQ(first.on_overrun, OverrunRule::continue_past);
    EXPECT_EQ(first.offsets, OffsetsMode::translate);
    EXPECT_TRUE(first.groups.empty());
    EXPECT_EQ(config.links[1].name, "all.asia-to-eu");
    EXPECT_EQ(config.links[1].origins, (std::vector<std::string>{"asia", "us"}));
}

TEST(Config, ActivePassiveIsLikePlainLinks) {
    const Config config = config_of(R"(clusters:
  - {name: eu, bootstrap: "a:1"}
  - {name: us, bootstrap: "b:1"}
replications:
  - {name: r, strategy: active-passive, active: us, clusters: [eu, us], topics: [a]}
)");
    ASSERT_EQ(config.links.size(), 1u);
    EXPECT_EQ(config.links[0].name, "r.us-to-eu");
    EXPECT_FALSE(config.links[0].origins.has_value());
    EXPECT_EQ(config.links[0].offsets, OffsetsMode::automatic);
    EXPECT_EQ(config.links[0].groups, std::vector<std::string>{".*"});
}

class BadReplications : public testing::TestWithParam<BadConfig> {};

TEST_P(BadReplications, AreReportedWithPlaceAndAdvice) {
    EXPECT_EQ(problems_of(GetParam().text), GetParam().problems);
}

/// Three clusters and a replication with these keys.
std::string with_replication(const std::string& keys) {
    return "clusters:\n"
           "  - {name: eu, bootstrap: \"a:1\"}\n"
           "  - {name: us, bootstrap: \"b:1\"}\n"
           "  - {name: asia, bootstrap: \"c:1\"}\n"
           "replications:\n"
           "  - {name: r, topics: [a], " +
           keys + "}\n";
}

INSTANTIATE_TEST_SUITE_P(
    Keys, BadReplications,
    testing::Values(
        BadConfig{"UnknownStrategy", with_replication("strategy: ring, clusters: [eu, us]"),
                  "c.yaml:6:38: there is no strategy \"ring\"; known here: active-passive, "
                  "active-active, hub-spoke, mesh\n"},
        BadConfig{"MisspelledStrategy", with_replication("strategy: mesch, clusters: [eu, us]"),
                  "c.yaml:6:38: there is no strategy \"mesch\"; did you mean \"mesh\"? It must be "
                  "one of active-passive, active-active, hub-spoke, mesh.\n"},
        BadConfig{"UnknownClusterOfOne", with_replication("strategy: mesh, clusters: [eu, uss]"),
                  "c.yaml:6:59: there is no cluster \"uss\"; did you mean \"us\"?\n"},
        BadConfig{"OneClusterOnly", with_replication("strategy: mesh, clusters: [eu]"),
                  "c.yaml:6:54: a replication needs two clusters or more\n"},
        BadConfig{"NoHub", with_replication("strategy: hub-spoke, clusters: [eu, us]"),
                  "c.yaml:6:5: a replication lacks the key \"hub\"; add the name of the cluster in "
                  "the middle, for example hub: east\n"},
        BadConfig{"HubOfAMesh", with_replication("strategy: mesh, clusters: [eu, us], hub: eu"),
                  "c.yaml:6:69: \"hub\" is for the strategy hub-spoke; remove it, or change the "
                  "strategy\n"},
        BadConfig{"ActiveIsElsewhere",
                  with_replication("strategy: active-passive, clusters: [eu, us], active: asia"),
                  "c.yaml:6:82: \"asia\" is not among the replication's clusters; add it there, or "
                  "name one of them\n"},
        BadConfig{"PreservesWhereItCannot",
                  with_replication("strategy: mesh, clusters: [eu, us], offsets: preserve"),
                  "c.yaml:6:73: mesh cannot keep offsets: a topic has the records of several "
                  "clusters; leave \"offsets\" out\n"},
        BadConfig{"GroupsWhereTheyCannot",
                  with_replication("strategy: active-active, clusters: [eu, us], groups: [g]"),
                  "c.yaml:6:81: active-active does not carry consumer groups: the order of records "
                  "differs from cluster to cluster; write groups: [], or leave it out\n"},
        BadConfig{
            "AllConfigsBothWays",
            with_replication("strategy: active-active, clusters: [eu, us], "
                             "topic_config: {follow: all}"),
            "c.yaml:6:87: \"topic_config\" with \"follow: all\" cannot be with active-active: "
            "links go both ways there, and what is changed on one cluster would be taken back "
            "before it comes to the others; write follow: changes\n"},
        BadConfig{
            "AllQuotasBothWays",
            with_replication("strategy: hub-spoke, hub: eu, clusters: [eu, us], "
                             "quotas: {follow: all}"),
            "c.yaml:6:86: \"quotas\" with \"follow: all\" cannot be with hub-spoke: links go "
            "both ways there, and what is changed on one cluster would be taken back before it "
            "comes to the others; write follow: changes\n"},
        BadConfig{"CostsOfDirectRoutes",
                  with_replication("strategy: mesh, clusters: [eu, us], "
                                   "costs: [{between: [eu, us], cost: 1}]"),
                  "c.yaml:6:71: \"costs\" has no effect with routes: direct; remove it, or write "
                  "routes: cheapest\n"},
        BadConfig{"CostOfAnotherCluster",
                  with_replication("strategy: mesh, clusters: [eu, us], routes: cheapest, "
                                   "costs: [{between: [eu, asia], cost: 1}]"),
                  "c.yaml:6:105: \"asia\" is not among the replication's clusters; add it there, "
                  "or remove this cost\n"},
        BadConfig{"TwoCostsOfOnePair",
                  with_replication("strategy: mesh, clusters: [eu, us], routes: cheapest, costs: "
                                   "[{between: [eu, us], cost: 1}, {between: [us, eu], cost: 2}]"),
                  "c.yaml:6:130: there is a cost between \"us\" and \"eu\" already, and it is the "
                  "same both ways; remove one\n"},
        BadConfig{
            "CostOfNothing",
            with_replication("strategy: mesh, clusters: [eu, us], routes: cheapest, "
                             "costs: [{between: [eu, us], cost: 0}]"),
            "c.yaml:6:116: \"cost\" must be a number above 0, but is \"0\"; write for example "
            "3, or 0.5\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

}  // namespace
}  // namespace lockstep::app
