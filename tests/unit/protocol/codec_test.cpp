// What the codec does with single fields, by messages that have them.

#include "protocol/codec.h"
#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"

#include <gtest/gtest.h>

namespace lockstep::protocol {
namespace {

template <typename Message>
Bytes encoded(const Message& message, int16_t version) {
    WireWriter writer;
    encode(message, version, writer);
    return writer.flatten();
}

TEST(Codec, Encode_WritesKnownBytes_WhenVersionIsNotFlexible) {
    HeartbeatRequest request;
    request.group_id = "g";
    request.generation_id = 5;
    request.member_id = "me";
    EXPECT_EQ(encoded(request, 0), (Bytes{0, 1, 'g', 0, 0, 0, 5, 0, 2, 'm', 'e'}));
}

TEST(Codec, Encode_WritesKnownBytes_WhenVersionIsFlexible) {
    HeartbeatRequest request;
    request.group_id = "g";
    request.generation_id = 5;
    request.member_id = "me";
    EXPECT_EQ(encoded(request, 4), (Bytes{2, 'g', 0, 0, 0, 5, 3, 'm', 'e', 0, 0}));
}

TEST(Codec, Encode_LeavesOutTaggedFields_WhenTheyAreDefault) {
    FetchRequest request;
    request.replica_state.replica_id = -1;
    const Bytes without = encoded(request, 15);
    request.replica_state.replica_id = 3;
    const Bytes with = encoded(request, 15);
    // Tag, size, two integers, the struct's own empty tags.
    EXPECT_EQ(with.size(), without.size() + 1 + 1 + 4 + 8 + 1);
    EXPECT_EQ(decode<FetchRequest>(with, 15)->replica_state.replica_id, 3);
}

TEST(Codec, UnknownTags_ComeBack_InOrderWithKnownOnes) {
    FetchRequest request;
    request.cluster_id = "c";
    request.unknown_tags = {{50, {1, 2}}, {51, {}}};
    const auto decoded = decode<FetchRequest>(encoded(request, 12), 12);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->cluster_id, "c");
    EXPECT_EQ(decoded->unknown_tags, request.unknown_tags);
}

TEST(Codec, Decode_Fails_WhenTagsRepeat) {
    // HeartbeatResponse v4: throttle time, error code, two tags with the same number.
    const Bytes body{0, 0, 0, 0, 0, 0, 2, 9, 0, 9, 0};
    EXPECT_TRUE(decode<HeartbeatResponse>(body, 4).has_error());
}

TEST(Codec, Decode_Fails_WhenTagCountIsHuge) {
    const Bytes body{0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x07};
    EXPECT_TRUE(decode<HeartbeatResponse>(body, 4).has_error());
}

TEST(Codec, Decode_Fails_WhenNullIsNotAllowed) {
    const Bytes body{0xff, 0xff, 0, 0, 0, 5, 0, 2, 'm', 'e'};
    const auto request = decode<HeartbeatRequest>(body, 0);
    ASSERT_TRUE(request.has_error());
    EXPECT_TRUE(request.error().is(Errc::malformed));
}

TEST(Codec, Decode_SaysUnsupported_WhenVersionIsUnknown) {
    EXPECT_TRUE(decode<HeartbeatRequest>({}, 99).error().is(Errc::unsupported));
    EXPECT_TRUE(decode<HeartbeatRequest>({}, -1).error().is(Errc::unsupported));
}

TEST(Codec, Records_AreNeverCopied) {
    const Bytes batch(100, 7);
    ProduceRequest request;
    ProduceRequest::PartitionProduceData partition;
    partition.records = ByteView(batch);
    request.topic_data.emplace_back().partition_data.push_back(partition);
    WireWriter writer;
    encode(request, 9, writer);
    std::vector<ByteView> parts;
    writer.gather(parts);
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(parts[1].data(), batch.data());

    const Bytes body = writer.flatten();
    const auto decoded = decode<ProduceRequest>(body, 9);
    const ByteView records = decoded->topic_data[0].partition_data[0].records.view();
    EXPECT_GE(records.data(), body.data());
    EXPECT_LE(records.data() + records.size(), body.data() + body.size());
}

TEST(Codec, NullAndEmpty_AreNotTheSame) {
    MetadataRequest all_topics;
    all_topics.topics.reset();
    MetadataRequest no_topics;
    no_topics.topics.emplace();
    EXPECT_FALSE(decode<MetadataRequest>(encoded(all_topics, 12), 12)->topics.has_value());
    EXPECT_TRUE(decode<MetadataRequest>(encoded(no_topics, 12), 12)->topics.has_value());
}

TEST(Codec, Encode_WritesEmpty_WhenNullIsNotAllowedInThatVersion) {
    MetadataRequest all_topics;
    all_topics.topics.reset();
    EXPECT_EQ(encoded(all_topics, 0), (Bytes{0, 0, 0, 0}));
}

TEST(Codec, NullableStruct_ComesBack) {
    ConsumerGroupHeartbeatResponse response;
    EXPECT_FALSE(decode<ConsumerGroupHeartbeatResponse>(encoded(response, 0), 0)->assignment);
    response.assignment.emplace().topic_partitions.emplace_back().partitions = {1, 2};
    const auto decoded = decode<ConsumerGroupHeartbeatResponse>(encoded(response, 0), 0);
    ASSERT_TRUE(decoded->assignment.has_value());
    EXPECT_EQ(decoded->assignment->topic_partitions[0].partitions, (std::vector<int32_t>{1, 2}));
}

TEST(Codec, Json_ReadsLikeJson) {
    HeartbeatRequest request;
    request.group_id = "a\"b";
    request.generation_id = 5;
    EXPECT_EQ(to_json(request, 3), R"({"group_id":"a\"b","generation_id":5,"member_id":"",)"
                                   R"("group_instance_id":null})");
}

}  // namespace
}  // namespace lockstep::protocol
