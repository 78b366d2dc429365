#include "model/tagged_producer_id.h"

#include <gtest/gtest.h>

#include <set>

namespace lockstep {
namespace {

constexpr int64_t kBit62 = int64_t{1} << 62;

Uuid uuid_of(uint8_t first, uint8_t step) {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); ++i) {
        id.bytes[i] = static_cast<uint8_t>(first + step * i);
    }
    return id;
}

TopicPartition partition_of(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex(index)};
}

const OriginTag kOrigin = origin_tag("MkU3OEVBNTcwNTJENDM2Qg");

// What has been written to a target must be known again by every later version: these numbers come
// from the definition (FNV-1a, murmur's final mix), worked out outside of this code base.
TEST(TaggedProducerId, NeverChanges) {
    EXPECT_EQ(kOrigin.value, 3871321U);
    EXPECT_EQ(origin_tag("").value, 1648934U);
    EXPECT_EQ(origin_tag("eu").value, 758943U);
    const Uuid id = uuid_of(0, 1);
    EXPECT_EQ(tagged_producer_id(kOrigin, id, partition_of("orders", 0)),
              ProducerId(8868249163862008672));
    EXPECT_EQ(tagged_producer_id(kOrigin, id, partition_of("orders", 1)),
              ProducerId(8868249066392923383));
    EXPECT_EQ(tagged_producer_id(kOrigin, Uuid{}, partition_of("orders", 0)),
              ProducerId(8868249093823908043));
    EXPECT_EQ(tagged_producer_id(kOrigin, Uuid{}, partition_of("orders", 7)),
              ProducerId(8868249343032348656));
}

TEST(TaggedProducerId, HasBit62_AndIsPositive) {
    for (uint32_t origin : {0U, 1U, (1U << 22) - 1, kOrigin.value}) {
        for (int32_t index = 0; index < 100; ++index) {
            const int64_t id =
                tagged_producer_id({origin}, uuid_of(9, 3), partition_of("t", index)).value();
            ASSERT_GT(id, 0);
            ASSERT_EQ(id & kBit62, kBit62);
        }
    }
}

TEST(TaggedProducerId, GivesItsOriginBack) {
    for (uint32_t origin : {0U, 1U, 12345U, (1U << 22) - 1}) {
        const ProducerId id = tagged_producer_id({origin}, uuid_of(1, 1), partition_of("t", 3));
        EXPECT_EQ(origin_of(id), OriginTag{origin});
    }
}

TEST(OriginOf, IsNothing_ForProducersThatAreNotLocksteps) {
    for (const int64_t id : {int64_t{-1}, int64_t{0}, int64_t{4711}, kBit62 - 1, INT64_MIN}) {
        EXPECT_FALSE(origin_of(ProducerId(id)).has_value()) << id;
    }
    EXPECT_TRUE(origin_of(ProducerId(kBit62)).has_value());
    EXPECT_TRUE(origin_of(ProducerId(INT64_MAX)).has_value());
}

TEST(OriginTag, FitsIn22Bits_AndDiffersPerCluster) {
    std::set<OriginTag> tags;
    for (int i = 0; i < 100; ++i) {
        const OriginTag tag = origin_tag("cluster-" + std::to_string(i));
        ASSERT_LT(tag.value, 1U << 22);
        tags.insert(tag);
    }
    EXPECT_EQ(tags.size(), 100U);
}

TEST(TaggedProducerId, Differs_ForEachTopicIdAndPartition) {
    std::set<ProducerId> ids;
    for (uint8_t topic = 0; topic < 50; ++topic) {
        for (int32_t index = 0; index < 200; ++index) {
            ids.insert(tagged_producer_id(kOrigin, uuid_of(topic, 7), partition_of("same", index)));
        }
    }
    EXPECT_EQ(ids.size(), 50U * 200U);
}

TEST(TaggedProducerId, Differs_WhenATopicIsCreatedAgainWithTheSameName) {
    EXPECT_NE(tagged_producer_id(kOrigin, uuid_of(1, 1), partition_of("orders", 0)),
              tagged_producer_id(kOrigin, uuid_of(2, 1), partition_of("orders", 0)));
}

TEST(TaggedProducerId, DependsOnTheIdAlone_WhereThereIsOne) {
    EXPECT_EQ(tagged_producer_id(kOrigin, uuid_of(1, 1), partition_of("orders", 0)),
              tagged_producer_id(kOrigin, uuid_of(1, 1), partition_of("renamed", 0)));
}

TEST(TaggedProducerId, UsesTheName_WhereThereIsNoId) {
    std::set<ProducerId> ids;
    for (const char* name : {"orders", "order", "Orders", "orders2", "a", ""}) {
        ids.insert(tagged_producer_id(kOrigin, Uuid{}, partition_of(name, 0)));
        ids.insert(tagged_producer_id(kOrigin, Uuid{}, partition_of(name, 1)));
    }
    EXPECT_EQ(ids.size(), 12U);
}

TEST(TaggedProducerId, KnowsEachSeriesOfFiller) {
    const ProducerId first =
        tagged_producer_id(origin_tag("east"), Uuid{{7}}, {"orders", PartitionIndex(3)});
    std::set<ProducerId> ids{first, translated_producer_id(first)};
    for (int64_t series = 0; series < 1000; ++series) {
        const ProducerId id = filler_producer_id(first, series);
        EXPECT_TRUE(is_filler_of(id, first)) << series;
        EXPECT_FALSE(generation_of(id, first)) << series;
        EXPECT_TRUE(ids.insert(id).second) << "series " << series << " has an id of its own";
    }
    EXPECT_FALSE(is_filler_of(first, first));
    EXPECT_FALSE(is_filler_of(translated_producer_id(first), first));
    EXPECT_FALSE(is_filler_of(producer_id_of_generation(first, 1), first));
    EXPECT_FALSE(is_filler_of(ProducerId(17), first));
}

}  // namespace
}  // namespace lockstep
