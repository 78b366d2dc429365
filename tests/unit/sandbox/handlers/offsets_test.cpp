#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "tests/unit/sandbox/group_bench.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

using namespace std::chrono_literals;
using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;
using protocol::KafkaError;
using protocol::OffsetCommitRequest;
using protocol::OffsetDeleteRequest;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

constexpr char kGroup[] = "billing";
constexpr int16_t kByName = 9;
constexpr ProducerId kProducer{77};
const TopicPartition kOrders{"orders", PartitionIndex(0)};

OffsetCommitRequest committing(int64_t offset, const std::string& topic = "orders") {
    OffsetCommitRequest request;
    request.group_id = kGroup;
    auto& asked = request.topics.emplace_back();
    asked.name = topic;
    auto& partition = asked.partitions.emplace_back();
    partition.committed_offset = offset;
    partition.committed_leader_epoch = 3;
    partition.committed_metadata = "note";
    return request;
}

OffsetFetchRequest fetching() {
    OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = kGroup;
    auto& topic = group.topics->emplace_back();
    topic.name = "orders";
    topic.partition_indexes = {0};
    return request;
}

/// What a consumer of `orders` subscribes with.
Bytes subscription() {
    return {0, 0, 0, 0, 0, 1, 0, 6, 'o', 'r', 'd', 'e', 'r', 's', 0xff, 0xff, 0xff, 0xff};
}

class OffsetsTest : public ::testing::Test {
protected:
    OffsetsTest() {
        bench.cluster.create_topic("orders", 2, 1);
        bench.cluster.create_topic("bills", 1, 1);
    }

    KafkaError commit(const OffsetCommitRequest& request, int16_t version = kByName) {
        const auto answer = bench.ask(kGroup, request, version);
        return static_cast<KafkaError>(answer.topics.at(0).partitions.at(0).error_code);
    }
    OffsetFetchResponse::OffsetFetchResponsePartitions fetch(bool requires_stable = false) {
        OffsetFetchRequest request = fetching();
        request.require_stable = requires_stable;
        return bench.ask(kGroup, request, kByName).groups.at(0).topics.at(0).partitions.at(0);
    }
    JoinGroupResponse join(const std::string& type = "consumer") {
        JoinGroupRequest request;
        request.group_id = kGroup;
        request.session_timeout_ms = 10'000;
        request.rebalance_timeout_ms = 10'000;
        request.protocol_type = type;
        request.protocols.emplace_back().name = "range";
        request.protocols.back().metadata = subscription();
        return bench.ask(kGroup, request, 3);
    }
    void sync(const JoinGroupResponse& joined) {
        protocol::SyncGroupRequest request;
        request.group_id = kGroup;
        request.generation_id = joined.generation_id;
        request.member_id = joined.member_id;
        request.protocol_type = "consumer";
        request.protocol_name = joined.protocol_name;
        EXPECT_EQ(bench.ask(kGroup, request).error_code, 0);
    }
    void leave(const JoinGroupResponse& joined) {
        protocol::LeaveGroupRequest request;
        request.group_id = kGroup;
        request.members.emplace_back().member_id = joined.member_id;
        bench.ask(kGroup, request);
    }
    OffsetCommitRequest committing_as(const JoinGroupResponse& joined) {
        OffsetCommitRequest request = committing(5);
        request.member_id = joined.member_id;
        request.generation_id_or_member_epoch = joined.generation_id;
        return request;
    }
    protocol::ConsumerGroupHeartbeatResponse beat(int32_t epoch) {
        protocol::ConsumerGroupHeartbeatRequest request;
        request.group_id = kGroup;
        request.member_id = "a";
        request.member_epoch = epoch;
        request.rebalance_timeout_ms = 10'000;
        request.subscribed_topic_names = {"orders"};
        request.topic_partitions.emplace();
        return bench.ask(kGroup, request);
    }
    void pass(std::chrono::hours time) {
        bench.loop.advance(time);
        bench.cluster.clean_up();
    }

    GroupBench bench;
};

TEST_F(OffsetsTest, WhatIsCommittedFromOutsideIsFetched) {
    EXPECT_EQ(commit(committing(17)), KafkaError::none);
    const auto fetched = fetch();
    EXPECT_EQ(fetched.committed_offset, 17);
    EXPECT_EQ(fetched.committed_leader_epoch, 3);
    EXPECT_EQ(fetched.metadata, "note");
    EXPECT_EQ(fetched.error_code, 0);
}

TEST_F(OffsetsTest, NothingIsMinusOne) {
    EXPECT_EQ(fetch().committed_offset, -1);
    EXPECT_EQ(fetch().error_code, 0);
    EXPECT_EQ(bench.cluster.groups().find(kGroup), nullptr);
}

TEST_F(OffsetsTest, TopicsGoByIdFromVersion10On) {
    OffsetCommitRequest request = committing(17);
    request.topics.at(0).topic_id = bench.cluster.find_topic("orders")->id;
    EXPECT_EQ(commit(request, 10), KafkaError::none);
    OffsetFetchRequest asked = fetching();
    asked.groups.at(0).topics->at(0).topic_id = request.topics.at(0).topic_id;
    const auto answer = bench.ask(kGroup, asked, 10).groups.at(0).topics.at(0);
    EXPECT_EQ(answer.topic_id, request.topics.at(0).topic_id);
    EXPECT_EQ(answer.partitions.at(0).committed_offset, 17);
    request.topics.at(0).topic_id.bytes[3] ^= 1;
    EXPECT_EQ(commit(request, 10), KafkaError::unknown_topic_id);
    asked.groups.at(0).topics->at(0).topic_id.bytes[3] ^= 1;
    EXPECT_EQ(bench.ask(kGroup, asked, 10).groups.at(0).topics.at(0).partitions.at(0).error_code,
              code(KafkaError::unknown_topic_id));
}

TEST_F(OffsetsTest, EveryVersionCommitsAndFetches) {
    for (int16_t version = 0; version <= 9; ++version) {
        EXPECT_EQ(commit(committing(100 + version), version), KafkaError::none);
        if (version >= 8) {
            EXPECT_EQ(fetch().committed_offset, 100 + version);
            continue;
        }
        OffsetFetchRequest request;
        request.group_id = kGroup;
        auto& topic = request.topics->emplace_back();
        topic.name = "orders";
        topic.partition_indexes = {0};
        const auto answer = bench.ask(kGroup, request, version);
        EXPECT_EQ(answer.topics.at(0).partitions.at(0).committed_offset, 100 + version);
    }
}

TEST_F(OffsetsTest, NoTopicsMeansAll) {
    commit(committing(17));
    commit(committing(18, "bills"));
    OffsetFetchRequest request;
    request.groups.emplace_back().group_id = kGroup;
    request.groups.at(0).topics.reset();
    request.groups.emplace_back().group_id = "nobody";
    const auto answer = bench.ask(kGroup, request);
    ASSERT_EQ(answer.groups.at(0).topics.size(), 2U);
    EXPECT_EQ(answer.groups.at(0).topics.at(0).topic_id, bench.cluster.find_topic("bills")->id);
    EXPECT_EQ(answer.groups.at(0).topics.at(0).partitions.at(0).committed_offset, 18);
    EXPECT_EQ(answer.groups.at(1).error_code, 0);
}

TEST_F(OffsetsTest, TopicsAndPartitionsHaveToBeThere) {
    EXPECT_EQ(commit(committing(1, "nothing")), KafkaError::unknown_topic_or_partition);
    OffsetCommitRequest request = committing(1);
    request.topics.at(0).partitions.at(0).partition_index = 2;
    EXPECT_EQ(commit(request), KafkaError::unknown_topic_or_partition);
}

TEST_F(OffsetsTest, MetadataHasALimit) {
    OffsetCommitRequest request = committing(1);
    request.topics.at(0).partitions.at(0).committed_metadata = std::string(4096, 'x');
    EXPECT_EQ(commit(request), KafkaError::none);
    request.topics.at(0).partitions.at(0).committed_metadata = std::string(4097, 'x');
    EXPECT_EQ(commit(request), KafkaError::offset_metadata_too_large);
}

TEST_F(OffsetsTest, NobodyCommitsFromOutsideIntoAGroupWithMembers) {
    const auto joined = join();
    sync(joined);
    EXPECT_EQ(commit(committing(1)), KafkaError::unknown_member_id);
    leave(joined);
    EXPECT_EQ(commit(committing(1)), KafkaError::none);
}

TEST_F(OffsetsTest, MembersCommitInTheirGeneration) {
    const auto joined = join();
    OffsetCommitRequest request = committing_as(joined);
    EXPECT_EQ(commit(request), KafkaError::rebalance_in_progress);
    sync(joined);
    EXPECT_EQ(commit(request), KafkaError::none);
    request.generation_id_or_member_epoch = 7;
    EXPECT_EQ(commit(request), KafkaError::illegal_generation);
    request = committing_as(joined);
    request.member_id = "nobody";
    EXPECT_EQ(commit(request), KafkaError::unknown_member_id);
    request.group_instance_id = "node-1";
    EXPECT_EQ(commit(request), KafkaError::unknown_member_id);
}

TEST_F(OffsetsTest, AMembersCommitIsASignOfLife) {
    const auto joined = join();
    sync(joined);
    for (int i = 0; i < 5; ++i) {
        bench.loop.advance(9s);
        ASSERT_EQ(commit(committing_as(joined)), KafkaError::none);
    }
}

TEST_F(OffsetsTest, AGenerationOfAGroupThatIsNotThere) {
    OffsetCommitRequest request = committing(1);
    request.member_id = "old";
    request.generation_id_or_member_epoch = 3;
    EXPECT_EQ(commit(request, 8), KafkaError::illegal_generation);
    EXPECT_EQ(commit(request, 9), KafkaError::group_id_not_found);
}

TEST_F(OffsetsTest, ConsumersCommitInTheirMemberEpoch) {
    ASSERT_EQ(beat(0).member_epoch, 1);
    OffsetCommitRequest request = committing(1);
    EXPECT_EQ(commit(request), KafkaError::unknown_member_id);
    request.member_id = "a";
    request.generation_id_or_member_epoch = 1;
    EXPECT_EQ(commit(request), KafkaError::none);
    EXPECT_EQ(commit(request, 8), KafkaError::unsupported_version);
    request.generation_id_or_member_epoch = 2;
    EXPECT_EQ(commit(request), KafkaError::stale_member_epoch);
    request.generation_id_or_member_epoch = 0;
    EXPECT_EQ(commit(request), KafkaError::stale_member_epoch);
}

TEST_F(OffsetsTest, AnOlderMemberEpochIsGood_ForPartitionsThatTheMemberHadThen) {
    ASSERT_EQ(beat(0).member_epoch, 1);
    bench.cluster.add_partitions(*bench.cluster.find_topic("orders"), 3);
    ASSERT_EQ(beat(1).member_epoch, 2);
    OffsetCommitRequest request = committing(1);
    request.member_id = "a";
    request.generation_id_or_member_epoch = 1;
    EXPECT_EQ(commit(request), KafkaError::none);
    request.topics.at(0).partitions.at(0).partition_index = 2;
    EXPECT_EQ(commit(request), KafkaError::stale_member_epoch);
}

TEST_F(OffsetsTest, ConsumersFetchInTheirMemberEpoch) {
    beat(0);
    OffsetFetchRequest request = fetching();
    request.groups.at(0).member_id = "a";
    request.groups.at(0).member_epoch = 1;
    EXPECT_EQ(bench.ask(kGroup, request, kByName).groups.at(0).error_code, 0);
    request.groups.at(0).member_epoch = 9;
    EXPECT_EQ(bench.ask(kGroup, request, kByName).groups.at(0).error_code,
              code(KafkaError::stale_member_epoch));
    request.groups.at(0).member_id = "b";
    EXPECT_EQ(bench.ask(kGroup, request, kByName).groups.at(0).error_code,
              code(KafkaError::unknown_member_id));
}

TEST_F(OffsetsTest, OffsetsStay_WhenAnEmptyClassicGroupBecomesAConsumerGroup) {
    commit(committing(17));
    beat(0);
    EXPECT_NE(bench.cluster.groups().find_consumer(kGroup), nullptr);
    EXPECT_EQ(fetch().committed_offset, 17);
}

TEST_F(OffsetsTest, OffsetsOfATransaction_AreUnstableUntilItEnds) {
    commit(committing(5));
    CommittedOffset offset;
    offset.offset = Offset(9);
    EXPECT_EQ(bench.cluster.groups().stage_offset(kProducer, kGroup, kOrders, offset),
              KafkaError::none);
    EXPECT_EQ(fetch().committed_offset, 5);
    EXPECT_EQ(fetch(true).error_code, code(KafkaError::unstable_offset_commit));
    EXPECT_EQ(fetch(true).committed_offset, -1);
    bench.cluster.groups().end_transaction(kProducer, true);
    EXPECT_EQ(fetch(true).committed_offset, 9);
}

TEST_F(OffsetsTest, StagingChecksWhatCommittingDoes) {
    CommittedOffset offset;
    offset.metadata = std::string(5000, 'x');
    EXPECT_EQ(bench.cluster.groups().stage_offset(kProducer, kGroup, kOrders, offset),
              KafkaError::offset_metadata_too_large);
    EXPECT_EQ(bench.cluster.groups().stage_offset(kProducer, kGroup, {"no", PartitionIndex(0)}, {}),
              KafkaError::unknown_topic_or_partition);
}

TEST_F(OffsetsTest, ATransactionMayCommitForNobody_OrForAMemberInItsGeneration) {
    const auto joined = join();
    GroupCoordinator& groups = bench.cluster.groups();
    MemberClaim claim;
    claim.is_transactional = true;
    EXPECT_EQ(groups.judge_commit(kGroup, claim, {}), KafkaError::none);
    claim.member_id = joined.member_id;
    claim.epoch = joined.generation_id;
    EXPECT_EQ(groups.judge_commit(kGroup, claim, {}), KafkaError::none);
    claim.epoch = 9;
    EXPECT_EQ(groups.judge_commit(kGroup, claim, {}), KafkaError::illegal_generation);
    EXPECT_EQ(groups.judge_commit("nobody", claim, {}), KafkaError::illegal_generation);
}

TEST_F(OffsetsTest, ASimpleGroupExpiresByItsCommits) {
    commit(committing(17));
    pass(24h * 6);
    EXPECT_EQ(fetch().committed_offset, 17);
    commit(committing(18, "bills"));
    pass(24h * 1);
    EXPECT_EQ(fetch().committed_offset, -1);
    pass(24h * 6);
    EXPECT_EQ(bench.cluster.groups().find(kGroup), nullptr);
}

TEST_F(OffsetsTest, AGroupThatHadMembers_ExpiresFromItsLastOneOn) {
    const auto joined = join();
    sync(joined);
    commit(committing_as(joined));
    bench.loop.advance(24h * 6);  // in time it is out, by its session
    bench.cluster.clean_up();
    EXPECT_EQ(fetch().committed_offset, 5);
    const auto again = join();
    sync(again);
    leave(again);
    pass(24h * 6);
    EXPECT_EQ(fetch().committed_offset, 5);
    pass(24h * 1);
    EXPECT_EQ(fetch().committed_offset, -1);
}

TEST_F(OffsetsTest, WhatMembersConsumeDoesNotExpire) {
    const auto joined = join();
    sync(joined);
    commit(committing_as(joined));
    OffsetCommitRequest other = committing_as(joined);
    other.topics.at(0).name = "bills";
    commit(other);
    bench.cluster.shift_clock(8 * 24 * 3'600'000LL);
    bench.cluster.clean_up();
    const auto& offsets = bench.cluster.groups().find(kGroup)->offsets;
    EXPECT_NE(offsets.find(kOrders), nullptr);
    EXPECT_EQ(offsets.find({"bills", PartitionIndex(0)}), nullptr);
}

TEST_F(OffsetsTest, OldClientsSayHowLongToKeep) {
    OffsetCommitRequest request = committing(17);
    request.retention_time_ms = 3'600'000;
    EXPECT_EQ(commit(request, 4), KafkaError::none);
    pass(1h);
    EXPECT_EQ(fetch().committed_offset, -1);
}

TEST_F(OffsetsTest, AnOpenTransactionKeepsItsGroup) {
    CommittedOffset offset;
    offset.offset = Offset(9);
    bench.cluster.groups().stage_offset(kProducer, kGroup, kOrders, offset);
    pass(24h * 30);
    bench.cluster.groups().end_transaction(kProducer, true);
    EXPECT_EQ(fetch().committed_offset, 9);
}

TEST_F(OffsetsTest, ADeletedTopicTakesItsOffsets) {
    commit(committing(17));
    bench.cluster.delete_topic("orders");
    bench.cluster.create_topic("orders", 1, 1);
    EXPECT_EQ(fetch().committed_offset, -1);
}

TEST_F(OffsetsTest, OffsetsAreDeleted_UnlessMembersConsumeThem) {
    OffsetDeleteRequest request;
    request.group_id = kGroup;
    for (const char* name : {"orders", "bills", "nothing"}) {
        auto& topic = request.topics.emplace_back();
        topic.name = name;
        topic.partitions.emplace_back();
    }
    EXPECT_EQ(bench.ask(kGroup, request).error_code, code(KafkaError::group_id_not_found));
    commit(committing(17));
    commit(committing(18, "bills"));
    const auto joined = join();
    const auto answer = bench.ask(kGroup, request);
    EXPECT_EQ(answer.topics.at(0).partitions.at(0).error_code,
              code(KafkaError::group_subscribed_to_topic));
    EXPECT_EQ(answer.topics.at(1).partitions.at(0).error_code, 0);
    EXPECT_EQ(answer.topics.at(2).partitions.at(0).error_code,
              code(KafkaError::unknown_topic_or_partition));
    EXPECT_EQ(fetch().committed_offset, 17);
    leave(joined);
    bench.ask(kGroup, request);
    EXPECT_EQ(fetch().committed_offset, -1);
}

TEST_F(OffsetsTest, OtherProtocolsThanConsumersKeepTheirOffsetsWhileTheyLive) {
    join("connect");
    OffsetDeleteRequest request;
    request.group_id = kGroup;
    EXPECT_EQ(bench.ask(kGroup, request).error_code, code(KafkaError::non_empty_group));
}

TEST(MovedOffsets, AreAtTheNextCoordinator_AndNowhereElse) {
    ClusterOptions options;
    options.brokers = 3;
    GroupBench bench(options);
    bench.cluster.create_topic("orders", 1, 3);
    bench.ask(kGroup, committing(17), kByName);
    const BrokerId first = bench.cluster.coordinator_of(kGroup);
    bench.cluster.set_broker_up(first, false);
    const auto answer = bench.ask(kGroup, fetching(), kByName);
    EXPECT_EQ(answer.groups.at(0).topics.at(0).partitions.at(0).committed_offset, 17);
    EXPECT_EQ(bench.ask_broker(first, fetching(), kByName).groups.at(0).error_code,
              code(KafkaError::not_coordinator));
    EXPECT_EQ(
        bench.ask_broker(first, committing(1), kByName).topics.at(0).partitions.at(0).error_code,
        code(KafkaError::not_coordinator));
    OffsetFetchRequest old;
    old.group_id = kGroup;
    old.topics->emplace_back().partition_indexes = {0};
    EXPECT_EQ(bench.ask_broker(first, old, 5).error_code, code(KafkaError::not_coordinator));
    EXPECT_EQ(bench.ask_broker(first, old, 1).topics.at(0).partitions.at(0).error_code,
              code(KafkaError::not_coordinator));
}

}  // namespace
}  // namespace lockstep::sandbox
