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

}  // namespace
}  // namespace lockstep::replication
