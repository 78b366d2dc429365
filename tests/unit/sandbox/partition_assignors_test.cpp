#include "sandbox/partition_assignors.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

Uuid topic(uint8_t number) {
    Uuid id;
    id.bytes[15] = number;
    return id;
}

AssignableMember member(const std::string& id, std::set<Uuid> topics) {
    AssignableMember made;
    made.id = id;
    made.topics = std::move(topics);
    return made;
}

PartitionSet partitions(uint8_t of, std::initializer_list<int32_t> numbers) {
    PartitionSet set;
    for (const int32_t number : numbers) {
        set.insert({topic(of), number});
    }
    return set;
}

TEST(UniformAssignor, GivesEveryPartitionOnceAndEvenly) {
    const auto target =
        assign_uniformly({member("a", {topic(1), topic(2)}), member("b", {topic(1), topic(2)})},
                         {{topic(1), 3}, {topic(2), 2}});
    PartitionSet all = target.at("a");
    all.insert(target.at("b").begin(), target.at("b").end());
    EXPECT_EQ(all.size(), 5U);
    EXPECT_EQ(target.at("a").size() + target.at("b").size(), 5U);
    EXPECT_GE(target.at("a").size(), 2U);
    EXPECT_GE(target.at("b").size(), 2U);
}

TEST(UniformAssignor, MovesNoMoreThanANewcomerNeeds) {
    AssignableMember old = member("a", {topic(1)});
    old.present = partitions(1, {0, 1, 2, 3});
    const auto target = assign_uniformly({old, member("b", {topic(1)})}, {{topic(1), 4}});
    EXPECT_EQ(target.at("a"), partitions(1, {0, 1}));
    EXPECT_EQ(target.at("b"), partitions(1, {2, 3}));
}

TEST(UniformAssignor, GivesOnlyWhatAMemberSubscribesTo) {
    const auto target = assign_uniformly({member("a", {topic(1)}), member("b", {topic(2)})},
                                         {{topic(1), 6}, {topic(2), 1}});
    EXPECT_EQ(target.at("a").size(), 6U);
    EXPECT_EQ(target.at("b"), partitions(2, {0}));
}

TEST(UniformAssignor, TakesWhatIsNoLongerThereOrWanted) {
    AssignableMember old = member("a", {topic(1)});
    old.present = partitions(1, {0, 5});
    old.present.merge(partitions(2, {0}));
    const auto target = assign_uniformly({old}, {{topic(1), 2}});
    EXPECT_EQ(target.at("a"), partitions(1, {0, 1}));
}

TEST(RangeAssignor, CutsEachTopicInOrderOfMembers) {
    const auto target =
        assign_ranges({member("b", {topic(1), topic(2)}), member("a", {topic(1), topic(2)})},
                      {{topic(1), 3}, {topic(2), 3}});
    PartitionSet first = partitions(1, {0, 1});
    first.merge(partitions(2, {0, 1}));
    EXPECT_EQ(target.at("a"), first);
    PartitionSet second = partitions(1, {2});
    second.merge(partitions(2, {2}));
    EXPECT_EQ(target.at("b"), second);
}

TEST(RangeAssignor, PutsStaticMembersFirst) {
    AssignableMember fixed = member("z", {topic(1)});
    fixed.instance_id = "node-1";
    const auto target = assign_ranges({member("a", {topic(1)}), fixed}, {{topic(1), 2}});
    EXPECT_EQ(target.at("z"), partitions(1, {0}));
    EXPECT_EQ(target.at("a"), partitions(1, {1}));
}

TEST(RangeAssignor, LeavesMembersWithoutPartitions_WhenThereAreTooFew) {
    const auto target =
        assign_ranges({member("a", {topic(1)}), member("b", {topic(1)})}, {{topic(1), 1}});
    EXPECT_EQ(target.at("a").size(), 1U);
    EXPECT_TRUE(target.at("b").empty());
}

}  // namespace
}  // namespace lockstep::sandbox
