#include "app/plan_totals.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using std::chrono::seconds;

/// Clusters a, b and c; a is the hub.
WholePlan hub_spoke() {
    WholePlan plan;
    for (const char* name : {"a", "b", "c"}) {
        plan.clusters.push_back({name, {}, {}, {}, {}});
    }
    ReplicationSpec spec;
    spec.name = "all";
    spec.strategy = Strategy::hub_spoke;
    spec.clusters = {"a", "b", "c"};
    spec.center = "a";
    spec.rules.topics = {"orders"};
    plan.replications = {spec};
    plan.links = compile(spec, plan.clusters);
    plan.plans.resize(plan.links.size());
    plan.bytes_per_second = 100;
    return plan;
}

size_t index_of(const WholePlan& plan, const std::string& name) {
    size_t index = 0;
    while (plan.links.at(index).name != name) {
        ++index;
    }
    return index;
}

void find_topic(WholePlan& plan, const std::string& link, PlannedLoad load,
                const std::string& renamed_to = "") {
    replication::PlannedTopic topic;
    topic.name = "orders";
    topic.renamed_to = renamed_to;
    topic.partitions = {{.records_to_copy = load.records, .bytes_to_copy = load.bytes}};
    plan.plans[index_of(plan, link)].topics.push_back(topic);
}

PlannedLoad relayed_by(const WholePlan& plan, const std::string& link) {
    return link_loads(plan)[index_of(plan, link)].relayed;
}

LinkSpec plain(const std::string& source, const std::string& target, const std::string& topics) {
    LinkSpec link;
    link.name = source + "-to-" + target;
    link.source = source;
    link.target = target;
    link.topics = {topics};
    return link;
}

TEST(PlanTotals, CountWhatTheHubRelays) {
    WholePlan plan = hub_spoke();
    find_topic(plan, "all.b-to-a", {10, 1000});
    find_topic(plan, "all.a-to-c", {3, 300});
    EXPECT_EQ(relayed_by(plan, "all.a-to-c").bytes, 1000);
    EXPECT_EQ(relayed_by(plan, "all.a-to-c").records, 10);
    EXPECT_EQ(relayed_by(plan, "all.a-to-b").bytes, 0) << "it is where they come from";
    const PlanTotals totals = totals_of(plan);
    EXPECT_EQ(totals.partitions, 2U);
    EXPECT_EQ(totals.all.records, 23);
    EXPECT_EQ(totals.all.bytes, 2300);
    EXPECT_EQ(totals.relayed.bytes, 1000);
    EXPECT_EQ(totals.time, seconds(23));
    EXPECT_EQ(totals.slowest, "");
}

TEST(PlanTotals, CountWhatAChainOfLinksRelays_UnderTheNamesOnItsWay) {
    WholePlan plan;
    plan.bytes_per_second = 100;
    plan.links = {plain("a", "b", "orders"), plain("b", "c", "a\\..*"), plain("c", "d", ".*"),
                  plain("b", "e", "orders")};
    plan.links[0].names.prefix = "a.";
    plan.plans.resize(plan.links.size());
    find_topic(plan, "a-to-b", {10, 1000}, "a.orders");
    EXPECT_EQ(relayed_by(plan, "b-to-c").bytes, 1000);
    EXPECT_EQ(relayed_by(plan, "c-to-d").bytes, 1000);
    EXPECT_EQ(relayed_by(plan, "b-to-e").bytes, 0) << "another topic";
}

TEST(PlanTotals, CountNothingTwice_WhereTwoClustersCopyEachOther) {
    WholePlan plan;
    plan.bytes_per_second = 100;
    plan.links = {plain("a", "b", "orders"), plain("b", "a", "orders")};
    plan.plans.resize(plan.links.size());
    find_topic(plan, "a-to-b", {10, 1000});
    EXPECT_EQ(totals_of(plan).all.bytes, 1000);
}

TEST(PlanTotals, CountNothing_ThatALinkWouldNotCopy) {
    WholePlan plan;
    plan.bytes_per_second = 100;
    plan.links = {plain("a", "b", "orders"), plain("a", "c", "orders"), plain("b", "c", "orders")};
    plan.plans.resize(plan.links.size());
    find_topic(plan, "a-to-b", {10, 1000});
    find_topic(plan, "a-to-c", {10, 1000});
    EXPECT_EQ(relayed_by(plan, "b-to-c").bytes, 0) << "it is blocked: they would come twice";
    EXPECT_EQ(totals_of(plan).all.bytes, 2000);
}

TEST(PlanTotals, TakeTheTimeOfALinkWithABandwidthOfItsOwn_WhereThatIsLonger) {
    WholePlan plan = hub_spoke();
    find_topic(plan, "all.b-to-a", {10, 1000});
    LinkSpec& relay = plan.links[index_of(plan, "all.a-to-c")];
    relay.bandwidth = 10;
    EXPECT_EQ(totals_of(plan).time, seconds(100)) << "also of what it relays";
    EXPECT_EQ(totals_of(plan).bytes_per_second, 10);
    EXPECT_EQ(totals_of(plan).slowest, "all.a-to-c");
    relay.bandwidth = 1000;
    EXPECT_EQ(totals_of(plan).time, seconds(20)) << "all links share --rate";
    EXPECT_EQ(totals_of(plan).bytes_per_second, 100);
    EXPECT_EQ(totals_of(plan).slowest, "");
}

}  // namespace
}  // namespace lockstep::app
