#include "replication/share_group_sync.h"

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "tests/unit/support/fake_log.h"
#include "tests/unit/support/fake_share_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Uuid kTopicId{{9}};

int16_t number(KafkaError error) {
    return static_cast<int16_t>(error);
}

/// Two clusters whose share groups read partition 0 of "orders", with offsets 0 to 100 on both.
class ShareGroupSyncTest : public testing::Test {
protected:
    ShareGroupSyncTest() {
        log::set_level(log::Level::off);
        for (Side* side : {&source_, &target_}) {
            side->broker.metadata = test::metadata_of(side->name, 1, {{"orders", kTopicId, {1}}});
            const auto refreshed = test::run(loop_, side->cluster.refresh_metadata(nullptr, {}));
            EXPECT_TRUE(refreshed.has_value());
        }
    }

    ~ShareGroupSyncTest() override {
        test::run(loop_, source_.cluster.close());
        test::run(loop_, target_.cluster.close());
        log::set_level(log::Level::info);
    }

    struct Side {
        Side(test::ManualLoop& loop, test::ScriptedNetwork& network, const char* name_)
            : name(name_),
              broker(network, {name_, 1}),
              log(loop, broker, {"orders", kTopicId, {1}}),
              runtime{loop, network, rng},
              cluster(runtime, ClusterSpec{name_, {{name_, 1}}}, {}) {}
        std::string name;
        Rng rng{1};
        test::FakeBroker broker;
        test::FakeLog log;
        test::FakeShareGroups groups{broker, {"orders", kTopicId, {1}}};
        runtime::Runtime runtime;
        client::Cluster cluster;
        ShareGroupSync::Listed listed;

        void has(const std::string& group, const std::string& state) {
            listed[group] = {BrokerId(1), state, "share"};
            groups.states[group] = state;
        }
    };

    std::optional<PartitionRanges> ranges_of(const TopicPartition& id) const {
        if (id.topic != "orders" || !is_copied_) {
            return std::nullopt;
        }
        return PartitionRanges{{Offset(0), Offset(100)}, {Offset(0), target_end_}};
    }

    /// "" or what went wrong.
    std::string look() {
        const auto looked = test::run(loop_, sync_.look(source_.listed, target_.listed, {}));
        return looked.has_error() ? looked.error().message() : "";
    }

    GroupStatus status() const {
        EXPECT_EQ(sync_.groups().size(), 1U);
        return sync_.groups().empty() ? GroupStatus{} : sync_.groups().front();
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Side source_{loop_, network_, "src"};
    Side target_{loop_, network_, "dst"};
    Offset target_end_{100};
    bool is_copied_ = true;
    ShareGroupSync sync_{source_.cluster, target_.cluster, {}, [this](const TopicPartition& id) {
                             return ranges_of(id);
                         }};
};

TEST_F(ShareGroupSyncTest, MakesTheGroupOnTheTarget_AtWhatIsNotFinished) {
    source_.has("billing", "Stable");
    source_.groups.groups["billing"] = {10, {{10, 39}, {45, 50}}};
    EXPECT_EQ(look(), "");
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 40"));
    EXPECT_THAT(source_.groups.changes, IsEmpty());
    EXPECT_EQ(status().type, "share");
    EXPECT_EQ(status().exact, 1U);
    EXPECT_TRUE(status().is_active_at_source);
    EXPECT_EQ(status().note, "");
}

TEST_F(ShareGroupSyncTest, ChangesNothing_WhereAllIsTheSame) {
    for (Side* side : {&source_, &target_}) {
        side->has("billing", "Empty");
        side->groups.groups["billing"] = {40};
    }
    look();
    look();
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    EXPECT_EQ(status().exact, 1U);
}

TEST_F(ShareGroupSyncTest, FollowsAGroupThatHasMoved_AndBack) {
    source_.has("billing", "Empty");
    source_.groups.groups["billing"] = {40};
    look();
    target_.has("billing", "Stable");
    target_.groups.groups["billing"].done = {{40, 59}};
    look();
    EXPECT_THAT(source_.groups.changes, ElementsAre("billing 60"));
    target_.has("billing", "Empty");
    source_.has("billing", "Stable");
    source_.groups.groups["billing"].done = {{60, 69}};
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 40", "billing 70"));
}

TEST_F(ShareGroupSyncTest, GoesNoFurtherThanTheTargetsLog) {
    target_end_ = Offset(25);
    source_.has("billing", "Stable");
    source_.groups.groups["billing"] = {40};
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 25"));
    EXPECT_EQ(status().behind_records, 15);
    EXPECT_THAT(status().note, HasSubstr("does not reach"));
}

TEST_F(ShareGroupSyncTest, LeavesAGroupAlone_ThatHasMembersOnBoth) {
    source_.has("billing", "Stable");
    target_.has("billing", "Stable");
    source_.groups.groups["billing"] = {40};
    target_.groups.groups["billing"] = {60};
    look();
    EXPECT_THAT(source_.groups.changes, IsEmpty());
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    EXPECT_THAT(status().note, HasSubstr("members on both"));
}

TEST_F(ShareGroupSyncTest, IsNotDisturbed_ByMembersThatComeMeanwhile) {
    source_.has("billing", "Stable");
    source_.groups.groups["billing"] = {40};
    target_.groups.change_error = number(KafkaError::non_empty_group);
    EXPECT_EQ(look(), "");
    EXPECT_EQ(status().note, "");
}

// The group has gone back to the source since it was listed, and has read on there.
TEST_F(ShareGroupSyncTest, IsNotMisled_ByAListThatIsOlderThanTheOffsets) {
    for (Side* side : {&source_, &target_}) {
        side->has("billing", "Empty");
        side->groups.groups["billing"] = {50};
    }
    look();
    source_.groups.groups["billing"] = {60};
    target_.listed["billing"].state = "Stable";
    look();
    EXPECT_THAT(source_.groups.changes, IsEmpty());
    target_.listed["billing"].state = "Empty";
    look();
    EXPECT_THAT(source_.groups.changes, IsEmpty());
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 60"));
}

TEST_F(ShareGroupSyncTest, DoesNotTakeARefusedChangeForDone) {
    for (Side* side : {&source_, &target_}) {
        side->has("billing", "Empty");
        side->groups.groups["billing"] = {50};
    }
    look();
    source_.groups.groups["billing"] = {60};
    target_.groups.change_error = number(KafkaError::non_empty_group);
    look();
    target_.groups.change_error = 0;
    look();
    EXPECT_THAT(source_.groups.changes, IsEmpty());
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 60 refused", "billing 60"));
}

TEST_F(ShareGroupSyncTest, SaysWhyATargetDoesNotTakeIt_AndTriesAgain) {
    source_.has("billing", "Empty");
    source_.groups.groups["billing"] = {40};
    target_.groups.change_error = number(KafkaError::unsupported_version);
    look();
    EXPECT_THAT(status().note, HasSubstr("UNSUPPORTED_VERSION"));
    target_.groups.change_error = 0;
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 40 refused", "billing 40"));
    EXPECT_EQ(status().note, "");
}

TEST_F(ShareGroupSyncTest, LooksOnlyAtPartitionsOfTheLink) {
    source_.has("billing", "Stable");
    source_.groups.groups["billing"] = {40};
    is_copied_ = false;
    EXPECT_EQ(look(), "");
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    EXPECT_THAT(sync_.groups(), IsEmpty());
    EXPECT_EQ(source_.groups.reads, 0);
}

// Offsets 20 and 30 to 33 have no record: the copy of a marker, and a hole.
TEST_F(ShareGroupSyncTest, PassesOverOffsetsWithoutRecords_OnceTheGroupHasNoMembers) {
    source_.log.append(test::make_batch(0, 20));
    protocol::ControlMarker marker;
    marker.offset = Offset(20);
    source_.log.append(protocol::make_control_batch(marker));
    source_.log.append(test::make_batch(21, 9));
    source_.log.append(test::make_batch(34, 10));
    source_.has("billing", "Stable");
    source_.groups.groups["billing"] = {5, {{5, 19}, {21, 29}, {34, 39}}};
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 20"));
    source_.has("billing", "Empty");
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 20", "billing 40"));
    look();
    EXPECT_EQ(source_.broker.count(protocol::ApiKey::fetch), 1);  // nothing has changed since
}

TEST_F(ShareGroupSyncTest, StopsAtARecordThatIsNotFinished_InTheLog) {
    source_.log.append(test::make_batch(0, 50));
    source_.has("billing", "Empty");
    source_.groups.groups["billing"] = {5, {{5, 19}, {22, 22, 0}, {30, 39}}};
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 20"));
}

// A leader that is new may not show all that was delivered: this is no proof of anything.
TEST_F(ShareGroupSyncTest, WaitsForTheLog_ThatIsNotShownToItsEnd) {
    source_.log.append(test::make_batch(0, 5));
    source_.has("billing", "Empty");
    source_.groups.groups["billing"] = {5, {{6, 19}}};
    look();
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    EXPECT_THAT(status().note, HasSubstr("where it stands in orders-0 is not known"));
    source_.log.append(test::make_batch(6, 30));
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 20"));
}

// Brokers tell of no start offset also when they cannot find it out.
TEST_F(ShareGroupSyncTest, DoesNotTakeATargetForNew_ThatHadAStart) {
    for (Side* side : {&source_, &target_}) {
        side->has("billing", "Empty");
        side->groups.groups["billing"] = {40};
    }
    look();
    target_.groups.groups["billing"].start = -1;
    look();
    look();
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    target_.groups.groups["billing"].start = 60;
    look();
    EXPECT_THAT(source_.groups.changes, ElementsAre("billing 60"));
}

TEST_F(ShareGroupSyncTest, TakesTwoLooks_ToBelieveThatATargetHasNoStart) {
    source_.has("billing", "Empty");
    source_.groups.groups["billing"] = {40};
    target_.has("billing", "Empty");
    target_.groups.groups["billing"] = {-1};
    look();
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 40"));
}

TEST_F(ShareGroupSyncTest, LeavesAGroupAlone_ThatIsNotToldOf) {
    for (Side* side : {&source_, &target_}) {
        side->has("billing", "Empty");
    }
    source_.groups.groups["billing"] = {40};
    target_.groups.groups["billing"] = {60};
    target_.groups.tells_groups = false;
    look();
    EXPECT_THAT(status().note, HasSubstr("dst is silent on it"));
    target_.groups.tells_groups = true;
    target_.groups.groups["billing"].error = number(KafkaError::group_authorization_failed);
    look();
    EXPECT_THAT(status().note, HasSubstr("GROUP_AUTHORIZATION_FAILED"));
    target_.groups.groups["billing"].error = 0;
    target_.groups.groups["billing"].partition_error = number(KafkaError::not_coordinator);
    look();
    EXPECT_THAT(status().note, HasSubstr("not known just now"));
    EXPECT_THAT(target_.groups.changes, IsEmpty());
    EXPECT_THAT(source_.groups.changes, IsEmpty());
}

TEST_F(ShareGroupSyncTest, GoesByWhatKafkaTells_WhereTheRightIsMissing_AndSaysSo) {
    source_.has("billing", "Stable");
    source_.groups.groups["billing"] = {10, {{10, 39}}};
    source_.groups.groups["billing"].state_error = number(KafkaError::cluster_authorization_failed);
    look();
    EXPECT_THAT(target_.groups.changes, ElementsAre("billing 10"));
    EXPECT_THAT(status().note, HasSubstr("may be delivered again"));
    EXPECT_THAT(status().note, HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
}

}  // namespace
}  // namespace lockstep::replication
