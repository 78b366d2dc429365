#include "client/share_state_reader.h"

#include "protocol/kafka_error.h"
#include "tests/unit/client/two_brokers.h"
#include "tests/unit/support/fake_share_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using protocol::KafkaError;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Uuid kTopicId{{1, 2, 3}};
const TopicPartition kPartition{"orders", PartitionIndex(0)};

int16_t number(KafkaError error) {
    return static_cast<int16_t>(error);
}

/// Broker 1 coordinates all groups and keeps their delivery state.
class ShareStateReaderTest : public TwoBrokersTest {
protected:
    ShareStateReaderTest() {
        broker1_.hang_up();  // what it offers has changed since it was asked
        loop_.settle();
    }
    ~ShareStateReaderTest() override { test::run(loop_, cluster_.close()); }

    Result<ShareStarts> described(const std::string& group) {
        auto told = test::run(loop_, describe_share_groups(cluster_, BrokerId(1), {group}, {}));
        EXPECT_TRUE(told.has_value());
        return told->at(group);
    }

    ShareStart read(const std::string& group) {
        ShareGroupStarts starts;
        starts.emplace(group, described(group));
        auto read = test::run(loop_, reader_.read(std::move(starts), {}));
        EXPECT_TRUE(read.has_value());
        return read->at(group)->at(kPartition);
    }

    test::FakeShareGroups groups_{broker1_, {"orders", kTopicId, {1}}};
    ShareStateReader reader_{cluster_};
};

TEST_F(ShareStateReaderTest, Describe_TellsStarts_AndWhereThereIsNone) {
    groups_.groups["billing"] = {40};
    groups_.groups["fresh"] = {-1};
    EXPECT_EQ(described("billing")->at(kPartition).offset, Offset(40));
    EXPECT_EQ(described("billing")->at(kPartition).topic_id, kTopicId);
    EXPECT_EQ(described("fresh")->at(kPartition).offset, std::nullopt);
    EXPECT_FALSE(described("fresh")->at(kPartition).error);
}

TEST_F(ShareStateReaderTest, Describe_KeepsErrorsWithWhatTheyBelongTo) {
    groups_.groups["hidden"].error = number(KafkaError::group_authorization_failed);
    groups_.groups["away"].partition_error = number(KafkaError::not_leader_or_follower);
    ASSERT_TRUE(described("hidden").has_error());
    EXPECT_THAT(described("hidden").error().message(), HasSubstr("share group hidden on eu"));
    EXPECT_EQ(described("away")->at(kPartition).error, KafkaError::not_leader_or_follower);
}

TEST_F(ShareStateReaderTest, Read_AddsWhatWasDelivered_InOrder) {
    groups_.groups["billing"] = {40, {{50, 52, 0}, {40, 49}, {53, 60, 4}}};
    const ShareStart start = read("billing");
    EXPECT_EQ(start.offset, Offset(40));
    EXPECT_THAT(start.delivered, ElementsAre(DeliveredRange{Offset(40), Offset(49), true},
                                             DeliveredRange{Offset(50), Offset(52), false},
                                             DeliveredRange{Offset(53), Offset(60), true}));
    EXPECT_EQ(reader_.refusal(), "");
}

TEST_F(ShareStateReaderTest, Read_AsksForNothing_WhereThereIsNoStart) {
    groups_.groups["fresh"] = {-1};
    EXPECT_EQ(read("fresh").offset, std::nullopt);
    EXPECT_EQ(groups_.reads, 0);
}

TEST_F(ShareStateReaderTest, Read_SaysOfEachPartition_WhyItIsNotKnown) {
    groups_.groups["fenced"] = {40};
    groups_.groups["fenced"].state_error = number(KafkaError::fenced_leader_epoch);
    groups_.groups["loading"] = {40};
    groups_.groups["loading"].coordinator_error = number(KafkaError::coordinator_not_available);
    EXPECT_EQ(read("fenced").error, KafkaError::fenced_leader_epoch);
    EXPECT_EQ(read("loading").error, KafkaError::coordinator_not_available);
    EXPECT_EQ(reader_.refusal(), "");
}

TEST_F(ShareStateReaderTest, Read_LeavesStartsAsTold_WhileTheRightIsMissing) {
    groups_.groups["billing"] = {40, {{40, 49}}};
    groups_.groups["billing"].state_error = number(KafkaError::cluster_authorization_failed);
    const ShareStart start = read("billing");
    EXPECT_EQ(start.offset, Offset(40));
    EXPECT_FALSE(start.error);
    EXPECT_TRUE(start.delivered.empty());
    EXPECT_THAT(reader_.refusal(), HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    read("billing");
    EXPECT_EQ(groups_.reads, 1);  // it is not asked for all the time

    groups_.groups["billing"].state_error = 0;
    loop_.advance(seconds(11));
    EXPECT_EQ(read("billing").delivered.size(), 1U);
    EXPECT_EQ(reader_.refusal(), "");
}

TEST_F(ShareStateReaderTest, Read_LeavesStartsAsTold_WhereCoordinatorsAreNotToBeKnown) {
    groups_.groups["billing"] = {40};
    groups_.groups["billing"].coordinator_error = number(KafkaError::cluster_authorization_failed);
    EXPECT_EQ(read("billing").offset, Offset(40));
    EXPECT_THAT(reader_.refusal(), HasSubstr("find the coordinators of share groups on eu"));
}

TEST_F(ShareStateReaderTest, Alter_SaysWhatFailed) {
    groups_.change_error = number(KafkaError::non_empty_group);
    ShareGroupChange change{"billing", BrokerId(1), {{kPartition, Offset(17)}}};
    const auto changed = test::run(loop_, alter_share_group(cluster_, std::move(change), {}));
    ASSERT_TRUE(changed.has_error());
    EXPECT_EQ(changed.error().code, KafkaError::non_empty_group);
    EXPECT_THAT(changed.error().message(), HasSubstr("share group billing on eu"));
    EXPECT_THAT(groups_.changes, ElementsAre("billing 17 refused"));
}

}  // namespace
}  // namespace lockstep::client
