#include "replication/plan_routes.h"

#include "model/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LinkSpec link_of(const std::string& source, const std::string& target,
                 std::vector<std::string> topics, std::vector<std::string> exclude = {}) {
    LinkSpec link;
    link.name = source + "-to-" + target;
    link.source = source;
    link.target = target;
    link.topics = std::move(topics);
    link.exclude = std::move(exclude);
    return link;
}

/// Of links, with the topics that were found for each; nothing for the others.
std::vector<LinkPlan> plans_of(const std::vector<LinkSpec>& links,
                               const std::map<std::string, std::vector<std::string>>& found = {}) {
    std::vector<LinkPlan> plans;
    for (const LinkSpec& link : links) {
        LinkPlan& plan = plans.emplace_back();
        plan.name = link.name;
        const auto topics = found.find(link.name);
        if (topics == found.end()) {
            continue;
        }
        for (const std::string& name : topics->second) {
            PlannedTopic& topic = plan.topics.emplace_back();
            topic.name = name;
            topic.partitions = {{.partition = 0, .next_offset = 3, .records_to_copy = 7},
                                {.partition = 1}};
        }
    }
    return plans;
}

/// "us-to-asia orders" for each; an expression in quotation marks.
std::vector<std::string> faults_of(
    const std::vector<LinkSpec>& links,
    const std::map<std::string, std::vector<std::string>>& found = {}) {
    std::vector<std::string> words;
    for (const RouteFault& fault : route_faults(plans_of(links, found), links)) {
        EXPECT_NE(fault.what, "");
        const std::string topic = fault.is_pattern ? '"' + fault.topic + '"' : fault.topic;
        words.push_back(fault.link + " " + topic);
    }
    return words;
}

const std::vector<LinkSpec> kTriangle{link_of("us", "asia", {"t[0-9]"}),
                                      link_of("us", "eu", {"t[0-9]"}),
                                      link_of("eu", "asia", {"t[0-9]"})};

// What run refuses it refuses wherever the topic is: another cluster may get it any time.
TEST(PlanRoutes, AreProvedAlsoForATopicThatOnlyTheSecondLinkHas) {
    const auto links = kTriangle;
    EXPECT_THAT(faults_of(links, {{"eu-to-asia", {"t1"}}}), ElementsAre("eu-to-asia t1"));
}

TEST(PlanRoutes, AreProvedForWhatLinksWouldMakeOfATopic) {
    const std::vector<LinkSpec> links{link_of("a", "b", {"t1"}), link_of("a", "c", {"t1"}),
                                      link_of("c", "b", {"t[0-9]"})};
    EXPECT_THAT(faults_of(links, {{"a-to-b", {"t1"}}, {"a-to-c", {"t1"}}}),
                ElementsAre("c-to-b t1"));
}

TEST(PlanRoutes, AreProvedForNames_ThatNoClusterHasYet) {
    EXPECT_THAT(
        faults_of({link_of("a", "b", {"t"}), link_of("b", "c", {"t"}), link_of("c", "a", {"t"})}),
        ElementsAre("a-to-b t", "b-to-c t", "c-to-a t"));
    EXPECT_THAT(
        faults_of({link_of("a", "b", {"t"}), link_of("b", "c", {"t"}), link_of("c", "a", {"u"})}),
        IsEmpty());
}

TEST(PlanRoutes, AreProvedForExpressions_ThatNoClusterHasATopicFor) {
    EXPECT_THAT(faults_of(kTriangle), ElementsAre("eu-to-asia \"t[0-9]\""));
    EXPECT_THAT(faults_of({link_of("a", "b", {".*"}), link_of("b", "c", {"t-.*"}),
                           link_of("a", "c", {"t-.*"})}),
                ElementsAre("b-to-c \"t-.*\""));
    EXPECT_THAT(faults_of({link_of("a", "b", {".*"}, {"[0-9]+"}), link_of("b", "c", {".*"}),
                           link_of("a", "c", {"[0-9]+"})}),
                IsEmpty())
        << "what a-to-c brings does not come by b";
}

TEST(PlanRoutes, TellAFaultOfSeveralTopicsOnce) {
    EXPECT_THAT(faults_of(kTriangle, {{"us-to-eu", {"t1", "t2"}}, {"eu-to-asia", {"t1", "t2"}}}),
                ElementsAre("eu-to-asia t1"));
}

// Without an end names would grow for ever.
TEST(PlanRoutes, EndWhereATopicWouldComeBackUnderAnotherName) {
    std::vector<LinkSpec> links{link_of("a", "b", {".*"}), link_of("b", "a", {".*"})};
    links[0].names.prefix = "a.";
    links[1].names.prefix = "b.";
    EXPECT_THAT(faults_of(links, {{"a-to-b", {"t"}}}), testing::Contains("b-to-a a.t"));
}

TEST(PlanRoutes, OfEveryStrategyAreWithoutFault) {
    const std::vector<ClusterSpec> clusters{{"a", {}}, {"b", {}}, {"c", {}}, {"d", {}}};
    for (const Strategy strategy :
         {Strategy::active_passive, Strategy::active_active, Strategy::hub_spoke, Strategy::mesh}) {
        for (const MeshRoutes routes : {MeshRoutes::direct, MeshRoutes::cheapest}) {
            ReplicationSpec spec;
            spec.name = "r";
            spec.strategy = strategy;
            spec.routes = routes;
            spec.clusters = {"a", "b", "c", "d"};
            spec.center = "b";
            spec.rules.topics = {".*", "t"};
            const auto links = compile(spec, clusters);
            EXPECT_THAT(faults_of(links, {{links[0].name, {"t", "u"}}}), IsEmpty())
                << to_string(strategy);
        }
    }
}

TEST(PlanRoutes, BlockWhatTheLinkWouldNotCopy) {
    const auto links = kTriangle;
    auto plans = plans_of(links, {{"us-to-asia", {"t1"}}, {"eu-to-asia", {"t1"}}});
    block_faulty_routes(plans, links);
    EXPECT_EQ(plans[0].topics[0].partitions[0].blocked, "");
    EXPECT_EQ(plans[0].topics[0].partitions[0].records_to_copy, 7);
    for (const PlannedPartition& partition : plans[2].topics[0].partitions) {
        EXPECT_THAT(partition.blocked, HasSubstr("records of us would come to asia twice"));
        EXPECT_EQ(partition.records_to_copy, 0);
    }
    EXPECT_EQ(plans[2].topics[0].partitions[1].partition, 1);
}

}  // namespace
}  // namespace lockstep::replication
