#include "client/fetch_session.h"

#include "protocol/kafka_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::KafkaError;
using testing::ElementsAre;
using testing::IsEmpty;

Uuid id_of(uint8_t byte) {
    Uuid id;
    id.bytes.fill(byte);
    return id;
}

TopicPartition partition(const std::string& topic, int32_t index) {
    return {topic, PartitionIndex(index)};
}

FetchPosition at(int64_t offset, int32_t epoch = 0) {
    return {Offset(offset), LeaderEpoch(epoch)};
}

FetchResponse answer(int32_t session_id, KafkaError error = KafkaError::none) {
    FetchResponse response;
    response.session_id = session_id;
    response.error_code = static_cast<int16_t>(error);
    return response;
}

/// "orders-0@5 orders-1@0": what a request asks for.
std::vector<std::string> asked(const FetchRequest& request) {
    std::vector<std::string> texts;
    for (const auto& topic : request.topics) {
        for (const auto& entry : topic.partitions) {
            texts.push_back(topic.topic + "-" + std::to_string(entry.partition) + "@" +
                            std::to_string(entry.fetch_offset));
        }
    }
    return texts;
}

std::vector<std::string> forgotten(const FetchRequest& request) {
    std::vector<std::string> texts;
    for (const auto& topic : request.forgotten_topics_data) {
        for (const int32_t index : topic.partitions) {
            texts.push_back(topic.topic + "-" + std::to_string(index));
        }
    }
    return texts;
}

class FetchSessionTest : public testing::Test {
protected:
    FetchRequest build() { return session_.build({}); }

    /// Builds a request and has it answered.
    FetchRequest exchange(int32_t session_id = kSession) {
        FetchRequest request = build();
        EXPECT_TRUE(session_.accept(answer(session_id)));
        return request;
    }

    static constexpr int32_t kSession = 77;
    const TopicPartition a_ = partition("orders", 0);
    const TopicPartition b_ = partition("orders", 1);
    const TopicPartition c_ = partition("users", 0);
    FetchSession session_;
};

TEST_F(FetchSessionTest, IsFullAtFirst_AndAsksForASession) {
    session_.want(c_, id_of(2), at(9));
    session_.want(a_, id_of(1), at(5, 3));
    session_.want(b_, id_of(1), at(6));
    const FetchRequest request = build();
    EXPECT_THAT(asked(request), ElementsAre("orders-0@5", "orders-1@6", "users-0@9"));
    EXPECT_EQ(request.session_id, 0);
    EXPECT_EQ(request.session_epoch, 0);
    EXPECT_EQ(request.replica_id, -1);
    EXPECT_EQ(request.topics[0].topic_id, id_of(1));
    EXPECT_EQ(request.topics[0].partitions[0].current_leader_epoch, 3);
    EXPECT_THAT(forgotten(request), IsEmpty());
}

TEST_F(FetchSessionTest, ReadsCommitted_WithinTheLimits) {
    session_.want(a_, id_of(1), at(0));
    const FetchRequest request = session_.build(
        {.max_wait = std::chrono::milliseconds(123), .max_bytes = 456, .partition_max_bytes = 78});
    EXPECT_EQ(request.isolation_level, 1);
    EXPECT_EQ(request.max_wait_ms, 123);
    EXPECT_EQ(request.max_bytes, 456);
    EXPECT_EQ(request.topics.at(0).partitions.at(0).partition_max_bytes, 78);
}

TEST_F(FetchSessionTest, NamesOnlyWhatHasChanged_AfterTheFirst) {
    session_.want(a_, id_of(1), at(5));
    session_.want(b_, id_of(1), at(6));
    exchange();
    session_.want(b_, id_of(1), at(16));
    session_.want(a_, id_of(1), at(5));
    const FetchRequest second = exchange();
    EXPECT_EQ(second.session_id, kSession);
    EXPECT_EQ(second.session_epoch, 1);
    EXPECT_THAT(asked(second), ElementsAre("orders-1@16"));
    const FetchRequest third = exchange();
    EXPECT_EQ(third.session_epoch, 2);
    EXPECT_THAT(asked(third), IsEmpty());
}

TEST_F(FetchSessionTest, NamesAPartitionOnce_WhenItMovedTwice) {
    session_.want(a_, id_of(1), at(5));
    exchange();
    session_.want(a_, id_of(1), at(6));
    session_.want(a_, id_of(1), at(7));
    EXPECT_THAT(asked(exchange()), ElementsAre("orders-0@7"));
}

TEST_F(FetchSessionTest, NamesAPartition_WhoseLeaderEpochOrTopicIdHasChanged) {
    session_.want(a_, id_of(1), at(5, 1));
    exchange();
    session_.want(a_, id_of(1), at(5, 2));
    EXPECT_EQ(exchange().topics.at(0).partitions.at(0).current_leader_epoch, 2);
    session_.want(a_, id_of(9), at(5, 2));
    EXPECT_EQ(exchange().topics.at(0).topic_id, id_of(9));
}

// Else the broker would tell of the old one for ever.
TEST_F(FetchSessionTest, StartsOver_WhenATopicWasCreatedAnew) {
    session_.want(partition("orders", 0), id_of(1), at(5));
    session_.want(partition("others", 0), id_of(3), at(7));
    exchange();
    session_.forget(partition("orders", 0));
    session_.want(partition("orders", 0), id_of(2), at(0));
    const FetchRequest request = exchange();
    EXPECT_EQ(request.session_epoch, 0);
    EXPECT_THAT(asked(request), ElementsAre("orders-0@0", "others-0@7"));
    FetchResponse::FetchableTopicResponse of_the_old_one;
    of_the_old_one.topic_id = id_of(1);
    EXPECT_EQ(session_.topic_name(of_the_old_one), nullptr);
    EXPECT_NE(exchange().session_epoch, 0);
}

TEST_F(FetchSessionTest, NamesANewPartition_AtTheVeryBeginningOfItsLog) {
    session_.want(a_, id_of(1), at(5));
    exchange();
    session_.want(c_, Uuid{}, at(0, 0));  // all zeros: a new topic, on a cluster without topic ids
    EXPECT_FALSE(session_.is_told(c_));
    EXPECT_THAT(asked(exchange()), ElementsAre("users-0@0"));
}

TEST_F(FetchSessionTest, Forgets_ByName) {
    session_.want(a_, id_of(1), at(5));
    session_.want(b_, id_of(1), at(6));
    exchange();
    session_.forget(a_);
    const FetchRequest request = exchange();
    EXPECT_THAT(forgotten(request), ElementsAre("orders-0"));
    EXPECT_EQ(request.forgotten_topics_data[0].topic_id, id_of(1));
    EXPECT_THAT(asked(request), IsEmpty());
    EXPECT_THAT(forgotten(exchange()), IsEmpty());
}

TEST_F(FetchSessionTest, ForgetsNothing_ThatItDidNotWant) {
    session_.want(a_, id_of(1), at(5));
    exchange();
    session_.forget(b_);
    EXPECT_THAT(forgotten(exchange()), IsEmpty());
}

TEST_F(FetchSessionTest, DoesNotAskFor_WhatWasForgottenBeforeItWasTold) {
    session_.want(a_, id_of(1), at(5));
    exchange();
    session_.want(b_, id_of(1), at(6));
    session_.forget(b_);
    EXPECT_THAT(asked(exchange()), IsEmpty());
}

TEST_F(FetchSessionTest, AsksAndDoesNotForget_WhatIsForgottenAndWantedAgain) {
    session_.want(a_, id_of(1), at(5));
    session_.want(b_, id_of(1), at(6));
    exchange();
    session_.forget(a_);
    session_.want(a_, id_of(1), at(5));
    const FetchRequest request = exchange();
    EXPECT_THAT(asked(request), ElementsAre("orders-0@5"));
    EXPECT_THAT(forgotten(request), IsEmpty());
}

TEST_F(FetchSessionTest, WantsNothing_OnlyWhenEmpty) {
    EXPECT_TRUE(session_.wants_nothing());
    session_.want(a_, id_of(1), at(5));
    EXPECT_FALSE(session_.wants_nothing());
    session_.forget(a_);
    EXPECT_TRUE(session_.wants_nothing());
}

TEST_F(FetchSessionTest, IsTold_BetweenARequestAndTheNextMove) {
    EXPECT_FALSE(session_.is_told(a_));
    session_.want(a_, id_of(1), at(5));
    EXPECT_FALSE(session_.is_told(a_));
    build();
    EXPECT_TRUE(session_.is_told(a_));
    session_.accept(answer(kSession));
    EXPECT_TRUE(session_.is_told(a_));
    session_.want(a_, id_of(1), at(6));
    EXPECT_FALSE(session_.is_told(a_));
    session_.forget(a_);
    EXPECT_FALSE(session_.is_told(a_));
}

// An answer to the old request comes after that: it must not be taken for the new wish.
TEST_F(FetchSessionTest, IsNotTold_WhenForgottenAndWantedAgainWhileARequestIsUnderWay) {
    session_.want(a_, Uuid{}, at(0, 0));
    build();
    session_.forget(a_);
    session_.want(a_, Uuid{}, at(0, 0));
    session_.accept(answer(kSession));
    EXPECT_FALSE(session_.is_told(a_));
}

TEST_F(FetchSessionTest, StartsOver_WhenTheBrokerHasLostTheSession) {
    for (const KafkaError error :
         {KafkaError::fetch_session_id_not_found, KafkaError::invalid_fetch_session_epoch}) {
        session_.want(a_, id_of(1), at(5));
        session_.want(b_, id_of(1), at(6));
        exchange();
        session_.forget(b_);
        build();
        EXPECT_FALSE(session_.accept(answer(0, error)));
        const FetchRequest request = exchange();
        EXPECT_EQ(request.session_id, 0);
        EXPECT_EQ(request.session_epoch, 0);
        EXPECT_THAT(asked(request), ElementsAre("orders-0@5"));
        EXPECT_THAT(forgotten(request), IsEmpty());
    }
}

TEST_F(FetchSessionTest, StartsOver_WhenReset) {
    session_.want(a_, id_of(1), at(5));
    session_.want(b_, id_of(1), at(6));
    exchange();
    build();
    session_.reset();
    const FetchRequest request = exchange();
    EXPECT_EQ(request.session_epoch, 0);
    EXPECT_THAT(asked(request), ElementsAre("orders-0@5", "orders-1@6"));
}

TEST_F(FetchSessionTest, IsFullEachTime_WhenTheBrokerKeepsNoSessions) {
    session_.want(a_, id_of(1), at(5));
    session_.want(b_, id_of(1), at(6));
    exchange(0);
    EXPECT_TRUE(session_.is_told(a_));  // the answer that was just accepted is for this position
    session_.want(a_, id_of(1), at(50));
    session_.forget(b_);
    const FetchRequest second = exchange(0);
    EXPECT_EQ(second.session_epoch, 0);
    EXPECT_THAT(asked(second), ElementsAre("orders-0@50"));
    EXPECT_THAT(forgotten(second), IsEmpty());
    EXPECT_THAT(asked(exchange(0)), ElementsAre("orders-0@50"));
}

TEST_F(FetchSessionTest, CountsItsEpochs_AndWrapsToOne) {
    EXPECT_EQ(FetchSession::epoch_after(0), 1);
    EXPECT_EQ(FetchSession::epoch_after(1), 2);
    EXPECT_EQ(FetchSession::epoch_after(INT32_MAX), 1);
}

TEST_F(FetchSessionTest, FindsTheNameOfAnId) {
    session_.want(a_, id_of(1), at(5));
    FetchResponse::FetchableTopicResponse topic;
    topic.topic_id = id_of(1);
    ASSERT_NE(session_.topic_name(topic), nullptr);
    EXPECT_EQ(*session_.topic_name(topic), "orders");
    topic.topic_id = id_of(2);
    EXPECT_EQ(session_.topic_name(topic), nullptr);
    topic.topic = "named";
    EXPECT_EQ(*session_.topic_name(topic), "named");
}

}  // namespace
}  // namespace lockstep::client
