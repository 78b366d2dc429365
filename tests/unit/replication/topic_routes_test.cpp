#include "replication/topic_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::HasSubstr;

LinkSpec link_of(const std::string& source, const std::string& target, const std::string& topics) {
    LinkSpec link;
    link.name = source + "-" + target;
    link.source = source;
    link.target = target;
    link.topics = {topics};
    return link;
}

TEST(TopicRoutes, RefusesTheLinkThatWouldBringRecordsASecondTime) {
    TopicRoutes routes({link_of("a", "b", ".*"), link_of("a", "c", "orders"),
                        link_of("b", "c", "orders|payments")});
    EXPECT_EQ(routes.problem_of("a-b", "orders"), "");
    EXPECT_EQ(routes.problem_of("a-c", "orders"), "");
    EXPECT_THAT(routes.problem_of("b-c", "orders"),
                HasSubstr("records of a would come to c twice"));
    EXPECT_EQ(routes.problem_of("b-c", "payments"), "") << "by one way only";
}

TEST(TopicRoutes, RefusesARing) {
    TopicRoutes routes(
        {link_of("a", "b", "t.*"), link_of("b", "c", "t.*"), link_of("c", "a", "t1")});
    EXPECT_THAT(routes.problem_of("c-a", "t1"), HasSubstr("records of a would come back"));
    EXPECT_EQ(routes.problem_of("b-c", "t2"), "") << "a chain";
}

TEST(TopicRoutes, LetsTwoClustersCopyEachOther) {
    TopicRoutes routes({link_of("a", "b", "t"), link_of("b", "a", "t")});
    EXPECT_EQ(routes.problem_of("a-b", "t") + routes.problem_of("b-a", "t"), "");
}

TEST(TopicRoutes, KnowsWhereRecordsComeBothWays) {
    TopicRoutes routes({link_of("a", "b", "t.*"), link_of("b", "a", "t1"), link_of("b", "c", "t.*"),
                        link_of("d", "c", "t.*")});
    EXPECT_TRUE(routes.is_both_ways("a-b", "t1"));
    EXPECT_TRUE(routes.is_both_ways("b-a", "t1"));
    EXPECT_FALSE(routes.is_both_ways("a-b", "t2"));
    EXPECT_FALSE(routes.is_both_ways("b-c", "t1"));
    EXPECT_FALSE(routes.is_both_ways("d-c", "t1")) << "two into one is one way each";
}

LinkSpec renaming(LinkSpec link, const std::string& prefix) {
    link.names.prefix = prefix;
    return link;
}

TEST(TopicRoutes, RefuseATopic_ThatWouldComeBackUnderAnotherName) {
    TopicRoutes routes(
        {renaming(link_of("a", "b", ".*"), "a."), renaming(link_of("b", "a", ".*"), "b.")});
    EXPECT_EQ(routes.problem_of("a-b", "orders"), "");
    EXPECT_THAT(routes.problem_of("b-a", "a.orders"),
                HasSubstr("topic orders of a would come back there as b.a.orders, by a -> b -> a"));
    EXPECT_EQ(routes.problem_of("b-a", "payments"), "") << "it was born at b";
}

TEST(TopicRoutes, KnowThatATopicCameUnderAnotherName_WhateverIsAskedFirst) {
    TopicRoutes routes({renaming(link_of("a", "b", "orders"), "a."),
                        renaming(link_of("b", "c", "a.orders"), "b."),
                        renaming(link_of("c", "a", "b.a.orders"), "c.")});
    EXPECT_THAT(routes.problem_of("c-a", "b.a.orders"),
                HasSubstr("topic orders of a would come back there as c.b.a.orders"));
}

TEST(TopicRoutes, KnowWhereRecordsComeBothWays_UnderTheNamesThatTheyHave) {
    LinkSpec there = link_of("a", "b", "orders");
    LinkSpec back = link_of("b", "a", "a.orders");
    there.names.renamed = {{"orders", "a.orders"}};
    back.names.renamed = {{"a.orders", "orders"}};
    TopicRoutes routes({there, back});
    EXPECT_EQ(routes.problem_of("a-b", "orders") + routes.problem_of("b-a", "a.orders"), "");
    EXPECT_TRUE(routes.is_both_ways("a-b", "orders"));
    EXPECT_TRUE(routes.is_both_ways("b-a", "a.orders"));

    TopicRoutes apart({renaming(link_of("a", "b", "orders"), "a."), link_of("b", "a", "orders")});
    EXPECT_FALSE(apart.is_both_ways("a-b", "orders")) << "what is born in a.orders stays there";
    EXPECT_FALSE(apart.is_both_ways("b-a", "a.orders")) << "it is not copied at all";
}

TEST(TopicRoutes, LetTwoClustersCopyEachOther_UnderOtherNames) {
    LinkSpec there = renaming(link_of("a", "b", ".*"), "a.");
    LinkSpec back = renaming(link_of("b", "a", ".*"), "b.");
    there.exclude = {"b\\..*"};
    back.exclude = {"a\\..*"};
    TopicRoutes routes({there, back});
    EXPECT_EQ(routes.problem_of("a-b", "orders") + routes.problem_of("b-a", "orders"), "");
}

TEST(TopicRoutes, RefuseARing_AlsoWhereNamesGrow) {
    TopicRoutes routes({renaming(link_of("a", "b", ".*"), "x."),
                        renaming(link_of("b", "c", ".*"), "y."),
                        renaming(link_of("c", "b", ".*"), "z.")});
    EXPECT_EQ(routes.problem_of("b-c", "x.orders"), "");
    EXPECT_THAT(routes.problem_of("c-b", "y.x.orders"),
                HasSubstr("topic x.orders of b would come back there as z.y.x.orders"));
}

TEST(TopicRoutes, TellRecordsThatComeTwice_UnderANewName) {
    TopicRoutes routes({renaming(link_of("a", "b", "t"), "x."),
                        renaming(link_of("a", "c", "t"), "x."), link_of("b", "c", "x.t")});
    EXPECT_THAT(routes.problem_of("b-c", "x.t"), HasSubstr("records of a would come to c twice"));
}

}  // namespace
}  // namespace lockstep::replication
