#include "app/state_changes.h"

#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

std::string lines(const std::vector<StateChange>& changes) {
    std::string text;
    for (const StateChange& change : changes) {
        text += change.log_line() + "\n";
    }
    return text;
}

TEST(StateChanges, ReportEachChangeOnce) {
    StateChanges changes;
    const LinkStatus link = sample_link({sample_partition("orders", 3, PartitionState::running)});
    EXPECT_EQ(lines(changes.update({link})),
              "partition state=running was=starting link=east-to-west topic=orders partition=3\n");
    EXPECT_EQ(lines(changes.update({link})), "");
}

TEST(StateChanges, SayNothing_OfAPartitionThatStarts) {
    StateChanges changes;
    EXPECT_EQ(lines(changes.update(
                  {sample_link({sample_partition("orders", 3, PartitionState::starting)})})),
              "");
}

TEST(StateChanges, GiveTheReason) {
    StateChanges changes;
    LinkStatus link = sample_link({sample_partition("orders", 3, PartitionState::running)});
    changes.update({link});
    link.partitions[0].state = PartitionState::blocked;
    link.partitions[0].reason = "hole at\noffset 17";
    const auto blocked = changes.update({link});
    EXPECT_EQ(lines(blocked),
              "partition state=blocked was=running link=east-to-west topic=orders partition=3 "
              "reason=\"hole at offset 17\"\n");
    ASSERT_EQ(blocked.size(), 1u);
    EXPECT_EQ(blocked[0].level(), log::Level::error);
}

TEST(StateChanges, ForgetPartitionsAndLinks_ThatAreGone) {
    StateChanges changes;
    const LinkStatus link = sample_link({sample_partition("orders", 3, PartitionState::running)});
    changes.update({link});
    changes.update({});
    EXPECT_EQ(changes.update({link}).size(), 1u);
}

}  // namespace
}  // namespace lockstep::app
