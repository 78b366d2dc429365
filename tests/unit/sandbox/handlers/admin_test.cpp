#include "protocol/messages/describe_log_dirs.h"
#include "protocol/messages/describe_topic_partitions.h"
#include "protocol/messages/elect_leaders.h"
#include "tests/unit/sandbox/admin_fixture.h"

namespace lockstep::sandbox {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeTopicPartitionsRequest;
using protocol::ElectLeadersRequest;
using protocol::KafkaError;

class AdminHandlersTest : public AdminTest {
protected:
    void start_two() {
        ClusterOptions options;
        options.brokers = 2;
        start(options).create_topic("orders", {{BrokerId(1), BrokerId(2)}});
    }
    Partition& partition() { return *cluster_->find_partition("orders", 0); }
    int16_t elect(int8_t kind, int32_t index = 0) {
        ElectLeadersRequest request;
        request.election_type = kind;
        auto& asked = request.topic_partitions->emplace_back();
        asked.topic = "orders";
        asked.partitions = {index};
        return ask(request, 2).replica_election_results.at(0).partition_result.at(0).error_code;
    }
};

TEST_F(AdminHandlersTest, PreferredElection_BringsTheFirstReplicaBack) {
    start_two();
    EXPECT_EQ(elect(0), number_of(KafkaError::election_not_needed));
    cluster_->set_broker_up(BrokerId(1), false);
    EXPECT_EQ(partition().leader, BrokerId(2));
    EXPECT_EQ(elect(0), number_of(KafkaError::preferred_leader_not_available));
    cluster_->set_broker_up(BrokerId(1), true);
    EXPECT_EQ(partition().leader, BrokerId(2));
    const LeaderEpoch before = partition().log.epoch();
    EXPECT_EQ(elect(0), 0);
    EXPECT_EQ(partition().leader, BrokerId(1));
    EXPECT_GT(partition().log.epoch(), before);
    EXPECT_EQ(elect(0, 7), number_of(KafkaError::unknown_topic_or_partition));
    EXPECT_EQ(elect(5), number_of(KafkaError::invalid_request));
}

TEST_F(AdminHandlersTest, ReplicaThatIsNotInSync_DoesNotLead) {
    start_two();
    cluster_->set_broker_up(BrokerId(2), false);
    cluster_->set_broker_up(BrokerId(1), false);
    EXPECT_EQ(partition().leader, kNoBroker);
    cluster_->set_broker_up(BrokerId(2), true);
    EXPECT_EQ(partition().leader, kNoBroker);
    EXPECT_EQ(partition().in_sync, std::vector{BrokerId(1)});
    cluster_->set_broker_up(BrokerId(1), true);
    EXPECT_EQ(partition().leader, BrokerId(1));
    EXPECT_EQ(partition().in_sync.size(), 2U);
}

TEST_F(AdminHandlersTest, UncleanElection_NeedsTheSetting) {
    start_two();
    EXPECT_EQ(elect(1), number_of(KafkaError::election_not_needed));
    cluster_->set_broker_up(BrokerId(2), false);
    cluster_->set_broker_up(BrokerId(1), false);
    cluster_->set_broker_up(BrokerId(2), true);
    EXPECT_EQ(elect(1), number_of(KafkaError::eligible_leaders_not_available));
    cluster_->find_topic("orders")->config["unclean.leader.election.enable"] = "true";
    EXPECT_EQ(elect(1), 0);
    EXPECT_EQ(partition().leader, BrokerId(2));
    EXPECT_EQ(partition().in_sync, std::vector{BrokerId(2)});
}

TEST_F(AdminHandlersTest, UncleanElection_IsFollowedByAllThatAreUp) {
    ClusterOptions options;
    options.brokers = 3;
    start(options).create_topic("orders", {{BrokerId(1), BrokerId(2), BrokerId(3)}});
    for (const int id : {2, 3, 1}) {
        cluster_->set_broker_up(BrokerId(id), false);
    }
    cluster_->set_broker_up(BrokerId(3), true);
    cluster_->set_broker_up(BrokerId(2), true);
    cluster_->find_topic("orders")->config["unclean.leader.election.enable"] = "true";
    EXPECT_EQ(elect(1), 0);
    EXPECT_EQ(partition().in_sync, (std::vector{BrokerId(2), BrokerId(3)}));
}

TEST_F(AdminHandlersTest, UncleanElection_NeedsAReplicaThatIsUp) {
    start_two();
    cluster_->find_topic("orders")->config["unclean.leader.election.enable"] = "true";
    cluster_->set_broker_up(BrokerId(2), false);
    cluster_->set_broker_up(BrokerId(1), false);
    EXPECT_EQ(elect(1), number_of(KafkaError::eligible_leaders_not_available));
}

TEST_F(AdminHandlersTest, WhereUncleanElectionsAreAllowed_TheyHappenByThemselves) {
    start_two();
    cluster_->find_topic("orders")->config["unclean.leader.election.enable"] = "true";
    cluster_->set_broker_up(BrokerId(2), false);
    cluster_->set_broker_up(BrokerId(1), false);
    cluster_->set_broker_up(BrokerId(2), true);
    EXPECT_EQ(partition().leader, BrokerId(2));
}

TEST_F(AdminHandlersTest, ElectionOfAll_TellsOnlyOfThoseThatWereNeeded) {
    start_two();
    cluster_->create_topic("others", {{BrokerId(2), BrokerId(1)}});
    cluster_->set_broker_up(BrokerId(1), false);
    cluster_->set_broker_up(BrokerId(1), true);
    ElectLeadersRequest request;
    request.topic_partitions = std::nullopt;
    const auto answer = ask(request, 2);
    ASSERT_EQ(answer.replica_election_results.size(), 1U);
    EXPECT_EQ(answer.replica_election_results[0].topic, "orders");
}

TEST_F(AdminHandlersTest, LogDirs_HaveTheBrokersReplicas) {
    ClusterOptions options;
    options.brokers = 2;
    start(options).create_topic("orders", {{BrokerId(1)}, {BrokerId(2)}});
    cluster_->create_topic("others", {{BrokerId(2)}});
    DescribeLogDirsRequest request;
    request.topics = std::nullopt;
    auto answer = ask(request, 4);
    ASSERT_EQ(answer.results.size(), 1U);
    EXPECT_FALSE(answer.results[0].log_dir.empty());
    ASSERT_EQ(answer.results[0].topics.size(), 1U);
    ASSERT_EQ(answer.results[0].topics[0].partitions.size(), 1U);
    EXPECT_EQ(answer.results[0].topics[0].partitions[0].partition_index, 0);
    request.topics.emplace();
    request.topics->emplace_back().topic = "orders";
    request.topics->back().partitions = {0, 1, 9};
    EXPECT_EQ(ask(request, 4).results.at(0).topics.at(0).partitions.size(), 1U);
}

TEST_F(AdminHandlersTest, LogDirs_TellTheSizeOfWhatIsLeft) {
    Topic& orders = start().create_topic("orders", 1, 1);
    PartitionLog& log = partition().log;
    for (int i = 0; i < 5; ++i) {
        log.append_marker({ProducerId(1), ProducerEpoch(0), true, 0}, orders.log_config, 1);
    }
    DescribeLogDirsRequest request;
    request.topics = std::nullopt;
    const auto size = [&] {
        return ask(request, 4).results.at(0).topics.at(0).partitions.at(0).partition_size;
    };
    EXPECT_EQ(size(), 5 * 78);
    log.delete_before(Offset(3));
    EXPECT_EQ(size(), 2 * 78);
    log.delete_before(Offset(5));
    EXPECT_EQ(size(), 0);
}

TEST_F(AdminHandlersTest, TopicPartitions_ComePageByPage) {
    start();
    cluster_->create_topic("a", 3, 1);
    cluster_->create_topic("b", 2, 1);
    DescribeTopicPartitionsRequest request;
    request.response_partition_limit = 2;
    auto page = ask(request, 0);
    ASSERT_EQ(page.topics.size(), 1U);
    EXPECT_EQ(page.topics[0].partitions.size(), 2U);
    ASSERT_TRUE(page.next_cursor.has_value());
    EXPECT_EQ(page.next_cursor->topic_name, "a");
    EXPECT_EQ(page.next_cursor->partition_index, 2);
    request.cursor.emplace();
    request.cursor->topic_name = "a";
    request.cursor->partition_index = 2;
    page = ask(request, 0);
    ASSERT_EQ(page.topics.size(), 2U);
    EXPECT_EQ(page.topics[0].partitions.at(0).partition_index, 2);
    EXPECT_EQ(page.topics[1].partitions.size(), 1U);
    EXPECT_EQ(page.next_cursor->topic_name, "b");
    EXPECT_EQ(page.next_cursor->partition_index, 1);
    request.cursor->topic_name = "b";
    request.cursor->partition_index = 1;
    page = ask(request, 0);
    EXPECT_EQ(page.topics.at(0).partitions.size(), 1U);
    EXPECT_FALSE(page.next_cursor.has_value());
}

TEST_F(AdminHandlersTest, TopicPartitions_RefusesTopicsByName_ButHidesThemOtherwise) {
    start_guarded();
    cluster_->create_topic("orders", 1, 1);
    DescribeTopicPartitionsRequest request;
    EXPECT_TRUE(ask(request, 0).topics.empty());
    request.topics.emplace_back().name = "orders";
    EXPECT_EQ(ask(request, 0).topics.at(0).error_code,
              number_of(KafkaError::topic_authorization_failed));
    allow(ResourceType::topic, "nowhere", AclOperation::describe);
    request.topics[0].name = "nowhere";
    EXPECT_EQ(ask(request, 0).topics.at(0).error_code,
              number_of(KafkaError::unknown_topic_or_partition));
}

TEST_F(AdminHandlersTest, Rights_AreAskedFor) {
    start_guarded();
    cluster_->create_topic("orders", 1, 1);
    const int16_t refused = number_of(KafkaError::cluster_authorization_failed);
    EXPECT_EQ(elect(0), refused);
    EXPECT_EQ(ask(DescribeLogDirsRequest{}, 4).error_code, refused);
}

}  // namespace lockstep::sandbox
