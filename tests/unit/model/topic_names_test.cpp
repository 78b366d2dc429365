#include "model/topic_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST(TopicNames, AreTheSame_WhereNothingIsSaid) {
    const TopicNames names;
    EXPECT_TRUE(names.are_same());
    EXPECT_EQ(names.on_target("orders"), "orders");
    EXPECT_THAT(names.at_source("orders"), ElementsAre("orders"));
}

TEST(TopicNames, HaveThePrefix_UnlessTheyHaveANameOfTheirOwn) {
    const TopicNames names{{{"orders", "sales"}, {"kept", "kept"}}, "east."};
    EXPECT_FALSE(names.are_same());
    EXPECT_EQ(names.on_target("payments"), "east.payments");
    EXPECT_EQ(names.on_target("orders"), "sales");
    EXPECT_EQ(names.on_target("kept"), "kept");
    EXPECT_EQ(names.on_target({"payments", PartitionIndex(3)}),
              (TopicPartition{"east.payments", PartitionIndex(3)}));
}

TEST(TopicNames, AreFoundAgain_FromTheTargetsSide) {
    const TopicNames names{{{"orders", "sales"}, {"clash", "east.payments"}}, "east."};
    EXPECT_THAT(names.at_source("sales"), ElementsAre("orders"));
    EXPECT_THAT(names.at_source("east.payments"), UnorderedElementsAre("clash", "payments"));
    EXPECT_THAT(names.at_source("payments"), IsEmpty()) << "no topic loses its prefix";
    EXPECT_THAT(names.at_source("east.orders"), IsEmpty()) << "orders is called otherwise";
    EXPECT_THAT(names.at_source("east."), IsEmpty()) << "of no name";
}

TEST(TopicNameProblem, IsAsKafkaSees) {
    for (const char* good : {"a", "a.b_c-D9", "...", "._"}) {
        EXPECT_EQ(topic_name_problem(good), std::nullopt) << good;
    }
    EXPECT_EQ(topic_name_problem(std::string(249, 'x')), std::nullopt);
    for (const char* bad : {"", ".", "..", "a b", "a/b", "a:b", "\xc3\xa4"}) {
        EXPECT_NE(topic_name_problem(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(topic_name_problem(std::string(250, 'x')),
              "has 250 characters; names of topics have at most 249");
}

TEST(ReservedTopics, AreKafkasAndLocksteps) {
    for (const char* name : {"__consumer_offsets", "__transaction_state", "__lockstep_offsets"}) {
        EXPECT_TRUE(is_reserved_topic(name)) << name;
    }
    EXPECT_FALSE(is_reserved_topic("__mine"));
}

}  // namespace
}  // namespace lockstep
