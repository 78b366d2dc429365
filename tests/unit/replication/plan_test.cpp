#include "replication/plan.h"

#include "model/tagged_producer_id.h"
#include "protocol/messages/describe_configs.h"
#include "tests/unit/replication/two_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using test::make_batch;
using test::ReceivedRequest;
using testing::HasSubstr;

/// Plans a link of the topic "orders" between two clusters in memory.
class PlanTest : public TwoClustersTest {
protected:
    PlanTest() {
        for (test::FakeBroker* broker : {&source_, &target_}) {
            broker->on(ApiKey::describe_configs, [](const ReceivedRequest& request) {
                request.answer(protocol::DescribeConfigsResponse{});
            });
        }
    }

    LinkPlan plan() {
        return test::run(loop_, plan_link(runtime_, cluster_specs(), link_spec(), {}));
    }

    /// The plan of partition 0.
    PlannedPartition plan_partition() {
        const LinkPlan whole = plan();
        EXPECT_EQ(whole.problem, "");
        EXPECT_EQ(whole.topics.size(), 1U);
        return whole.topics.at(0).partitions.at(0);
    }

    void copy_to_target(int64_t base_offset) {
        const ProducerId stream =
            tagged_producer_id(origin_tag("src-id"), id_of(1), {"orders", PartitionIndex(0)});
        Bytes copy = make_batch(base_offset, 10);
        const auto rewritten = protocol::rewrite_for_produce(
            copy, {stream, ProducerEpoch(0), Sequence(static_cast<int32_t>(base_offset))});
        ASSERT_TRUE(rewritten.has_value());
        target_log_.append_produced(copy);
    }
};

TEST_F(PlanTest, SaysWhereItWouldGoOn) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(10, 10));
    copy_to_target(0);
    const LinkPlan whole = plan();
    EXPECT_EQ(whole.source_cluster_id, "src-id");
    EXPECT_EQ(whole.target_cluster_id, "dst-id");
    ASSERT_EQ(whole.topics.size(), 1U);
    EXPECT_EQ(whole.topics[0].action, PlannedTopic::Action::go_on);
    const PlannedPartition& partition = whole.topics[0].partitions.at(0);
    EXPECT_EQ(partition.blocked, "");
    EXPECT_EQ(partition.next_offset, 10);
    EXPECT_EQ(partition.records_to_copy, 10);
}

TEST_F(PlanTest, SaysWhatIsInTheWay) {
    source_log_.append(make_batch(0, 10));
    target_log_.append(make_batch(0, 4));
    EXPECT_THAT(plan_partition().blocked, HasSubstr("was written by someone else"));
}

TEST_F(PlanTest, Creates_WhatTheTargetLacks) {
    target_.metadata = test::metadata_of("dst", 1, {});
    source_log_.append(make_batch(0, 10));
    const LinkPlan whole = plan();
    EXPECT_EQ(whole.topics.at(0).action, PlannedTopic::Action::create);
    EXPECT_EQ(whole.topics.at(0).replication_factor, 1);
    EXPECT_EQ(whole.topics.at(0).partitions.at(0).records_to_copy, 10);
    EXPECT_EQ(target_.count(ApiKey::create_topics), 0);
}

TEST_F(PlanTest, Grows_WhatHasFewerPartitions) {
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1, 1}, 0}});
    const LinkPlan whole = plan();
    EXPECT_EQ(whole.topics.at(0).action, PlannedTopic::Action::grow);
    EXPECT_EQ(whole.topics.at(0).partitions.size(), 2U);
}

TEST_F(PlanTest, NamesTheTopicsOfItsOwn) {
    source_log_.append(make_batch(0, 10));
    EXPECT_EQ(plan().own_topics, (std::vector<std::string>{"__lockstep_followed"}));
}

TEST_F(PlanTest, TellsOfEntriesWithoutATopic) {
    source_.metadata = test::metadata_of("src", 1, {{"ordres", id_of(1), {1}, 0}});
    EXPECT_EQ(plan().unmatched, (std::vector<UnmatchedEntry>{{"orders", "ordres"}}));
}

TEST_F(PlanTest, SaysWhy_WhenThereIsNoPlan) {
    network_.refuse({"dst", 1});
    EXPECT_THAT(plan().problem, HasSubstr("target: cluster dst"));
    EXPECT_TRUE(plan().source_round_trip_ms.has_value());
    EXPECT_FALSE(plan().target_round_trip_ms.has_value());
}

TEST_F(PlanTest, SaysWhoAnswers_WhenTheSourceDoesNot) {
    network_.refuse({"src", 1});
    const LinkPlan whole = plan();
    EXPECT_THAT(whole.problem, HasSubstr("source: cluster src"));
    EXPECT_FALSE(whole.source_round_trip_ms.has_value());
    EXPECT_TRUE(whole.target_round_trip_ms.has_value());
}

// The plan of a link that is running: both logs grow while they are looked at.
TEST_F(PlanTest, IsNotMisled_WhenBothLogsGrowMeanwhile) {
    source_log_.append(make_batch(0, 10));
    copy_to_target(0);
    int looks = 0;
    source_log_.on_list_offsets = target_log_.on_list_offsets = [&] {
        if (++looks == 3) {
            source_log_.append(make_batch(10, 10));
            copy_to_target(10);
        }
    };
    EXPECT_EQ(plan_partition().blocked, "");
}

}  // namespace
}  // namespace lockstep::replication
