#include "replication/plan.h"

#include "client/admin.h"
#include "model/tagged_producer_id.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/describe_log_dirs.h"
#include "tests/unit/replication/two_clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::ApiKey;
using test::make_batch;
using test::ReceivedRequest;
using testing::HasSubstr;

constexpr StartRule kLatest{StartRule::Kind::latest, 0};

StartRule since_record(int64_t offset) {
    return {StartRule::Kind::timestamp, test::kRecordTimeMs + offset};
}

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

    LinkPlan plan(LinkSpec spec = link_spec()) {
        return test::run(loop_, plan_link(runtime_, cluster_specs(), std::move(spec), {}));
    }

    /// The plan of partition 0.
    PlannedPartition plan_partition(LinkSpec spec = link_spec()) {
        const LinkPlan whole = plan(std::move(spec));
        EXPECT_EQ(whole.problem, "");
        EXPECT_EQ(whole.topics.size(), 1U);
        return whole.topics.at(0).partitions.at(0);
    }

    static LinkSpec begins(OffsetsMode offsets, StartRule start) {
        LinkSpec spec = link_spec();
        spec.offsets = offsets;
        spec.start = start;
        return spec;
    }

    /// The source, which has 20 records, finds them by their times.
    void answer_times() {
        source_.on(ApiKey::list_offsets, [](const ReceivedRequest& request) {
            protocol::ListOffsetsResponse response;
            for (const auto& topic : request.as<protocol::ListOffsetsRequest>().topics) {
                auto& entry = response.topics.emplace_back();
                entry.name = topic.name;
                for (const auto& partition : topic.partitions) {
                    const int64_t by_time = partition.timestamp - test::kRecordTimeMs;
                    auto& answered = entry.partitions.emplace_back();
                    answered.partition_index = partition.partition_index;
                    answered.offset = partition.timestamp == client::kEarliestOffset ? 0
                                      : partition.timestamp == client::kLatestOffset ? 20
                                      : by_time < 20                                 ? by_time
                                                                                     : -1;
                }
            }
            request.answer(response);
        });
    }

    /// Of the source's partition, as its broker tells it.
    void set_size(int64_t bytes) {
        auto& api = source_.versions.api_keys.emplace_back();
        api.api_key = static_cast<int16_t>(ApiKey::describe_log_dirs);
        api.max_version = 2;
        source_.on(ApiKey::describe_log_dirs, [bytes](const ReceivedRequest& request) {
            protocol::DescribeLogDirsResponse response;
            auto& topic = response.results.emplace_back().topics.emplace_back();
            topic.name = "orders";
            topic.partitions.emplace_back().partition_size = bytes;
            request.answer(response);
        });
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

TEST_F(PlanTest, BeginsWhereTheLinkIsToldTo) {
    answer_times();
    source_log_.append(make_batch(0, 20));
    for (const OffsetsMode offsets : {OffsetsMode::preserve, OffsetsMode::translate}) {
        const PlannedPartition latest = plan_partition(begins(offsets, kLatest));
        EXPECT_EQ(latest.blocked, "");
        EXPECT_EQ(latest.next_offset, 20);
        EXPECT_EQ(latest.records_to_copy, 0);
        const PlannedPartition since = plan_partition(begins(offsets, since_record(15)));
        EXPECT_EQ(since.next_offset, 15);
        EXPECT_EQ(since.records_to_copy, 5);
        const PlannedPartition too_late = plan_partition(begins(offsets, since_record(99)));
        EXPECT_EQ(too_late.next_offset, 20) << "all are older";
    }
}

TEST_F(PlanTest, CountsBytesFromWhereItBegins) {
    answer_times();
    set_size(2000);
    source_log_.append(make_batch(0, 20));
    EXPECT_EQ(plan_partition().bytes_to_copy, 2000);
    const LinkSpec late = begins(OffsetsMode::preserve, since_record(15));
    EXPECT_EQ(plan_partition(late).bytes_to_copy, 500);
}

TEST_F(PlanTest, NeedsFillerForWhereItBegins_AndNotForWhereTheSourceDoes) {
    source_log_.append(make_batch(0, 20));
    LinkSpec latest = begins(OffsetsMode::automatic, kLatest);
    latest.max_filler_bytes = 0;
    EXPECT_THAT(plan_partition(latest).translated_why, HasSubstr("starts at offset 20"));
    latest.offsets = OffsetsMode::preserve;
    EXPECT_THAT(plan_partition(latest).blocked, HasSubstr("starts at offset 20"));
    latest.start = {};
    EXPECT_EQ(plan_partition(latest).blocked, "");
}

TEST_F(PlanTest, GoesOnWithWhatWasBegun_WhereverNewCopiesWouldBegin) {
    source_log_.append(make_batch(0, 20));
    copy_to_target(0);
    const PlannedPartition begun = plan_partition(begins(OffsetsMode::preserve, kLatest));
    EXPECT_EQ(begun.next_offset, 10);
    EXPECT_EQ(begun.records_to_copy, 10);
}

TEST_F(PlanTest, SaysSo_WhereTheTargetHasNoLeader) {
    source_log_.append(make_batch(0, 10));
    copy_to_target(0);
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {-1}, 0}});
    const PlannedPartition partition = plan_partition();
    EXPECT_THAT(partition.blocked, HasSubstr("it has no leader on dst"));
    EXPECT_EQ(partition.records_to_copy, 0) << "it is not empty";
}

TEST_F(PlanTest, LooksWhetherTheTargetTakesMarkers_WhereOffsetsAreToBeKept) {
    target_log_.refuse_markers_with =
        static_cast<int16_t>(protocol::KafkaError::cluster_authorization_failed);
    LinkSpec spec = link_spec();
    EXPECT_THAT(plan(spec).marker_problem, HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    spec.offsets = OffsetsMode::automatic;
    EXPECT_THAT(plan(spec).marker_problem, HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    spec.offsets = OffsetsMode::translate;
    EXPECT_EQ(plan(spec).marker_problem, "") << "it needs none";
}

TEST_F(PlanTest, HasNoPlan_WhereTheTargetDoesNotSayWhetherItTakesMarkers) {
    std::vector<ReceivedRequest> unanswered;
    target_.hold(ApiKey::write_txn_markers, unanswered);
    EXPECT_THAT(plan().problem, HasSubstr("target: "));
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
