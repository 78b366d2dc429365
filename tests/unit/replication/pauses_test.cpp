#include "replication/pauses.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

const PauseScope kLink;
const PauseScope kOrders{"orders", std::nullopt};
const PauseScope kOrders3{"orders", PartitionIndex(3)};

TopicPartition partition(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex(index)};
}

TEST(Pauses, NothingIsPaused_AtFirst) {
    EXPECT_EQ(Pauses().why(partition("orders", 3)), "");
    EXPECT_FALSE(Pauses().is_link_paused());
}

TEST(Pauses, OnePartitionIsPaused_AndItsNeighbourIsNot) {
    Pauses pauses;
    pauses.add(kOrders3);
    EXPECT_EQ(pauses.why(partition("orders", 3)), "it is paused");
    EXPECT_EQ(pauses.why(partition("orders", 2)), "");
    EXPECT_EQ(pauses.why(partition("payments", 3)), "");
}

TEST(Pauses, ATopicIsPaused_WithAllItsPartitions) {
    Pauses pauses;
    pauses.add(kOrders);
    EXPECT_EQ(pauses.why(partition("orders", 9)), "its topic is paused");
    EXPECT_EQ(pauses.why(partition("payments", 0)), "");
}

TEST(Pauses, ALinkIsPaused_WithAllOfIt) {
    Pauses pauses;
    pauses.add(kLink);
    EXPECT_TRUE(pauses.is_link_paused());
    EXPECT_EQ(pauses.why(partition("orders", 9)), "the link is paused");
}

TEST(Pauses, ResumingTheWider_ResumesTheNarrower) {
    Pauses pauses;
    pauses.add(kOrders3);
    pauses.add(kLink);
    pauses.add(kOrders);
    ASSERT_TRUE(pauses.remove(kLink).has_value());
    EXPECT_EQ(pauses.why(partition("orders", 3)), "");
    pauses.add(kOrders3);
    ASSERT_TRUE(pauses.remove(kOrders).has_value());
    EXPECT_EQ(pauses.why(partition("orders", 3)), "");
}

TEST(Pauses, ResumingTheNarrower_IsRefused_AndChangesNothing) {
    Pauses pauses;
    pauses.add(kOrders);
    const auto refused = pauses.remove(kOrders3);
    ASSERT_TRUE(refused.has_error());
    EXPECT_TRUE(refused.error().is(Errc::invalid_argument));
    EXPECT_EQ(pauses.why(partition("orders", 3)), "its topic is paused");
    pauses.add(kLink);
    EXPECT_TRUE(pauses.remove(kOrders).has_error());
}

TEST(Pauses, ResumingWhatIsNotPaused_DoesNothing) {
    Pauses pauses;
    pauses.add(kOrders);
    EXPECT_TRUE(pauses.remove({"payments", std::nullopt}).has_value());
    EXPECT_EQ(pauses.why(partition("orders", 0)), "its topic is paused");
}

}  // namespace
}  // namespace lockstep::replication
