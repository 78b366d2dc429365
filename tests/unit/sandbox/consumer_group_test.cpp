#include "sandbox/consumer_group.h"

#include "protocol/messages/delete_groups.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/list_groups.h"
#include "tests/unit/sandbox/group_bench.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

using namespace std::chrono_literals;
using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;
using protocol::KafkaError;

constexpr char kGroup[] = "billing";

/// A consumer: what it was told last, and what it has.
struct Consumer {
    std::string id;
    int32_t epoch = 0;
    PartitionSet owned;
};

PartitionSet told_by(const ConsumerGroupHeartbeatResponse& answer) {
    PartitionSet partitions;
    for (const auto& topic : answer.assignment->topic_partitions) {
        for (const int32_t partition : topic.partitions) {
            partitions.insert({topic.topic_id, partition});
        }
    }
    return partitions;
}

class ConsumerGroupTest : public ::testing::Test {
protected:
    ConsumerGroupTest() { bench.cluster.create_topic("orders", 4, 1); }

    ConsumerGroupHeartbeatRequest joining(const std::string& id) const {
        ConsumerGroupHeartbeatRequest request;
        request.group_id = kGroup;
        request.member_id = id;
        request.rebalance_timeout_ms = 20'000;
        request.subscribed_topic_names = {"orders"};
        request.topic_partitions.emplace();
        return request;
    }
    ConsumerGroupHeartbeatRequest beating(const Consumer& consumer) const {
        ConsumerGroupHeartbeatRequest request;
        request.group_id = kGroup;
        request.member_id = consumer.id;
        request.member_epoch = consumer.epoch;
        auto& topics = request.topic_partitions.emplace();
        for (const TopicIdPartition& partition : consumer.owned) {
            if (topics.empty() || topics.back().topic_id != partition.topic) {
                topics.emplace_back().topic_id = partition.topic;
            }
            topics.back().partitions.push_back(partition.partition);
        }
        return request;
    }
    ConsumerGroupHeartbeatRequest leaving(const Consumer& consumer, int32_t epoch = -1) const {
        ConsumerGroupHeartbeatRequest request;
        request.group_id = kGroup;
        request.member_id = consumer.id;
        request.member_epoch = epoch;
        return request;
    }
    ConsumerGroupHeartbeatResponse ask(const ConsumerGroupHeartbeatRequest& request) {
        return bench.ask(kGroup, request);
    }
    KafkaError error_of(const ConsumerGroupHeartbeatRequest& request) {
        return static_cast<KafkaError>(ask(request).error_code);
    }
    Consumer join(const ConsumerGroupHeartbeatRequest& request) {
        const auto answer = ask(request);
        EXPECT_EQ(answer.error_code, 0);
        Consumer consumer;
        consumer.id = request.member_id;
        take(consumer, answer);
        return consumer;
    }
    /// The consumer does at once as it is told, but says so with its next heartbeat.
    void take(Consumer& consumer, const ConsumerGroupHeartbeatResponse& answer) {
        consumer.epoch = answer.member_epoch;
        if (answer.assignment) {
            consumer.owned = told_by(answer);
        }
    }
    void beat(Consumer& consumer) {
        const auto answer = ask(beating(consumer));
        ASSERT_EQ(answer.error_code, 0);
        take(consumer, answer);
    }
    protocol::ConsumerGroupDescribeResponse::DescribedGroup described() {
        ConsumerGroupDescribeRequest request;
        request.group_ids = {kGroup};
        return bench.ask(kGroup, request).groups.at(0);
    }

    GroupBench bench;
};

TEST_F(ConsumerGroupTest, TheFirstMemberGetsEverythingAtOnce) {
    const auto answer = ask(joining("a"));
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.member_id, "a");
    EXPECT_EQ(answer.member_epoch, 1);
    EXPECT_EQ(answer.heartbeat_interval_ms, 5'000);
    EXPECT_EQ(told_by(answer).size(), 4U);
    EXPECT_EQ(described().group_state, "Stable");
}

TEST_F(ConsumerGroupTest, NothingIsToldAgain) {
    Consumer a = join(joining("a"));
    const auto answer = ask(beating(a));
    EXPECT_EQ(answer.member_epoch, 1);
    EXPECT_FALSE(answer.assignment.has_value());
}

TEST_F(ConsumerGroupTest, APartitionIsGivenOnlyAfterItsOldOwnerLetGo) {
    Consumer a = join(joining("a"));
    Consumer b = join(joining("b"));
    EXPECT_EQ(b.epoch, 2);
    EXPECT_TRUE(b.owned.empty());
    EXPECT_EQ(described().group_state, "Reconciling");

    // The old owner is told to let go, and stays in its epoch until it has.
    const auto revoking = ask(beating(a));
    EXPECT_EQ(revoking.member_epoch, 1);
    EXPECT_EQ(told_by(revoking).size(), 2U);
    beat(b);
    EXPECT_TRUE(b.owned.empty());
    EXPECT_EQ(ask(beating(a)).member_epoch, 1);
    beat(b);
    EXPECT_TRUE(b.owned.empty());

    a.owned = told_by(revoking);
    beat(a);
    EXPECT_EQ(a.epoch, 2);
    beat(b);
    EXPECT_EQ(b.owned.size(), 2U);
    for (const TopicIdPartition& partition : b.owned) {
        EXPECT_FALSE(a.owned.contains(partition));
    }
    EXPECT_EQ(described().group_state, "Stable");
}

TEST_F(ConsumerGroupTest, WhoLeavesFreesItsPartitions) {
    Consumer a = join(joining("a"));
    Consumer b = join(joining("b"));
    EXPECT_EQ(ask(leaving(a)).member_epoch, -1);
    EXPECT_EQ(error_of(beating(a)), KafkaError::unknown_member_id);
    beat(b);
    EXPECT_EQ(b.owned.size(), 4U);
    EXPECT_EQ(error_of(leaving(a)), KafkaError::unknown_member_id);
    ask(leaving(b));
    EXPECT_EQ(described().group_state, "Empty");
}

TEST_F(ConsumerGroupTest, ASilentMemberIsOutAfterItsSession) {
    Consumer a = join(joining("a"));
    Consumer b = join(joining("b"));
    bench.loop.advance(40s);
    beat(b);
    bench.loop.advance(6s);
    EXPECT_EQ(error_of(beating(a)), KafkaError::unknown_member_id);
    beat(b);
    EXPECT_EQ(b.owned.size(), 4U);
}

TEST_F(ConsumerGroupTest, WhoDoesNotLetGoInTimeIsOut) {
    Consumer a = join(joining("a"));
    Consumer b = join(joining("b"));
    for (int i = 0; i < 4; ++i) {
        ask(beating(a));  // it lives, but keeps its partitions
        bench.loop.advance(5s);
        beat(b);
    }
    EXPECT_EQ(error_of(beating(a)), KafkaError::unknown_member_id);
    EXPECT_EQ(b.owned.size(), 4U);
}

TEST_F(ConsumerGroupTest, NobodyIsOutWhileThereIsNoCoordinator) {
    Consumer a = join(joining("a"));
    Consumer b = join(joining("b"));
    beat(a);
    bench.cluster.set_broker_up(BrokerId(1), false);
    bench.loop.advance(1h);
    bench.cluster.set_broker_up(BrokerId(1), true);
    bench.loop.advance(15s);
    beat(a);
    beat(b);
    EXPECT_EQ(a.owned.size() + b.owned.size(), 4U);
    EXPECT_EQ(described().members.size(), 2U);
}

TEST_F(ConsumerGroupTest, EpochsThatDoNotFitAreFenced) {
    Consumer a = join(joining("a"));
    Consumer wrong = a;
    wrong.epoch = 5;
    EXPECT_EQ(error_of(beating(wrong)), KafkaError::fenced_member_epoch);
    Consumer stranger = a;
    stranger.id = "nobody";
    EXPECT_EQ(error_of(beating(stranger)), KafkaError::unknown_member_id);
}

TEST_F(ConsumerGroupTest, TheEpochBeforeIsTaken_FromWhoHasNotMoreThanItShould) {
    Consumer a = join(joining("a"));
    EXPECT_EQ(ask(joining("a")).member_epoch, 1);  // the answer had got lost
    bench.cluster.create_topic("bills", 1, 1);
    auto more = beating(a);
    more.subscribed_topic_names = {"orders", "bills"};
    EXPECT_EQ(ask(more).member_epoch, 2);
    EXPECT_EQ(ask(beating(a)).member_epoch, 2);  // still in epoch 1
    Consumer greedy = a;
    greedy.owned.insert({bench.cluster.find_topic("bills")->id, 7});
    EXPECT_EQ(error_of(beating(greedy)), KafkaError::fenced_member_epoch);
}

TEST_F(ConsumerGroupTest, NewPartitionsAreAssigned) {
    Consumer a = join(joining("a"));
    bench.cluster.add_partitions(*bench.cluster.find_topic("orders"), 6);
    beat(a);
    EXPECT_EQ(a.owned.size(), 6U);
    EXPECT_EQ(a.epoch, 2);
}

TEST_F(ConsumerGroupTest, ADeletedTopicIsTakenFromMembers) {
    Consumer a = join(joining("a"));
    bench.cluster.delete_topic("orders");
    const auto answer = ask(beating(a));
    EXPECT_TRUE(told_by(answer).empty());
}

TEST_F(ConsumerGroupTest, ARegularExpressionFollowsTheTopics) {
    auto request = joining("a");
    request.subscribed_topic_names.reset();
    request.subscribed_topic_regex = "ord.*|bills";
    Consumer a = join(request);
    EXPECT_EQ(a.owned.size(), 4U);
    bench.cluster.create_topic("bills", 1, 1);
    bench.cluster.create_topic("my-orders", 1, 1);  // it has to match as a whole
    beat(a);
    EXPECT_EQ(a.owned.size(), 5U);
    request.subscribed_topic_regex = "(";
    EXPECT_EQ(error_of(request), KafkaError::invalid_regular_expression);
}

TEST_F(ConsumerGroupTest, MostMembersChooseTheAssignor) {
    auto request = joining("a");
    request.server_assignor = "range";
    join(request);
    EXPECT_EQ(described().assignor_name, "range");
    request = joining("b");
    request.server_assignor = "sticky";
    EXPECT_EQ(error_of(request), KafkaError::unsupported_assignor);
}

TEST_F(ConsumerGroupTest, AStaticMemberComesBackToWhatItHad) {
    auto request = joining("a");
    request.instance_id = "node-1";
    Consumer a = join(request);
    auto other = joining("a2");
    other.instance_id = "node-1";
    EXPECT_EQ(error_of(other), KafkaError::unreleased_instance_id);

    auto pause = leaving(a, -2);
    pause.instance_id = "node-1";
    EXPECT_EQ(ask(pause).member_epoch, -2);
    Consumer b = join(joining("b"));
    EXPECT_TRUE(b.owned.empty());
    const auto back = ask(other);
    EXPECT_EQ(back.error_code, 0);
    EXPECT_LE(told_by(back).size(), 4U);
    EXPECT_GE(told_by(back).size(), 2U);
    auto old = beating(a);
    old.instance_id = "node-1";
    EXPECT_EQ(error_of(old), KafkaError::fenced_instance_id);
}

TEST_F(ConsumerGroupTest, AStaticMemberThatStaysAwayIsOut) {
    auto request = joining("a");
    request.instance_id = "node-1";
    Consumer a = join(request);
    auto pause = leaving(a, -2);
    pause.instance_id = "node-1";
    ask(pause);
    EXPECT_EQ(described().members.size(), 1U);
    bench.loop.advance(46s);
    EXPECT_TRUE(described().members.empty());
}

TEST_F(ConsumerGroupTest, MalformedRequestsAreRefused) {
    auto request = joining("");
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
    EXPECT_FALSE(bench.ask(kGroup, request, 0).member_id.value_or("").empty());
    request = joining("a");
    request.rebalance_timeout_ms = -1;
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
    request = joining("a");
    request.topic_partitions.reset();
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
    request = joining("a");
    request.subscribed_topic_names.reset();
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
    request = joining("a");
    request.member_epoch = -2;
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
    request.member_epoch = -3;
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
    request = joining("a");
    request.instance_id = "";
    EXPECT_EQ(error_of(request), KafkaError::invalid_request);
}

TEST_F(ConsumerGroupTest, WhoIsInAGroupThatIsNotThereIsToldSo) {
    Consumer a;
    a.id = "a";
    a.epoch = 3;
    EXPECT_EQ(error_of(beating(a)), KafkaError::group_id_not_found);
    EXPECT_EQ(error_of(leaving(a)), KafkaError::group_id_not_found);
    EXPECT_EQ(described().error_code, code(KafkaError::group_id_not_found));
}

TEST_F(ConsumerGroupTest, DescribeTellsWhatMembersHaveAndAreToHave) {
    join(joining("a"));
    join(joining("b"));
    const auto group = described();
    EXPECT_EQ(group.group_epoch, 2);
    EXPECT_EQ(group.assignment_epoch, 2);
    const auto& a = group.members.at(0);
    EXPECT_EQ(a.assignment.topic_partitions.at(0).topic_name, "orders");
    EXPECT_EQ(a.assignment.topic_partitions.at(0).partitions.size(), 4U);
    EXPECT_EQ(a.target_assignment.topic_partitions.at(0).partitions.size(), 2U);
    EXPECT_EQ(a.subscribed_topic_names, std::vector<std::string>{"orders"});
    EXPECT_EQ(a.member_type, 1);
}

TEST_F(ConsumerGroupTest, GroupsWithMembersDoNotChangeTheirKind) {
    protocol::JoinGroupRequest classic;
    classic.group_id = kGroup;
    classic.session_timeout_ms = 10'000;
    classic.rebalance_timeout_ms = 10'000;
    classic.protocol_type = "consumer";
    classic.protocols.emplace_back().name = "range";
    EXPECT_EQ(bench.ask(kGroup, classic, 3).error_code, 0);
    EXPECT_EQ(error_of(joining("a")), KafkaError::group_id_not_found);
    bench.loop.advance(60s);  // the classic member is gone
    bench.loop.advance(60s);
    Consumer a = join(joining("a"));
    EXPECT_EQ(bench.ask(kGroup, classic, 3).error_code,
              code(KafkaError::inconsistent_group_protocol));
    EXPECT_EQ(bench.ask(kGroup, protocol::ListGroupsRequest()).groups.at(0).group_type, "consumer");
    ask(leaving(a));
    EXPECT_EQ(bench.ask(kGroup, classic, 3).error_code, 0);
}

TEST_F(ConsumerGroupTest, OnlyAnEmptyGroupIsDeleted) {
    Consumer a = join(joining("a"));
    protocol::DeleteGroupsRequest request;
    request.groups_names = {kGroup};
    EXPECT_EQ(bench.ask(kGroup, request).results.at(0).error_code,
              code(KafkaError::non_empty_group));
    ask(leaving(a));
    EXPECT_EQ(bench.ask(kGroup, request).results.at(0).error_code, 0);
}

}  // namespace
}  // namespace lockstep::sandbox
