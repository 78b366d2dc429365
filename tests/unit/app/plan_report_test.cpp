#include "app/plan_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using replication::PlannedTopic;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// What was found for a link: one topic, of one partition.
LinkPlan plan_of(const LinkSpec& link, const std::string& topic) {
    LinkPlan plan;
    plan.name = link.name;
    plan.source = link.source;
    plan.target = link.target;
    plan.source_round_trip_ms = 1.26;
    PlannedTopic planned;
    planned.name = topic;
    planned.partitions = {{.records_to_copy = 1000, .bytes_to_copy = 64 << 20}};
    plan.topics = {planned};
    return plan;
}

WholePlan chain() {
    WholePlan plan;
    plan.clusters = {
        {"eu", {}, {}, {}, "europe"}, {"us", {}, {}, {}, {}}, {"asia", {}, {}, {}, {}}};
    ReplicationSpec spec;
    spec.name = "all";
    spec.strategy = Strategy::mesh;
    spec.routes = MeshRoutes::cheapest;
    spec.clusters = {"eu", "us", "asia"};
    spec.costs = {{"eu", "asia", 50}};
    spec.rules.topics = {"orders"};
    plan.replications = {spec};
    plan.links = compile(spec, plan.clusters);
    for (const LinkSpec& link : plan.links) {
        plan.plans.push_back(plan_of(link, "orders"));
    }
    plan.bytes_per_second = 32 << 20;
    return plan;
}

LinkSpec plain(const std::string& source, const std::string& target, const std::string& topics) {
    LinkSpec link;
    link.topics = {topics};
    link.name = source + "-to-" + target;
    link.source = source;
    link.target = target;
    return link;
}

TEST(PlanReport, ShowsRoutesClustersAndSums) {
    const std::string text = render_plan(chain());
    EXPECT_THAT(text, HasSubstr("CLUSTERS\n  eu in europe: 1.3 ms away\n"));
    EXPECT_THAT(text, HasSubstr("  all (mesh)\n"
                                "    from asia: to eu by us; us\n"
                                "    from eu: to asia by us; us\n"
                                "    from us: to asia; eu\n"
                                "  Every record comes to each of these by one way"));
    EXPECT_THAT(text, HasSubstr("4 links, 4 partitions, 6,000 records to copy, about 384.0 MiB, "
                                "12s at 32.0 MiB a second\n  of it 2,000 records, about 128.0 "
                                "MiB, will be relayed"));
}

TEST(PlanReport, HasEverythingAsJson) {
    const auto json = nlohmann::json::parse(plan_json(chain()));
    EXPECT_EQ(json["routes"].size(), 6U);
    EXPECT_EQ(json["routes"][0]["path"], (std::vector<std::string>{"asia", "us", "eu"}));
    EXPECT_EQ(json["routes"][0]["replication"], "all");
    EXPECT_EQ(json["clusters"][0]["region"], "europe");
    EXPECT_EQ(json["links"].size(), 4U);
    EXPECT_EQ(json["links"][0]["topics"][0]["partitions"][0]["bytes_to_copy"], 64 << 20);
    EXPECT_EQ(json["records_to_copy"], 6000);
    EXPECT_EQ(json["bytes_to_copy"], 384 << 20);
    EXPECT_EQ(json["relayed_records"], 2000);
    EXPECT_EQ(json["relayed_bytes"], 128 << 20);
    EXPECT_EQ(json["seconds_to_copy"], 12);
    EXPECT_TRUE(json["route_problems"].empty());
}

TEST(PlanReport, SaysWhichCostsWereMeasured_WhereTheyWouldChangeRoutes) {
    const std::string text = render_plan(chain());
    EXPECT_THAT(text, HasSubstr("\nCOSTS\n"
                                "  all: its costs give eu - us, us - asia\n"
                                "    the measured costs would give eu - us, eu - asia."));
    EXPECT_THAT(text, HasSubstr("    costs:\n"
                                "      - {between: [eu, us], cost: 2.5}\n"
                                "      - {between: [eu, asia], cost: 2.5}\n"
                                "      - {between: [us, asia], cost: 2.5}\n"));
    const auto json = nlohmann::json::parse(plan_json(chain()));
    EXPECT_EQ(json["measured_routes_differ"], true);
    ASSERT_EQ(json["measured_costs"].size(), 3U);
    EXPECT_EQ(json["measured_costs"][0]["between"], (std::vector<std::string>{"asia", "eu"}));
    EXPECT_EQ(json["measured_costs"][0]["cost"], 2.5);
}

TEST(PlanReport, HasNoCostsToSet_WhereTheyWouldChangeNothing) {
    WholePlan plan = chain();
    for (LinkPlan& link : plan.plans) {
        link.source_round_trip_ms = link.source == "us" ? 1 : 80;
    }
    const std::string text = render_plan(plan);
    EXPECT_THAT(text, HasSubstr("the measured costs would give the same\n"));
    EXPECT_THAT(text, Not(HasSubstr("{between")));
    EXPECT_EQ(nlohmann::json::parse(plan_json(plan))["measured_routes_differ"], false);
}

TEST(PlanReport, HasNoMeasuredRoutes_WhereAClusterWasNotReached) {
    WholePlan plan = chain();
    for (LinkPlan& link : plan.plans) {
        link.source_round_trip_ms = link.source == "asia" ? std::nullopt : std::optional(1.0);
    }
    EXPECT_THAT(render_plan(plan), HasSubstr("not measured: not all of its clusters"));
    const auto json = nlohmann::json::parse(plan_json(plan));
    EXPECT_EQ(json["measured_routes_differ"], false);
    EXPECT_EQ(json["measured_costs"].size(), 1U);
}

TEST(PlanReport, SaysNothingOfCosts_WhereNobodyTakesTheCheapestRoutes) {
    WholePlan plan = chain();
    plan.replications[0].routes = MeshRoutes::direct;
    EXPECT_THAT(render_plan(plan), Not(HasSubstr("COSTS")));
}

TEST(PlanReport, HasNoSums_WhereALinkCannotBePlanned) {
    WholePlan plan = chain();
    plan.plans[0].topics.clear();
    plan.plans[0].problem = "source: cluster eu: connection refused";
    const std::string text = render_plan(plan);
    EXPECT_THAT(text,
                testing::StartsWith("1 of 4 links cannot be planned. Nothing was changed.\n"));
    EXPECT_THAT(text, testing::EndsWith("\nTOTAL\n  not known\n"));
    const auto json = nlohmann::json::parse(plan_json(plan));
    EXPECT_TRUE(json["records_to_copy"].is_null());
    EXPECT_TRUE(json["seconds_to_copy"].is_null());
}

TEST(PlanReport, HasNoTrouble_WhereRoutesAreRight) {
    EXPECT_FALSE(has_trouble(chain()));
}

/// a -> b -> c, and a -> c for `shortcut`.
WholePlan with_shortcut(const std::string& shortcut) {
    WholePlan plan;
    plan.clusters = {{"a", {}, {}, {}, {}}, {"b", {}, {}, {}, {}}, {"c", {}, {}, {}, {}}};
    plan.links = {plain("a", "b", "orders"), plain("b", "c", "orders"), plain("a", "c", shortcut)};
    plan.bytes_per_second = 1;
    for (const LinkSpec& link : plan.links) {
        plan.plans.push_back(plan_of(link, link.topics[0]));
    }
    return plan;
}

TEST(PlanReport, TellsOfRoutesThatAreWrong_ForTheTopicsThatThereAre) {
    EXPECT_THAT(route_problems(with_shortcut("payments")), IsEmpty()) << "no topic goes both ways";
    const WholePlan plan = with_shortcut("orders");
    EXPECT_THAT(route_problems(plan),
                ElementsAre(HasSubstr("topic orders: records of a would come to c twice, by a -> c "
                                      "and by a -> b -> c")));
    EXPECT_TRUE(has_trouble(plan));
    EXPECT_THAT(render_plan(plan), HasSubstr("problem: topic orders"));
    EXPECT_THAT(render_plan(plan), Not(HasSubstr("by one way")));
}

TEST(PlanReport, TellsOfRoutesThatWouldBeWrong_ForTopicsThatMayCome) {
    WholePlan plan = with_shortcut("orders");
    for (LinkSpec& link : plan.links) {
        link.topics = {"o.*"};
    }
    for (LinkPlan& link : plan.plans) {
        link.topics.clear();
    }
    EXPECT_THAT(route_problems(plan),
                ElementsAre(HasSubstr("topics that match \"o.*\", by b-to-c: records of a would "
                                      "come to c twice")));
    EXPECT_TRUE(has_trouble(plan));
}

TEST(PlanReport, ClaimsNoMoreThanItKnows_WhereALinkCannotBePlanned) {
    WholePlan plan = chain();
    plan.plans[0].problem = "source: cluster eu: connection refused";
    EXPECT_THAT(render_plan(plan), Not(HasSubstr("Every record")));
    EXPECT_THAT(render_plan(plan), HasSubstr("as far as topics are known"));
}

}  // namespace
}  // namespace lockstep::app
