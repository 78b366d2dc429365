#include "replication/deletion_rule.h"

#include "model/tagged_producer_id.h"
#include "replication/offset_record.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using Source = DeletionFacts::Source;
using Target = DeletionFacts::Target;
using enum DeletionStep;

constexpr DeletedRule kMirror{DeletedRule::Kind::mirror, {}};
constexpr DeletedRule kAfterAnHour{DeletedRule::Kind::after, std::chrono::hours(1)};
constexpr int64_t kHourMs = 3'600'000;

FollowedTopic topic_gone_since(std::optional<int64_t> since) {
    return {"orders", "east.orders", {Uuid{{1}}, Uuid{{2}}}, Uuid{{9}}, since};
}

struct Case {
    const char* what;
    std::optional<int64_t> gone_since;
    DeletedRule rule;
    DeletionFacts facts;
    DeletionStep step;
};

TEST(DeletionRule, DecidesByWhatIsKnown) {
    const Case cases[] = {
        {"it is there", {}, kMirror, {Source::there, Target::there, 5}, none},
        {"nobody knows", {}, kMirror, {Source::unknown, Target::there, 5}, none},
        {"nobody knows, though it is time",
         0,
         kMirror,
         {Source::unknown, Target::there, kHourMs},
         none},
        {"gone for the first time", {}, kMirror, {Source::gone, Target::there, 5}, begin},
        {"there again", 1, kMirror, {Source::there, Target::there, kHourMs}, end},
        {"brokers may not agree yet", 1000, kMirror, {Source::gone, Target::there, 10'999}, wait},
        {"mirrored", 1000, kMirror, {Source::gone, Target::there, 11'000, 10'000}, erase},
        {"remembered by a clock that is ahead",
         1000,
         kMirror,
         {Source::gone, Target::there, 11'000, 9999},
         wait},
        {"kept for an hour", 1000, kAfterAnHour, {Source::gone, Target::there, kHourMs}, wait},
        {"an hour later",
         1000,
         kAfterAnHour,
         {Source::gone, Target::there, kHourMs + 1000, kHourMs},
         erase},
        {"no copy any more", 1000, kMirror, {Source::gone, Target::gone, kHourMs}, forget},
        {"no copy, and nobody knows", 1, kMirror, {Source::unknown, Target::gone, 5}, forget},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(next_step(topic_gone_since(each.gone_since), each.rule, each.facts), each.step)
            << each.what;
    }
}

TEST(DeletionRule, KeepsNoCopyShorter_ThanBrokersTakeToAgree) {
    EXPECT_EQ(kept_ms({DeletedRule::Kind::after, std::chrono::seconds(1)}), kept_ms(kMirror));
    EXPECT_EQ(kept_ms(kAfterAnHour), kHourMs);
}

TEST(FollowedTopic, IsATextThatIsReadBack) {
    const std::string prefix = followed_topics_prefix("cluster|1", "east-to-west");
    for (const auto since : {std::optional<int64_t>(), std::optional<int64_t>(1'790'000'000'123)}) {
        const FollowedTopic topic = topic_gone_since(since);
        const std::string key = followed_topic_key(prefix, topic);
        EXPECT_EQ(key, "cluster%7c1|east-to-west|topic|orders|east.orders");
        const auto read = decode_followed_topic(key, encode_followed_topic(topic));
        ASSERT_TRUE(read.has_value()) << read.error().message();
        EXPECT_EQ(*read, topic);
    }
}

TEST(FollowedTopic, RefusesWhatIsNone) {
    const std::string key = followed_topic_key("c|l|topic|", topic_gone_since(1));
    const std::string value = encode_followed_topic(topic_gone_since(1));
    EXPECT_TRUE(decode_followed_topic(key, value).has_value());
    EXPECT_TRUE(decode_followed_topic(key, "2|x=y").has_error());
    EXPECT_TRUE(decode_followed_topic(key, "1").has_error());
    EXPECT_TRUE(decode_followed_topic("c|l|acl|orders|east.orders", value).has_error());
    EXPECT_TRUE(decode_followed_topic("c|l|topic|orders", value).has_error());
    EXPECT_TRUE(decode_followed_topic(key, value + "0x").has_error());
}

/// Whether a batch under that id is the copy's own.
bool is_own(ProducerId id) {
    return is_own_batch(topic_gone_since({}), "cluster", {"east.orders", PartitionIndex(3)}, id);
}

TEST(OwnBatches, AreThoseOfTheTopicsStreams_OfNowAndBefore) {
    for (const uint8_t topic_id : {uint8_t{1}, uint8_t{2}}) {
        const StreamKey key{
            "cluster", Uuid{{topic_id}}, {"east.orders", PartitionIndex(3)}, "orders", ""};
        const ProducerId first = preserved_stream_id(key);
        EXPECT_TRUE(is_own(first));
        EXPECT_TRUE(is_own(producer_id_of_generation(first, 5)));
        EXPECT_TRUE(is_own(filler_producer_id(first)));
        EXPECT_TRUE(is_own(filler_producer_id(first, 7)));
        EXPECT_TRUE(is_own(stream_id(key))) << "without its offsets";
    }
}

TEST(OwnBatches, AreNobodyElses) {
    const auto other = [](const char* cluster, uint8_t topic_id, int32_t partition,
                          const char* from) {
        return preserved_stream_id(
            {cluster, Uuid{{topic_id}}, {"east.orders", PartitionIndex(partition)}, from, ""});
    };
    EXPECT_FALSE(is_own(ProducerId(-1)));
    EXPECT_FALSE(is_own(ProducerId(17)));
    EXPECT_FALSE(is_own(other("elsewhere", 1, 3, "orders")));
    EXPECT_FALSE(is_own(other("cluster", 7, 3, "orders"))) << "of another topic";
    EXPECT_FALSE(is_own(other("cluster", 1, 2, "orders"))) << "of another partition";
    EXPECT_FALSE(is_own(other("cluster", 1, 3, ""))) << "of a link that does not rename it";
}

}  // namespace
}  // namespace lockstep::replication
