#include "model/ids.h"

#include "model/link.h"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>

namespace lockstep {
namespace {

Uuid filled(uint8_t byte) {
    Uuid id;
    id.bytes.fill(byte);
    return id;
}

// Goldens: java.util.Base64.getUrlEncoder().withoutPadding(), as org.apache.kafka.common.Uuid.
TEST(Uuid, IsWrittenAsKafkaWritesIt) {
    EXPECT_EQ(Uuid{}.to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
    Uuid one;  // Kafka's METADATA_TOPIC_ID
    one.bytes[15] = 1;
    EXPECT_EQ(one.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
    Uuid counting;
    for (size_t i = 0; i < counting.bytes.size(); ++i) {
        counting.bytes[i] = static_cast<uint8_t>(i);
    }
    EXPECT_EQ(counting.to_string(), "AAECAwQFBgcICQoLDA0ODw");
    EXPECT_EQ(filled(0xff).to_string(), "_____________________w");
    EXPECT_EQ(filled(0xfb).to_string(), "-_v7-_v7-_v7-_v7-_v7-w");
}

TEST(Uuid, IsZero_OnlyWhenAllBytesAre) {
    EXPECT_TRUE(Uuid{}.is_zero());
    for (size_t i = 0; i < 16; ++i) {
        Uuid id;
        id.bytes[i] = 1;
        EXPECT_FALSE(id.is_zero()) << i;
    }
}

TEST(Uuid, IsAKey) {
    const std::unordered_set<Uuid> ids{filled(1), filled(2), filled(1)};
    EXPECT_EQ(ids.size(), 2U);
}

TEST(TopicPartition, IsWrittenAsKafkaWritesIt) {
    EXPECT_EQ((TopicPartition{"orders", PartitionIndex(3)}).to_string(), "orders-3");
    EXPECT_EQ((TopicPartition{"a-b", PartitionIndex(0)}).to_string(), "a-b-0");
}

TEST(TopicPartition, IsOrderedByTopic_ThenByNumber) {
    const std::set<TopicPartition> sorted{
        {"b", PartitionIndex(0)}, {"a", PartitionIndex(10)}, {"a", PartitionIndex(9)}};
    EXPECT_EQ(sorted.begin()->to_string(), "a-9");
    EXPECT_EQ(sorted.rbegin()->to_string(), "b-0");
}

TEST(Endpoint, PutsBracketsAroundIPv6) {
    EXPECT_EQ((Endpoint{"kafka.example", 9092}).to_string(), "kafka.example:9092");
    EXPECT_EQ((Endpoint{"::1", 9092}).to_string(), "[::1]:9092");
}

}  // namespace
}  // namespace lockstep
