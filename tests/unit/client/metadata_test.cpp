#include "client/metadata.h"

#include "protocol/kafka_error.h"
#include "tests/unit/support/fake_broker.h"

#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using protocol::KafkaError;
using protocol::MetadataResponse;
using test::FakeTopic;
using test::metadata_of;

Uuid id_of(uint8_t byte) {
    Uuid id;
    id.bytes.fill(byte);
    return id;
}

TopicPartition orders(int32_t index) {
    return {"orders", PartitionIndex(index)};
}

void fail_topic(MetadataResponse& response, size_t index, KafkaError error) {
    auto& topic = response.topics.at(index);
    topic.error_code = static_cast<int16_t>(error);
    topic.partitions.clear();
}

/// A picture with one answer in it: broker leads partitions as `leaders` says.
Metadata with_orders(std::vector<int32_t> leaders, int32_t epoch) {
    Metadata metadata;
    metadata.apply(metadata_of("eu", 3, {{"orders", id_of(1), std::move(leaders), epoch}}), true);
    return metadata;
}

TEST(Metadata, KnowsWhatAnAnswerSays) {
    const Metadata metadata = with_orders({1, 2, 3}, 5);
    EXPECT_EQ(metadata.cluster_id(), "eu-id");
    EXPECT_EQ(metadata.controller(), BrokerId(1));
    EXPECT_EQ(metadata.brokers().at(BrokerId(2)), (Endpoint{"eu", 2}));
    const TopicMetadata* topic = metadata.find_topic("orders");
    ASSERT_NE(topic, nullptr);
    EXPECT_EQ(topic->partitions.size(), 3U);
    EXPECT_EQ(topic->replication_factor, 1);
    EXPECT_EQ(metadata.find_topic(id_of(1)), topic);
    EXPECT_EQ(metadata.leader_of(orders(2))->leader, BrokerId(3));
    EXPECT_EQ(metadata.leader_of(orders(2))->epoch, LeaderEpoch(5));
}

TEST(Metadata, BelievesANewerOrEqualLeaderEpoch) {
    for (const int32_t epoch : {5, 6}) {
        Metadata metadata = with_orders({1}, 5);
        metadata.apply(metadata_of("eu", 3, {{"orders", id_of(1), {2}, epoch}}), true);
        EXPECT_EQ(metadata.leader_of(orders(0))->leader, BrokerId(2)) << epoch;
    }
}

TEST(Metadata, IgnoresALeaderWithAnOlderEpoch) {
    Metadata metadata = with_orders({1}, 5);
    metadata.apply(metadata_of("eu", 3, {{"orders", id_of(1), {2}, 4}}), true);
    EXPECT_EQ(metadata.leader_of(orders(0))->leader, BrokerId(1));
    EXPECT_EQ(metadata.leader_of(orders(0))->epoch, LeaderEpoch(5));
}

TEST(Metadata, BelievesALeaderWithoutAnEpoch) {
    // Metadata before version 7, and brokers with an old inter.broker.protocol.version.
    Metadata metadata = with_orders({1}, -1);
    metadata.apply(metadata_of("eu", 3, {{"orders", id_of(1), {2}, -1}}), true);
    EXPECT_EQ(metadata.leader_of(orders(0))->leader, BrokerId(2));
}

TEST(Metadata, BelievesAnOlderEpoch_OfAnotherTopicWithTheSameName) {
    Metadata metadata = with_orders({1, 1, 1}, 5);
    metadata.apply(metadata_of("eu", 3, {{"orders", id_of(2), {2}, 0}}), true);
    EXPECT_EQ(metadata.leader_of(orders(0))->leader, BrokerId(2));
    EXPECT_EQ(metadata.leader_of(orders(0))->epoch, LeaderEpoch(0));
    EXPECT_EQ(metadata.find_topic("orders")->partitions.size(), 1U);
    EXPECT_EQ(metadata.find_topic(id_of(1)), nullptr);
    EXPECT_NE(metadata.find_topic(id_of(2)), nullptr);
}

TEST(Metadata, DropsTopics_ThatACompleteAnswerLacks) {
    Metadata metadata = with_orders({1}, 0);
    metadata.apply(metadata_of("eu", 3, {{"other", id_of(2), {1}, 0}}), true);
    EXPECT_EQ(metadata.find_topic("orders"), nullptr);
    EXPECT_EQ(metadata.find_topic(id_of(1)), nullptr);
}

TEST(Metadata, KeepsTopics_ThatAPartialAnswerLacks) {
    Metadata metadata = with_orders({1}, 0);
    metadata.apply(metadata_of("eu", 3, {{"other", id_of(2), {1}, 0}}), false);
    EXPECT_NE(metadata.find_topic("orders"), nullptr);
    EXPECT_NE(metadata.find_topic("other"), nullptr);
}

TEST(Metadata, DropsATopic_ThatIsSaidToBeUnknown) {
    for (const KafkaError error :
         {KafkaError::unknown_topic_or_partition, KafkaError::unknown_topic_id}) {
        Metadata metadata = with_orders({1}, 0);
        MetadataResponse response = metadata_of("eu", 3, {{"orders", Uuid{}, {}, 0}});
        fail_topic(response, 0, error);
        metadata.apply(response, false);
        EXPECT_EQ(metadata.find_topic("orders"), nullptr);
    }
}

TEST(Metadata, KeepsATopicAsItWas_WhenItHasAnotherError) {
    Metadata metadata = with_orders({1, 2}, 0);
    MetadataResponse response = metadata_of("eu", 3, {{"orders", id_of(1), {}, 0}});
    fail_topic(response, 0, KafkaError::topic_authorization_failed);
    metadata.apply(response, true);
    ASSERT_NE(metadata.find_topic("orders"), nullptr);
    EXPECT_EQ(metadata.find_topic("orders")->partitions.size(), 2U);
}

TEST(Metadata, LeavesOut_ATopicThatWasNeverSeenWithoutError) {
    MetadataResponse response = metadata_of("eu", 3, {{"orders", id_of(1), {}, 0}});
    fail_topic(response, 0, KafkaError::invalid_topic_exception);
    Metadata metadata;
    metadata.apply(response, true);
    EXPECT_EQ(metadata.find_topic("orders"), nullptr);
}

TEST(Metadata, HasNoLeader_WherePartitionOrLeaderIsUnknown) {
    const Metadata metadata = with_orders({1, -1}, 0);
    EXPECT_TRUE(metadata.leader_of(orders(0)).has_value());
    EXPECT_FALSE(metadata.leader_of(orders(1)).has_value());
    EXPECT_FALSE(metadata.leader_of(orders(2)).has_value());
    EXPECT_FALSE(metadata.leader_of(orders(-1)).has_value());
    EXPECT_FALSE(metadata.leader_of({"other", PartitionIndex(0)}).has_value());
}

TEST(Metadata, NoticesThatALeaderIsGone) {
    Metadata metadata = with_orders({1}, 3);
    metadata.apply(metadata_of("eu", 3, {{"orders", id_of(1), {-1}, 4}}), true);
    EXPECT_FALSE(metadata.leader_of(orders(0)).has_value());
}

TEST(Metadata, PassesOverPartitionsWithImpossibleIndexes) {
    MetadataResponse response = metadata_of("eu", 3, {{"orders", id_of(1), {1, 2, 3}, 0}});
    response.topics[0].partitions[1].partition_index = -1;
    response.topics[0].partitions[2].partition_index = INT32_MAX;
    Metadata metadata;
    metadata.apply(response, true);
    EXPECT_EQ(metadata.leader_of(orders(0))->leader, BrokerId(1));
    EXPECT_FALSE(metadata.leader_of(orders(1)).has_value());
    EXPECT_LE(metadata.find_topic("orders")->partitions.size(), 3U);
}

TEST(Metadata, TakesPartitionsInAnyOrder) {
    MetadataResponse response = metadata_of("eu", 3, {{"orders", id_of(1), {1, 2, 3}, 0}});
    std::swap(response.topics[0].partitions[0], response.topics[0].partitions[2]);
    Metadata metadata;
    metadata.apply(response, true);
    EXPECT_EQ(metadata.leader_of(orders(0))->leader, BrokerId(1));
    EXPECT_EQ(metadata.leader_of(orders(2))->leader, BrokerId(3));
}

TEST(Metadata, KnowsOnlyTheBrokersOfTheLastAnswer) {
    Metadata metadata = with_orders({1}, 0);
    metadata.apply(metadata_of("eu", 1, {}), false);
    EXPECT_EQ(metadata.brokers().size(), 1U);
}

TEST(Metadata, HasAnotherVersion_OnlyAfterNews) {
    const auto first = metadata_of("eu", 3, {{"orders", id_of(1), {1, 2}, 5}});
    const auto is_news = [&first](const MetadataResponse& next, bool is_complete) {
        Metadata metadata;
        metadata.apply(first, true);
        const uint64_t before = metadata.version();
        metadata.apply(next, is_complete);
        return metadata.version() != before;
    };
    EXPECT_FALSE(is_news(first, true));
    MetadataResponse other_controller = first;
    other_controller.controller_id = 3;
    EXPECT_FALSE(is_news(other_controller, true));
    EXPECT_FALSE(is_news(metadata_of("eu", 3, {{"orders", id_of(1), {2, 2}, 4}}), true));
    EXPECT_FALSE(is_news(metadata_of("eu", 3, {}), false));
    EXPECT_TRUE(is_news(metadata_of("eu", 3, {}), true));
    EXPECT_TRUE(is_news(metadata_of("eu", 2, {{"orders", id_of(1), {1, 2}, 5}}), true));
    EXPECT_TRUE(is_news(metadata_of("eu", 3, {{"orders", id_of(1), {1, 1}, 6}}), true));
    EXPECT_TRUE(is_news(metadata_of("eu", 3, {{"orders", id_of(1), {1, 2}, 6}}), true));
    EXPECT_TRUE(is_news(metadata_of("eu", 3, {{"orders", id_of(1), {1, 2, 1}, 5}}), true));
    EXPECT_TRUE(is_news(metadata_of("eu", 3, {{"orders", id_of(2), {1, 2}, 5}}), true));
    EXPECT_TRUE(is_news(metadata_of("eu", 3, {{"new", id_of(3), {1}, 0}}), false));
    MetadataResponse gone = metadata_of("eu", 3, {{"orders", Uuid{}, {}, 0}});
    fail_topic(gone, 0, KafkaError::unknown_topic_or_partition);
    EXPECT_TRUE(is_news(gone, false));
}

TEST(Metadata, FindsNothing_ByTheZeroId) {
    Metadata metadata;  // topics of a cluster without topic ids
    metadata.apply(metadata_of("eu", 1, {{"a", Uuid{}, {1}, 0}, {"b", Uuid{}, {1}, 0}}), true);
    EXPECT_NE(metadata.find_topic("a"), nullptr);
    EXPECT_EQ(metadata.find_topic(Uuid{}), nullptr);
}

}  // namespace
}  // namespace lockstep::client
