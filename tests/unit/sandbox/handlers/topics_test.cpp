#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "tests/unit/sandbox/admin_fixture.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::CreatePartitionsRequest;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::KafkaError;

class TopicsTest : public AdminTest {
protected:
    using Creation = CreateTopicsRequest::CreatableTopic;
    using Assignment = std::vector<std::pair<int32_t, std::vector<int32_t>>>;

    void start_three() {
        ClusterOptions options;
        options.brokers = 3;
        start(options);
    }
    static Creation topic(std::string name, int32_t partitions = 1, int16_t replicas = 1) {
        Creation asked;
        asked.name = std::move(name);
        asked.num_partitions = partitions;
        asked.replication_factor = replicas;
        return asked;
    }
    static Creation assigned(const Assignment& assignment) {
        Creation asked = topic("orders", -1, -1);
        for (const auto& [index, brokers] : assignment) {
            auto& one = asked.assignments.emplace_back();
            one.partition_index = index;
            one.broker_ids = brokers;
        }
        return asked;
    }
    CreateTopicsResponse::CreatableTopicResult create(const Creation& asked, bool is_dry = false) {
        CreateTopicsRequest request;
        request.topics = {asked};
        request.validate_only = is_dry;
        return ask(request, 7).topics.at(0);
    }
    int16_t error_of(const Creation& asked) { return create(asked).error_code; }
    int16_t grow(int32_t count, std::optional<std::vector<std::vector<int32_t>>> replicas) {
        CreatePartitionsRequest request;
        auto& asked = request.topics.emplace_back();
        asked.name = "orders";
        asked.count = count;
        asked.assignments = std::nullopt;
        if (replicas) {
            asked.assignments.emplace();
            for (const auto& one : *replicas) {
                asked.assignments->emplace_back().broker_ids = one;
            }
        }
        return ask(request, 3).results.at(0).error_code;
    }
};

TEST_F(TopicsTest, Create_TellsWhatTheTopicIs) {
    start_three();
    Creation asked = topic("orders", 2, 3);
    asked.configs.emplace_back().name = "retention.ms";
    asked.configs.back().value = "5";
    const auto answer = create(asked);
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.num_partitions, 2);
    EXPECT_EQ(answer.replication_factor, 3);
    EXPECT_FALSE(answer.topic_id.is_zero());
    const auto find = [&](const std::string& name) {
        return *std::ranges::find_if(*answer.configs,
                                     [&](const auto& config) { return config.name == name; });
    };
    EXPECT_EQ(find("retention.ms").value, "5");
    EXPECT_EQ(find("retention.ms").config_source, 1);
    EXPECT_EQ(find("cleanup.policy").value, "delete");
    EXPECT_EQ(find("cleanup.policy").config_source, 5);
    EXPECT_EQ(cluster_->find_topic("orders")->log_config.retention_ms, 5);
}

TEST_F(TopicsTest, ValidateOnly_TellsTheSame_ButCreatesNothing) {
    start_three();
    const auto answer = create(topic("orders", 2, 3), true);
    EXPECT_EQ(answer.num_partitions, 2);
    EXPECT_FALSE(answer.configs->empty());
    EXPECT_TRUE(answer.topic_id.is_zero());
    EXPECT_TRUE(cluster_->topics().empty());
}

TEST_F(TopicsTest, Create_ChecksNamesAndNumbers) {
    start_three();
    EXPECT_EQ(error_of(topic("a.b")), 0);
    EXPECT_EQ(error_of(topic("a.b")), number_of(KafkaError::topic_already_exists));
    EXPECT_EQ(error_of(topic("a_b")), number_of(KafkaError::invalid_topic_exception));
    EXPECT_EQ(error_of(topic("a b")), number_of(KafkaError::invalid_topic_exception));
    EXPECT_EQ(error_of(topic("c", 0)), number_of(KafkaError::invalid_partitions));
    EXPECT_EQ(error_of(topic("c", 1, 4)), number_of(KafkaError::invalid_replication_factor));
    EXPECT_EQ(error_of(topic("c", 1, 0)), number_of(KafkaError::invalid_replication_factor));
    cluster_->set_broker_up(BrokerId(3), false);
    EXPECT_EQ(error_of(topic("c", 1, 3)), number_of(KafkaError::invalid_replication_factor));
}

TEST_F(TopicsTest, Create_ChecksConfigs) {
    start_three();
    Creation unknown = topic("orders");
    unknown.configs.emplace_back().name = "nonsense";
    EXPECT_EQ(error_of(unknown), number_of(KafkaError::invalid_config));
    Creation wrong = topic("orders");
    wrong.configs.emplace_back().name = "retention.ms";
    wrong.configs.back().value = "x";
    EXPECT_EQ(error_of(wrong), number_of(KafkaError::invalid_config));
    wrong.configs.back().value = std::nullopt;
    EXPECT_EQ(error_of(wrong), number_of(KafkaError::invalid_config));
    EXPECT_TRUE(cluster_->topics().empty());
}

TEST_F(TopicsTest, TopicThatIsThereTwice_IsRefusedOnce) {
    start_three();
    CreateTopicsRequest request;
    request.topics = {topic("orders"), topic("orders"), topic("others")};
    const auto answer = ask(request, 7);
    ASSERT_EQ(answer.topics.size(), 2U);
    EXPECT_EQ(answer.topics[0].error_code, number_of(KafkaError::invalid_request));
    EXPECT_EQ(answer.topics[1].error_code, 0);
}

TEST_F(TopicsTest, Defaults_AreTheBrokers) {
    ClusterOptions options;
    options.brokers = 3;
    options.default_partitions = 4;
    options.broker_config["default.replication.factor"] = "2";
    start(options);
    const auto answer = create(topic("orders", -1, -1));
    EXPECT_EQ(answer.num_partitions, 4);
    EXPECT_EQ(answer.replication_factor, 2);
}

TEST_F(TopicsTest, Assignments_AreHonoured) {
    start_three();
    const auto answer = create(assigned({{1, {3, 1}}, {0, {2, 3}}}));
    EXPECT_EQ(answer.error_code, 0);
    EXPECT_EQ(answer.num_partitions, 2);
    EXPECT_EQ(answer.replication_factor, 2);
    const auto partition = cluster_->find_partition("orders", 1);
    EXPECT_EQ(partition->replicas, (std::vector{BrokerId(3), BrokerId(1)}));
    EXPECT_EQ(partition->leader, BrokerId(3));
}

TEST_F(TopicsTest, Assignments_AreChecked) {
    start_three();
    const int16_t invalid = number_of(KafkaError::invalid_replica_assignment);
    EXPECT_EQ(error_of(assigned({{0, {}}})), invalid);
    EXPECT_EQ(error_of(assigned({{0, {1, 1}}})), invalid);
    EXPECT_EQ(error_of(assigned({{0, {4}}})), invalid);
    EXPECT_EQ(error_of(assigned({{0, {1}}, {2, {1}}})), invalid);
    EXPECT_EQ(error_of(assigned({{1, {1}}})), invalid);
    EXPECT_EQ(error_of(assigned({{0, {1}}, {0, {2}}})), invalid);
    EXPECT_EQ(error_of(assigned({{0, {1}}, {1, {1, 2}}})), invalid);
    Creation counted = assigned({{0, {1}}});
    counted.num_partitions = 1;
    EXPECT_EQ(error_of(counted), number_of(KafkaError::invalid_request));
    cluster_->set_broker_up(BrokerId(3), false);
    EXPECT_EQ(error_of(assigned({{0, {3}}})), invalid);
    EXPECT_EQ(error_of(assigned({{0, {3, 1}}})), 0);
    EXPECT_EQ(cluster_->find_partition("orders", 0)->leader, BrokerId(1));
}

TEST_F(TopicsTest, Partitions_OnlyBecomeMore) {
    start_three();
    EXPECT_EQ(error_of(topic("orders", 2)), 0);
    EXPECT_EQ(grow(2, std::nullopt), number_of(KafkaError::invalid_partitions));
    EXPECT_EQ(grow(1, std::nullopt), number_of(KafkaError::invalid_partitions));
    EXPECT_EQ(grow(3, std::nullopt), 0);
    EXPECT_EQ(cluster_->find_topic("orders")->partitions.size(), 3U);
}

TEST_F(TopicsTest, NewPartitions_GetTheReplicasThatAreSaid) {
    start_three();
    EXPECT_EQ(error_of(topic("orders", 1, 2)), 0);
    const int16_t invalid = number_of(KafkaError::invalid_replica_assignment);
    EXPECT_EQ(grow(3, {{{1, 2}}}), invalid);
    EXPECT_EQ(grow(2, {{{1}}}), invalid);
    EXPECT_EQ(grow(2, {{{1, 9}}}), invalid);
    EXPECT_EQ(grow(3, {{{3, 2}, {2, 1}}}), 0);
    EXPECT_EQ(cluster_->find_partition("orders", 1)->replicas,
              (std::vector{BrokerId(3), BrokerId(2)}));
    EXPECT_EQ(cluster_->find_partition("orders", 2)->leader, BrokerId(2));
}

TEST_F(TopicsTest, DeleteById_HidesTheNameFromThoseWhoMayNotSeeIt) {
    start_guarded();
    const Uuid id = cluster_->create_topic("orders", 1, 1).id;
    DeleteTopicsRequest request;
    request.topics.emplace_back().name = std::nullopt;
    request.topics.back().topic_id = id;
    auto answer = ask(request, 6).responses.at(0);
    EXPECT_EQ(answer.error_code, number_of(KafkaError::topic_authorization_failed));
    EXPECT_FALSE(answer.name.has_value());
    allow(ResourceType::topic, "orders", AclOperation::describe);
    answer = ask(request, 6).responses.at(0);
    EXPECT_EQ(answer.error_code, number_of(KafkaError::topic_authorization_failed));
    EXPECT_EQ(answer.name, "orders");
    allow(ResourceType::topic, "orders", AclOperation::erase);
    EXPECT_EQ(ask(request, 6).responses.at(0).error_code, 0);
    EXPECT_TRUE(cluster_->topics().empty());
    EXPECT_EQ(ask(request, 6).responses.at(0).error_code, number_of(KafkaError::unknown_topic_id));
}

}  // namespace lockstep::sandbox
