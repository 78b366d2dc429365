#include "client/admin.h"

#include "protocol/kafka_error.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/record_batch_builder.h"
#include "tests/unit/support/fake_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using test::ReceivedRequest;
using testing::HasSubstr;

constexpr int16_t code_of(KafkaError error) {
    return static_cast<int16_t>(error);
}

TopicPartition partition(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex(index)};
}

/// A cluster "eu" of two brokers; broker 1 is the controller.
class AdminTest : public testing::Test {
protected:
    AdminTest() {
        for (test::FakeBroker* broker : {&broker1_, &broker2_}) {
            broker->metadata = test::metadata_of("eu", 2, {});
        }
        const auto refreshed = test::run(loop_, cluster_.refresh_metadata(nullptr, {}));
        EXPECT_TRUE(refreshed.has_value());
    }
    ~AdminTest() override { test::run(loop_, cluster_.close()); }

    /// Answers requests of one API with `response`, and keeps the last request.
    template <typename Response>
    void answer_with(test::FakeBroker& broker, Response response) {
        broker.on(Response::kKey, [this, response](const ReceivedRequest& request) {
            last_ = request;
            request.answer(response);
        });
    }

    test::ManualLoop loop_;
    test::ScriptedNetwork network_{loop_};
    Rng rng_{1};
    runtime::Runtime runtime_{loop_, network_, rng_};
    test::FakeBroker broker1_{network_, {"eu", 1}};
    test::FakeBroker broker2_{network_, {"eu", 2}};
    ReceivedRequest last_;
    Cluster cluster_{runtime_, {"eu", {{"eu", 1}}}, ConnectionOptions{}};
};

TEST_F(AdminTest, ListOffsets_AsksTheLeader_AndReturnsOffsetsAndErrors) {
    protocol::ListOffsetsResponse response;
    auto& orders = response.topics.emplace_back();
    orders.name = "orders";
    auto& good = orders.partitions.emplace_back();
    good.partition_index = 1;
    good.offset = 42;
    auto& bad = orders.partitions.emplace_back();
    bad.partition_index = 2;
    bad.error_code = code_of(KafkaError::not_leader_or_follower);
    answer_with(broker2_, response);
    const auto listed = test::run(
        loop_,
        list_offsets(cluster_,
                     {BrokerId(2),
                      {partition("orders", 1), partition("orders", 2), partition("users", 0)},
                      kLatestOffset},
                     {}));
    ASSERT_TRUE(listed.has_value()) << listed.error().message();
    ASSERT_EQ(listed->size(), 2U);
    EXPECT_EQ(listed->at(0).partition, partition("orders", 1));
    EXPECT_EQ(listed->at(0).offset, Offset(42));
    EXPECT_FALSE(listed->at(0).error);
    EXPECT_EQ(listed->at(1).error, make_error_code(KafkaError::not_leader_or_follower));

    const auto request = last_.as<protocol::ListOffsetsRequest>();
    EXPECT_EQ(request.replica_id, -1);
    EXPECT_EQ(request.isolation_level, 0);  // so that "latest" is the high watermark
    ASSERT_EQ(request.topics.size(), 2U);
    EXPECT_EQ(request.topics[0].partitions.size(), 2U);
    EXPECT_EQ(request.topics[0].partitions[0].timestamp, -1);
    EXPECT_EQ(request.topics[1].name, "users");
}

TEST_F(AdminTest, ListOffsets_Fails_WhenTheLeaderIsUnknownOrAway) {
    const std::vector<TopicPartition> asked{partition("orders", 1)};
    const auto unknown =
        test::run(loop_, list_offsets(cluster_, {BrokerId(9), asked, kEarliestOffset}, {}));
    ASSERT_TRUE(unknown.has_error());
    EXPECT_TRUE(unknown.error().is(Errc::not_found));
    network_.refuse({"eu", 2});
    const auto away =
        test::run(loop_, list_offsets(cluster_, {BrokerId(2), asked, kEarliestOffset}, {}));
    ASSERT_TRUE(away.has_error());
    EXPECT_TRUE(away.error().is(Errc::disconnected));
}

void add_config(protocol::DescribeConfigsResponse::DescribeConfigsResult& to, const char* name,
                std::optional<std::string> value, int8_t source) {
    auto& config = to.configs.emplace_back();
    config.name = name;
    config.value = std::move(value);
    config.config_source = source;
}

TEST_F(AdminTest, DescribeTopics_SaysWhereEachValueComesFrom) {
    protocol::DescribeConfigsResponse response;
    auto& orders = response.results.emplace_back();
    orders.resource_name = "orders";
    add_config(orders, "of.topic", "a", 1);
    add_config(orders, "of.broker", "b", 2);
    add_config(orders, "of.brokers", "c", 3);
    add_config(orders, "of.file", "d", 4);
    add_config(orders, "of.kafka", "e", 5);
    add_config(orders, "without.value", std::nullopt, 1);
    add_config(orders, "secret", "x", 1);
    orders.configs.back().is_sensitive = true;
    auto& denied = response.results.emplace_back();
    denied.resource_name = "denied";
    denied.error_code = code_of(KafkaError::topic_authorization_failed);
    answer_with(broker1_, response);
    const auto described = test::run(loop_, describe_topics(cluster_, {"orders", "denied"}, {}));
    ASSERT_TRUE(described.has_value()) << described.error().message();
    EXPECT_FALSE(described->contains("denied"));
    std::vector<std::string> seen;
    for (const ConfigEntry& entry : described->at("orders")) {
        seen.push_back(entry.name + "=" + entry.value + ":" +
                       std::to_string(static_cast<int>(entry.origin)));
    }
    EXPECT_THAT(seen, testing::ElementsAre("of.topic=a:0", "of.broker=b:1", "of.brokers=c:1",
                                           "of.file=d:1", "of.kafka=e:2"));
    const auto request = last_.as<protocol::DescribeConfigsRequest>();
    ASSERT_EQ(request.resources.size(), 2U);
    EXPECT_EQ(request.resources[0].resource_type, 2);
    EXPECT_FALSE(request.resources[0].configuration_keys.has_value());
}

TEST_F(AdminTest, DescribeBroker_AsksThatBroker) {
    protocol::DescribeConfigsResponse response;
    auto& result = response.results.emplace_back();
    add_config(result, "message.max.bytes", "1000", 5);
    add_config(result, "log.dir", std::nullopt, 4);
    answer_with(broker2_, response);
    const auto described = test::run(loop_, describe_broker(cluster_, BrokerId(2), {}));
    ASSERT_TRUE(described.has_value()) << described.error().message();
    EXPECT_EQ(described->at("message.max.bytes"), "1000");
    EXPECT_EQ(described->at("log.dir"), "");
    const auto request = last_.as<protocol::DescribeConfigsRequest>();
    EXPECT_EQ(request.resources.at(0).resource_type, 4);
    EXPECT_EQ(request.resources.at(0).resource_name, "2");
}

TEST_F(AdminTest, DescribeBroker_Fails_WithTheBrokersCode) {
    protocol::DescribeConfigsResponse response;
    auto& result = response.results.emplace_back();
    result.error_code = code_of(KafkaError::cluster_authorization_failed);
    result.error_message = "who are you?";
    answer_with(broker1_, response);
    const auto described = test::run(loop_, describe_broker(cluster_, BrokerId(1), {}));
    ASSERT_TRUE(described.has_error());
    EXPECT_EQ(described.error().code, make_error_code(KafkaError::cluster_authorization_failed));
    EXPECT_THAT(described.error().message(), HasSubstr("who are you?"));
}

TEST_F(AdminTest, CreateTopics_AsksTheController_AndSaysForEachHowItWent) {
    protocol::CreateTopicsResponse response;
    const std::vector<std::pair<const char*, KafkaError>> results{
        {"new", KafkaError::none},
        {"there", KafkaError::topic_already_exists},
        {"bad", KafkaError::policy_violation}};
    for (const auto& [name, error] : results) {
        auto& result = response.topics.emplace_back();
        result.name = name;
        result.error_code = code_of(error);
    }
    response.topics.back().error_message = "too many replicas";
    answer_with(broker1_, response);
    const std::vector<NewTopic> topics{
        {"new", 3, 2, {{"cleanup.policy", "compact"}}}, {"there", 1, 1, {}}, {"bad", 1, 9, {}}};
    const auto created = test::run(loop_, create_topics(cluster_, topics, {}));
    ASSERT_TRUE(created.has_value()) << created.error().message();
    EXPECT_FALSE(created->at("new").code);
    EXPECT_FALSE(created->at("there").code);
    EXPECT_EQ(created->at("bad").code, make_error_code(KafkaError::policy_violation));
    EXPECT_THAT(created->at("bad").message(), HasSubstr("too many replicas"));
    EXPECT_THAT(created->at("bad").message(), HasSubstr("create topic bad on eu"));

    const auto request = last_.as<protocol::CreateTopicsRequest>();
    EXPECT_FALSE(request.validate_only);
    ASSERT_EQ(request.topics.size(), 3U);
    EXPECT_EQ(request.topics[0].num_partitions, 3);
    EXPECT_EQ(request.topics[0].replication_factor, 2);
    EXPECT_EQ(request.topics[0].configs.at(0).name, "cleanup.policy");
    EXPECT_EQ(request.topics[0].configs.at(0).value, "compact");
}

TEST_F(AdminTest, CreatePartitions_RaisesToTheCount) {
    protocol::CreatePartitionsResponse response;
    response.results.emplace_back().name = "orders";
    answer_with(broker1_, response);
    EXPECT_TRUE(test::run(loop_, create_partitions(cluster_, "orders", 12, {})).has_value());
    const auto request = last_.as<protocol::CreatePartitionsRequest>();
    EXPECT_EQ(request.topics.at(0).name, "orders");
    EXPECT_EQ(request.topics.at(0).count, 12);
    EXPECT_FALSE(request.topics.at(0).assignments.has_value());
}

TEST_F(AdminTest, CreatePartitions_Fails_WithTheBrokersCode) {
    protocol::CreatePartitionsResponse response;
    auto& result = response.results.emplace_back();
    result.name = "orders";
    result.error_code = code_of(KafkaError::invalid_partitions);
    answer_with(broker1_, response);
    const auto raised = test::run(loop_, create_partitions(cluster_, "orders", 12, {}));
    ASSERT_TRUE(raised.has_error());
    EXPECT_EQ(raised.error().code, make_error_code(KafkaError::invalid_partitions));
}

LogPlace place(int32_t index, int64_t offset) {
    return {BrokerId(2), partition("orders", index), Offset(offset)};
}

protocol::FetchResponse fetched(ByteView records, KafkaError error = KafkaError::none) {
    protocol::FetchResponse response;
    auto& topic = response.responses.emplace_back();
    topic.topic = "orders";
    auto& data = topic.partitions.emplace_back();
    data.error_code = code_of(error);
    data.records.data = records;
    return response;
}

TEST_F(AdminTest, ReadBatchAt_ReturnsTheBatchAsItStandsInTheLog) {
    protocol::RecordBatchBuilder builder({.base_offset = Offset(40)});
    builder.add(1, {});
    const Bytes batch = *builder.build();
    answer_with(broker2_, fetched(batch));
    const auto read = test::run(loop_, read_batch_at(cluster_, place(3, 40), {}));
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_TRUE(std::ranges::equal(read->view(), batch));
    const auto request = last_.as<protocol::FetchRequest>();
    EXPECT_EQ(request.session_epoch, -1);
    EXPECT_EQ(request.replica_id, -1);
    EXPECT_EQ(request.topics.at(0).topic, "orders");
    EXPECT_EQ(request.topics.at(0).partitions.at(0).partition, 3);
    EXPECT_EQ(request.topics.at(0).partitions.at(0).fetch_offset, 40);
}

TEST_F(AdminTest, ReadBatchAt_ReturnsNothing_WhereThereIsNone) {
    answer_with(broker2_, fetched({}));
    const auto read = test::run(loop_, read_batch_at(cluster_, place(0, 4), {}));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->size, 0U);
}

TEST_F(AdminTest, ReadBatchAt_Fails_WithTheBrokersCode_OrWhenTheAnswerLacksThePartition) {
    answer_with(broker2_, fetched({}, KafkaError::offset_out_of_range));
    const auto out = test::run(loop_, read_batch_at(cluster_, place(0, 4), {}));
    ASSERT_TRUE(out.has_error());
    EXPECT_EQ(out.error().code, make_error_code(KafkaError::offset_out_of_range));
    EXPECT_THAT(out.error().message(), HasSubstr("read orders-0 at offset 4 from eu"));
    answer_with(broker2_, protocol::FetchResponse{});
    const auto lacks = test::run(loop_, read_batch_at(cluster_, place(0, 4), {}));
    ASSERT_TRUE(lacks.has_error());
    EXPECT_TRUE(lacks.error().is(Errc::malformed));
}

}  // namespace
}  // namespace lockstep::client
