#include "client/topic_presence.h"

#include "protocol/kafka_error.h"
#include "tests/unit/client/two_brokers.h"

namespace lockstep::client {
namespace {

using Kind = TopicPresence::Kind;
using protocol::KafkaError;

class TopicPresenceTest : public TwoBrokersTest {
protected:
    ~TopicPresenceTest() override { test::run(loop_, cluster_.close()); }

    static protocol::MetadataResponse::MetadataResponseTopic topic(KafkaError error, Uuid id = {}) {
        protocol::MetadataResponse::MetadataResponseTopic topic;
        topic.name = "orders";
        topic.error_code = static_cast<int16_t>(error);
        topic.topic_id = id;
        return topic;
    }

    TopicPresence ask(KafkaError first, KafkaError second, Uuid id = {}) {
        broker1_.metadata.topics = {topic(first, id)};
        broker2_.metadata.topics = {topic(second, id)};
        const std::vector<std::string> names{"orders"};
        return test::run(loop_, ask_for_topics(cluster_, names, {})).at("orders");
    }

    static constexpr auto kGone = KafkaError::unknown_topic_or_partition;
};

TEST_F(TopicPresenceTest, IsGone_WhereEachBrokerSaysSo) {
    EXPECT_EQ(ask(kGone, kGone).kind, Kind::gone);
}

TEST_F(TopicPresenceTest, IsThere_WhereOneBrokerKnowsIt) {
    const TopicPresence found = ask(kGone, KafkaError::none, Uuid{{7}});
    EXPECT_EQ(found.kind, Kind::there);
    EXPECT_EQ(found.id, Uuid{{7}});
    EXPECT_EQ(ask(KafkaError::leader_not_available, kGone).kind, Kind::there);
}

TEST_F(TopicPresenceTest, IsUnknown_WhereABrokerDoesNotTell) {
    const TopicPresence found = ask(kGone, KafkaError::topic_authorization_failed);
    EXPECT_EQ(found.kind, Kind::unknown);
    EXPECT_NE(found.problem.find("broker 2 of eu does not tell"), std::string::npos)
        << found.problem;
    EXPECT_EQ(ask(KafkaError::topic_authorization_failed, kGone).kind, Kind::unknown);
}

TEST_F(TopicPresenceTest, IsUnknown_WhereTheBrokerIsOfAnotherClusterNow) {
    broker2_.metadata.cluster_id = "other";
    EXPECT_EQ(ask(kGone, kGone).kind, Kind::unknown);
}

TEST_F(TopicPresenceTest, IsUnknown_WhereTheAnswerLacksIt) {
    broker1_.metadata.topics.clear();
    broker2_.metadata.topics.clear();
    const std::vector<std::string> names{"orders"};
    EXPECT_EQ(test::run(loop_, ask_for_topics(cluster_, names, {})).at("orders").kind,
              Kind::unknown);
}

}  // namespace
}  // namespace lockstep::client
