// What a link tells of itself: the topic "orders" with one partition.

#include "protocol/kafka_error.h"
#include "protocol/messages/create_partitions.h"
#include "tests/unit/replication/one_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;
using std::chrono::seconds;
using test::make_batch;
using testing::HasSubstr;

class LinkStatusTest : public OneLinkTest {
protected:
    void start_and_run(runtime::Duration duration = seconds(3)) {
        start_link(link_spec());
        loop_.advance(duration);
    }

    PartitionState state() const { return link_->status().partitions.at(0).state; }
};

TEST_F(LinkStatusTest, TellsOfAnEntry_ThatMatchesNoTopic_UntilThereIsOne) {
    source_.metadata = test::metadata_of("src", 1, {{"ordres", id_of(1), {1}, 0}});
    start_and_run();
    EXPECT_EQ(link_->status().unmatched, (std::vector<UnmatchedEntry>{{"orders", "ordres"}}));
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1}, 0}});
    loop_.advance(seconds(10));
    EXPECT_TRUE(link_->status().unmatched.empty());
}

TEST_F(LinkStatusTest, CountsNoErrors_WhileANewTopicIsNotKnownToAllBrokers) {
    source_log_.append(make_batch(0, 10));
    target_log_.refuse_list_offsets_with =
        static_cast<int16_t>(KafkaError::unknown_topic_or_partition);
    start_and_run(seconds(5));
    EXPECT_EQ(state(), PartitionState::retrying);
    EXPECT_EQ(link_->status().errors, 0U);
    target_log_.refuse_list_offsets_with = 0;
    loop_.advance(seconds(5));
    EXPECT_EQ(target_log_.end, 10);
    EXPECT_EQ(link_->status().errors, 0U);
    EXPECT_FALSE(link_->status().last_error.has_value());
}

TEST_F(LinkStatusTest, TellsOfPartitions_ThatTheTargetRefuses) {
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1, 1}, 0}});
    auto refused_with = KafkaError::policy_violation;
    target_.on(protocol::ApiKey::create_partitions, [&](const test::ReceivedRequest& request) {
        protocol::CreatePartitionsResponse response;
        auto& result = response.results.emplace_back();
        result.name = "orders";
        result.error_code = static_cast<int16_t>(refused_with);
        if (refused_with == KafkaError::none) {
            target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1, 1}, 0}});
        }
        request.answer(response);
    });
    open_link(link_spec());
    EXPECT_EQ(link_->status().around.growth.state, FollowState::starting);
    link_->start();
    loop_.advance(seconds(3));
    const FollowStatus refused = link_->status().around.growth;
    EXPECT_EQ(refused.state, FollowState::drifted);
    ASSERT_EQ(refused.drift.size(), 1U);
    EXPECT_EQ(refused.drift[0].resource, "orders");
    EXPECT_EQ(refused.drift[0].wanted, "2");
    EXPECT_EQ(refused.drift[0].found, "1");
    EXPECT_THAT(refused.drift[0].reason, HasSubstr("POLICY_VIOLATION"));
    refused_with = KafkaError::none;
    loop_.advance(seconds(3));
    const FollowStatus grown = link_->status().around.growth;
    EXPECT_EQ(grown.state, FollowState::in_step);
    EXPECT_EQ(grown.in_step, 1U);
    EXPECT_EQ(grown.changes, 1U);
    stop();
}

TEST_F(LinkStatusTest, TellsOfTheLastError) {
    target_log_.refuse_list_offsets_with =
        static_cast<int16_t>(KafkaError::unknown_topic_or_partition);
    start_and_run(seconds(30));
    EXPECT_GE(link_->status().errors, 1U);
    ASSERT_TRUE(link_->status().last_error.has_value());
    EXPECT_THAT(link_->status().last_error->what, HasSubstr("list the offsets of orders-0 on dst"));
    EXPECT_GT(link_->status().last_error->at_ms, 0);
}

}  // namespace
}  // namespace lockstep::replication
