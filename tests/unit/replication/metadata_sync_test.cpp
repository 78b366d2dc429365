#include "replication/policy_aside.h"
#include "tests/unit/replication/around_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using MetadataSyncTest = AroundTest;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(MetadataSyncTest, FollowsWhatIsSet_Changed_AndRemoved) {
    at_source_.set = {{"retention.ms", "5"}, {"segment.ms", "7"}};
    begin();
    EXPECT_THAT(at_target_.changes, ElementsAre("retention.ms=5", "segment.ms=7"));
    EXPECT_EQ(configs().state, FollowState::in_step);
    EXPECT_EQ(configs().in_step, 2U);
    EXPECT_EQ(configs().changes, 2U);
    at_source_.set = {{"retention.ms", "6"}};
    loop_.advance(seconds(4));
    EXPECT_EQ(at_target_.set, at_source_.set);
    EXPECT_EQ(at_source_.changes.size(), 0U);
}

TEST_F(MetadataSyncTest, LeavesWhatSomeoneHasSet_AndShowsIt) {
    at_source_.set = {{"retention.ms", "5"}};
    at_target_.set = {{"retention.ms", "9"}, {"segment.ms", "7"}};
    begin();
    EXPECT_THAT(at_target_.changes, IsEmpty());
    EXPECT_EQ(configs().state, FollowState::drifted);
    ASSERT_EQ(configs().drift.size(), 2U);
    EXPECT_EQ(configs().drift[0],
              (Drift{"orders", "retention.ms", "5", "9", "someone has set it on the target"}));
    EXPECT_EQ(configs().drift[1].key, "segment.ms");
    EXPECT_EQ(configs().drift[1].wanted, std::nullopt);
}

TEST_F(MetadataSyncTest, StillKnowsWhatWasAgreedOn_AfterARestart) {
    at_source_.set = {{"retention.ms", "5"}, {"segment.ms", "7"}};
    begin();
    end();
    at_source_.set = {{"retention.ms", "6"}};
    begin();
    EXPECT_EQ(at_target_.set, at_source_.set);
    EXPECT_EQ(configs().state, FollowState::in_step);
}

TEST_F(MetadataSyncTest, WritesNothing_WhereNothingChanges) {
    at_source_.set = {{"retention.ms", "5"}};
    begin();
    const int64_t end = memory_.end;
    loop_.advance(seconds(30));
    EXPECT_EQ(memory_.end, end);
    EXPECT_EQ(at_target_.changes.size(), 1U);
}

TEST_F(MetadataSyncTest, SetsWhatIsPinned_AndLeavesWhatIsNeverTouched) {
    spec_.topic_config.pinned = {{"retention.ms", "100"}};
    spec_.topic_config.never = {"segment.ms"};
    at_source_.set = {{"retention.ms", "5"}, {"segment.ms", "7"}};
    at_target_.set = {{"retention.ms", "9"}, {"segment.ms", "8"}};
    begin();
    EXPECT_THAT(at_target_.changes, ElementsAre("retention.ms=100"));
    EXPECT_EQ(configs().state, FollowState::in_step);
}

TEST_F(MetadataSyncTest, SetsTheRest_WhereOneIsRefused) {
    at_target_.refused = "new.setting";
    at_source_.set = {{"new.setting", "1"}, {"retention.ms", "5"}};
    begin();
    EXPECT_THAT(at_target_.changes, ElementsAre("retention.ms=5"));
    ASSERT_EQ(configs().drift.size(), 1U);
    EXPECT_EQ(configs().drift[0].key, "new.setting");
    EXPECT_THAT(configs().drift[0].reason, HasSubstr("Unknown topic config name"));
}

TEST_F(MetadataSyncTest, TouchesNothing_ThatIsSetAsideForALogStart) {
    at_source_.set = {{"cleanup.policy", "compact"}, {"retention.ms", "5"}};
    at_target_.set = {{"cleanup.policy", "compact"}};
    for (const auto& [key, value] : set_aside(at_target_.set)) {
        at_target_.set[key] = value.value();
    }
    begin();
    EXPECT_THAT(at_target_.changes, IsEmpty());
    at_target_.set = {{"cleanup.policy", "compact"}};
    loop_.advance(seconds(4));
    EXPECT_EQ(at_target_.set, at_source_.set);
}

TEST_F(MetadataSyncTest, SaysWhichTopicItCannotRead_AndGoesOnWhenItCan) {
    at_source_.set = {{"retention.ms", "5"}};
    at_source_.is_readable = false;
    begin();
    EXPECT_EQ(configs().state, FollowState::failing);
    EXPECT_THAT(configs().problem, HasSubstr("orders on src cannot be read"));
    at_source_.is_readable = true;
    loop_.advance(seconds(4));
    EXPECT_EQ(configs().state, FollowState::in_step);
    EXPECT_EQ(at_target_.set, at_source_.set);
}

TEST_F(MetadataSyncTest, IsInStep_WhereNoTopicIsCopied) {
    topics_.clear();
    begin();
    EXPECT_EQ(configs().state, FollowState::in_step);
}

}  // namespace
}  // namespace lockstep::replication
