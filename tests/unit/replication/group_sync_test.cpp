#include "replication/group_sync.h"

#include "base/log.h"
#include "runtime/task_group.h"
#include "tests/unit/support/fake_coordinator.h"
#include "tests/unit/support/fake_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int16_t kLoading = static_cast<int16_t>(KafkaError::coordinator_load_in_progress);

/// Two clusters whose groups read partition 0 of "orders", which has offsets 0 to 100 on both.
class GroupSyncTest : public testing::Test {
protected:
    GroupSyncTest() {
        log::set_level(log::Level::off);
        for (auto* side : {&source_, &target_}) {
            side->broker.metadata = test::metadata_of(side->name, 1, {});
            const auto refreshed = test::run(loop_, side->cluster.refresh_metadata(nullptr, {}));
            EXPECT_TRUE(refreshed.has_value());
        }
        tasks_.spawn("groups", sync_.run(tasks_.stop_token()));
        tasks_.spawn("share groups", sync_.run_shares(tasks_.stop_token()));
    }

    ~GroupSyncTest() override {
        tasks_.request_stop();
        loop_.settle();
        test::run(loop_, source_.cluster.close());
        test::run(loop_, target_.cluster.close());
        test::run(loop_, tasks_.join());
        log::set_level(log::Level::info);
    }

    static std::vector<std::string> everything() { return {".*"}; }

    std::optional<PartitionRanges> ranges_of(const TopicPartition& id) const {
        if (id.topic != "orders" || is_mixed_) {
            return std::nullopt;
        }
        return PartitionRanges({Offset(0), Offset(100)}, {Offset(0), target_end_});
    }

    struct Side {
        Side(test::ManualLoop& loop, test::ScriptedNetwork& network, const char* name_)
            : name(name_),
              broker(network, {name_, 1}),
              runtime{loop, network, rng},
              cluster(runtime, ClusterSpec{name_, {{name_, 1}}}, {}) {}
        std::string name;
        Rng rng{1};
        test::FakeBroker broker;
        test::FakeCoordinator coordinator{broker};
        test::FakeGroups groups{broker, "orders"};
        runtime::Runtime runtime;
        client::Cluster cluster;
    };

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Side source_{loop_, network_, "src"};
    Side target_{loop_, network_, "dst"};
    Offset target_end_{100};
    bool is_mixed_ = false;
    GroupSync sync_{source_.cluster, target_.cluster,
                    GroupScope{*GroupFilter::make(everything(), {"not-me"}),
                               {},
                               [this](const TopicPartition& id) { return ranges_of(id); },
                               [this](const TopicPartition&) { return is_mixed_; }}};
    runtime::TaskGroup tasks_{loop_};
};

TEST_F(GroupSyncTest, CommitsOnTheTarget_WhatIsNewAtTheSource) {
    source_.groups.groups["billing"] = {"Stable", 40};
    source_.groups.groups["not-me"] = {"Stable", 40};
    source_.groups.groups["fresh"] = {"Stable", -1};
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40"));
    ASSERT_EQ(sync_.groups().size(), 1U);
    EXPECT_EQ(sync_.groups()[0].name, "billing");
    EXPECT_EQ(sync_.groups()[0].exact, 1U);
    EXPECT_TRUE(sync_.groups()[0].is_active_at_source);
    source_.groups.groups["billing"].offset = 55;
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40", "billing 55"));
    EXPECT_THAT(source_.groups.commits, IsEmpty());
}

TEST_F(GroupSyncTest, FollowsAGroupThatHasMoved_AndBack) {
    source_.groups.groups["billing"] = {"Empty", 40};
    loop_.advance(seconds(2));
    target_.groups.groups["billing"].state = "Stable";
    target_.groups.groups["billing"].offset = 60;
    loop_.advance(seconds(2));
    EXPECT_THAT(source_.groups.commits, ElementsAre("billing 60"));
    target_.groups.groups["billing"].state = "Empty";
    source_.groups.groups["billing"] = {"Stable", 70};
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40", "billing 70"));
}

TEST_F(GroupSyncTest, SaysHowMuchWouldBeReadAgain_WhileTheTargetsLogIsTooShort) {
    target_end_ = Offset(25);
    source_.groups.groups["billing"] = {"Stable", 40};
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 25"));
    ASSERT_EQ(sync_.groups().size(), 1U);
    EXPECT_EQ(sync_.groups()[0].exact, 0U);
    EXPECT_EQ(sync_.groups()[0].behind_records, 15);
    EXPECT_THAT(sync_.groups()[0].note, HasSubstr("does not reach"));
    target_end_ = Offset(100);
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 25", "billing 40"));
}

// The target's coordinator is loading: its group must not be taken for one without offsets.
TEST_F(GroupSyncTest, LeavesAGroupAlone_WhoseOffsetsTheTargetDoesNotTell) {
    source_.groups.groups["billing"] = {"Empty", 40};
    target_.groups.groups["billing"] = {"Empty", 60, kLoading};
    loop_.advance(seconds(5));
    EXPECT_THAT(target_.groups.commits, IsEmpty());
    target_.groups.groups["billing"].fetch_error = 0;
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, IsEmpty());
    ASSERT_EQ(sync_.groups().size(), 1U);
    EXPECT_THAT(sync_.groups()[0].note, HasSubstr("which one is right is not known"));
}

TEST_F(GroupSyncTest, RemembersWhatItSaw_WhileTheSourceDoesNotTell) {
    source_.groups.groups["billing"] = {"Empty", 40};
    loop_.advance(seconds(2));
    source_.groups.groups["billing"].fetch_error = kLoading;
    loop_.advance(seconds(3));
    source_.groups.groups["billing"] = {"Empty", 10};  // rewound meanwhile
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40", "billing 10"));
}

TEST_F(GroupSyncTest, IsNotDisturbed_ByMembersThatComeMeanwhile) {
    source_.groups.groups["billing"] = {"Stable", 40};
    target_.groups.groups["billing"] = {"Dead", 5};  // listed without members, refuses all the same
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, testing::Contains("billing 40 refused"));
    EXPECT_EQ(sync_.problem(), "");
}

// It reads on there, and leaves: what the look has found at the source is old.
TEST_F(GroupSyncTest, IsNotMisled_ByAGroupThatMovesWhileItIsLookedAt) {
    source_.groups.groups["billing"] = {"Stable", 40};
    loop_.advance(seconds(2));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40"));
    source_.groups.on_fetched = [this] {
        source_.groups.groups["billing"].state = "Empty";
        target_.groups.groups["billing"].offset = 60;
    };
    loop_.advance(seconds(3));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40"));
    EXPECT_THAT(source_.groups.commits, ElementsAre("billing 60"));
}

TEST_F(GroupSyncTest, DoesNotTakeARefusedCommitForDone) {
    source_.groups.groups["billing"] = {"Empty", 40};
    loop_.advance(seconds(2));
    target_.groups.groups["billing"].state =
        "Dead";  // listed without members, refuses all the same
    source_.groups.groups["billing"].offset = 50;
    loop_.advance(seconds(2));
    target_.groups.groups["billing"].state = "Empty";
    loop_.advance(seconds(2));
    EXPECT_THAT(source_.groups.commits, IsEmpty());
    EXPECT_EQ(target_.groups.commits.back(), "billing 50");
}

TEST_F(GroupSyncTest, SaysWhatKeepsItFromLooking_AndGoesOn) {
    source_.groups.groups["billing"] = {"Stable", 40};
    target_.groups.list_error = kLoading;
    loop_.advance(seconds(2));
    EXPECT_THAT(sync_.problem(), HasSubstr("list the groups of broker 1 of dst"));
    target_.groups.list_error = 0;
    loop_.advance(seconds(2));
    EXPECT_EQ(sync_.problem(), "");
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40"));
}

// They have no committed offsets; these brokers offer nothing that could be asked for instead.
TEST_F(GroupSyncTest, LeavesShareGroupsToTheirOwnSync_AndGoesOnWithTheOthers) {
    source_.groups.groups["not-me"] = {"Stable", -1, 0, "share"};
    source_.groups.groups["billing"] = {"Stable", 40};
    loop_.advance(seconds(2));
    EXPECT_EQ(sync_.problem(), "");
    source_.groups.groups["shipping"] = {"Stable", 40, 0, "share"};
    source_.groups.groups["billing"].offset = 50;
    loop_.advance(seconds(2));
    EXPECT_EQ(sync_.problem(), "");
    EXPECT_THAT(sync_.share_problem(), HasSubstr("DescribeShareGroupOffsets"));
    EXPECT_THAT(target_.groups.commits, ElementsAre("billing 40", "billing 50"));
    EXPECT_EQ(sync_.groups().size(), 1U);
}

// Offsets expire by the time of their commit.
TEST_F(GroupSyncTest, CommitsAgainInTime_WhatDoesNotMove) {
    source_.groups.groups["billing"] = {"Empty", 40};
    loop_.advance(minutes(9));
    EXPECT_LE(target_.groups.commits.size(), 2U);
    const size_t before = target_.groups.commits.size();
    loop_.advance(minutes(11));
    EXPECT_EQ(target_.groups.commits.size(), before + 1);
    EXPECT_EQ(target_.groups.commits.back(), "billing 40");
}

TEST_F(GroupSyncTest, CommitsAgainInTime_WhereTheTargetForgetsSoon) {
    target_.groups.retention_minutes = "1";
    source_.groups.groups["billing"] = {"Empty", 40};
    loop_.advance(seconds(3));
    const size_t before = target_.groups.commits.size();
    loop_.advance(seconds(50));
    EXPECT_GE(target_.groups.commits.size(), before + 2);
    EXPECT_LE(target_.groups.commits.size(), before + 4);
}

TEST_F(GroupSyncTest, LeavesGroupsAlone_WhereTheOrderOfRecordsDiffers) {
    is_mixed_ = true;
    source_.groups.groups["billing"] = {"Stable", 40};
    target_.groups.groups["billing"] = {"Empty", 90};
    loop_.advance(seconds(5));
    EXPECT_THAT(target_.groups.commits, IsEmpty());
    EXPECT_THAT(source_.groups.commits, IsEmpty());
    ASSERT_EQ(sync_.groups().size(), 1U);
    EXPECT_EQ(sync_.groups()[0].partitions, 1U);
    EXPECT_EQ(sync_.groups()[0].exact, 0U);
    EXPECT_THAT(sync_.groups()[0].note, HasSubstr("another order on each"));
}

}  // namespace
}  // namespace lockstep::replication
