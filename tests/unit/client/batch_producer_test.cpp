#include "tests/unit/client/batch_producer_fixture.h"

namespace lockstep::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Producing : public BatchProducerTest {
protected:
    /// Waits for the first connection to be there.
    void settle() { loop_.advance(milliseconds(10)); }
};

TEST_F(Producing, SendsABatchToItsLeader_WithAllAcks) {
    auto* orders = lane(0);
    send(*orders, {5});
    settle();
    ASSERT_EQ(held_.size(), 1U);
    const auto request = held_[0].as<ProduceRequest>();
    EXPECT_EQ(request.acks, -1);
    EXPECT_FALSE(request.transactional_id.has_value());
    ASSERT_EQ(request.topic_data.size(), 1U);
    EXPECT_EQ(request.topic_data[0].topic_id, orders_id());
    EXPECT_EQ(request.topic_data[0].partition_data[0].records.size(), 100U);
    EXPECT_TRUE(held_by_2_.empty());
}

TEST_F(Producing, NamesTheTopic_WhereTheBrokerKnowsNoIds) {
    broker1_.versions = test::versions_without_topic_ids();
    auto* orders = lane(0);
    send(*orders, {5});
    settle();
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_THAT(contents(held_[0]), ElementsAre("orders-0:5"));
    answer(0);
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 5"));
}

TEST_F(Producing, TellsTheAnswersOffsetAndTime) {
    auto* orders = lane(0);
    send(*orders, {5});
    settle();
    ProduceResponse response = response_to(held_.at(0), KafkaError::none);
    auto& partition = response.responses[0].partition_responses[0];
    partition.base_offset = 99;
    partition.log_append_time_ms = 1234;
    held_[0].answer(response);
    loop_.settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 5"));
    EXPECT_EQ(orders->listener.last_answer->base_offset, Offset(99));
    EXPECT_EQ(orders->listener.last_answer->log_append_time_ms, 1234);
    EXPECT_TRUE(orders->lane->is_empty());
}

TEST_F(Producing, PutsAtMostOneBatchOfAPartitionIntoARequest) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3});
    settle();
    ASSERT_EQ(held_.size(), 3U);
    EXPECT_THAT(contents(held_[0]), ElementsAre("id-0:1"));
    EXPECT_THAT(contents(held_[1]), ElementsAre("id-0:2"));
    EXPECT_THAT(contents(held_[2]), ElementsAre("id-0:3"));
}

TEST_F(Producing, PutsBatchesOfSeveralPartitionsIntoOneRequest) {
    auto* first = lane(0);
    auto* second = lane(1);
    first->lane->send(batch(1));
    second->lane->send(batch(2));
    settle();
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_THAT(contents(held_[0]), UnorderedElementsAre("id-0:1", "id-1:2"));
    EXPECT_EQ(held_[0].as<ProduceRequest>().topic_data.size(), 1U);
    answer(0);
    EXPECT_THAT(first->listener.events, ElementsAre("acknowledged 1"));
    EXPECT_THAT(second->listener.events, ElementsAre("acknowledged 2"));
}

TEST_F(Producing, HasAtMostFiveBatchesOfAPartitionInFlight) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3, 4, 5, 6, 7, 8});
    settle();
    EXPECT_EQ(held_.size(), 5U);
    answer(0);
    EXPECT_EQ(held_.size(), 6U);
    answer(1);
    answer(2);
    EXPECT_EQ(held_.size(), 8U);
}

TEST_F(Producing, AcknowledgesInOrder) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3});
    settle();
    // All answers at once: their callers must still come one after the other.
    for (const ReceivedRequest& request : held_) {
        request.answer(response_to(request, KafkaError::none));
    }
    loop_.settle();
    EXPECT_THAT(orders->listener.events,
                ElementsAre("acknowledged 1", "acknowledged 2", "acknowledged 3"));
}

TEST_F(Producing, CountsQueuedBytes_UntilTheyAreAcknowledged) {
    auto* orders = lane(0);
    orders->lane->send(batch(1, 1'000));
    orders->lane->send(batch(2, 500));
    EXPECT_EQ(orders->lane->queued_bytes(), 1'500U);
    settle();
    EXPECT_EQ(orders->lane->queued_bytes(), 1'500U);
    answer(0);
    EXPECT_EQ(orders->lane->queued_bytes(), 500U);
    answer(1);
    EXPECT_EQ(orders->lane->queued_bytes(), 0U);
}

TEST_F(Producing, MeasuresHowLongRequestsTake) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    loop_.advance(milliseconds(150));
    answer(0);
    EXPECT_EQ(producer_->latency().count(), 1U);
    EXPECT_NEAR(producer_->latency().sum_seconds(), 0.15, 0.02);
}

TEST_F(Producing, KeepsTheBatchAlive_UntilItIsAnswered) {
    auto* orders = lane(0);
    OutgoingBatch sent = batch(1);
    const std::weak_ptr<uint8_t[]> memory = sent.bytes.owner;
    orders->lane->send(std::move(sent));
    settle();
    EXPECT_FALSE(memory.expired());
    answer(0);
    EXPECT_TRUE(memory.expired());
}

TEST_F(Producing, DropsWhatIsSentToAStoppedLane) {
    auto* orders = lane(0);
    orders->lane->stop(Error(Errc::stopped, "test"));
    send(*orders, {1});
    settle();
    EXPECT_TRUE(held_.empty());
    EXPECT_EQ(orders->lane->queued_bytes(), 0U);
}

Task<void> drain_and_note(BatchProducer& producer, runtime::TimePoint deadline, bool& is_drained) {
    co_await producer.drain(deadline);
    is_drained = true;
}

TEST_F(Producing, Drain_WaitsForQueueAndFlight) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3, 4, 5, 6});
    settle();
    bool is_drained = false;
    runtime::TaskGroup tasks(loop_);
    tasks.spawn("drain", drain_and_note(*producer_, loop_.now() + seconds(9), is_drained));
    for (size_t i = 0; i < 6; ++i) {
        EXPECT_FALSE(is_drained) << i;
        answer(i);
    }
    loop_.settle();
    EXPECT_TRUE(is_drained);
}

TEST_F(Producing, Drain_EndsAtItsDeadline) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    const auto begun = loop_.now();
    test::run(loop_, producer_->drain(begun + seconds(3)));
    EXPECT_EQ(loop_.now() - begun, seconds(3));
}

TEST_F(Producing, Drain_ReturnsAtOnce_WhenNothingIsUnsettled) {
    const auto begun = loop_.now();
    test::run(loop_, producer_->drain(begun + seconds(3)));
    EXPECT_EQ(loop_.now(), begun);
}

TEST_F(Producing, Drain_DoesNotWaitForWhatWasDropped) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3, 4, 5, 6, 7});
    settle();
    orders->lane->stop(Error(Errc::stopped, "test"));
    for (size_t i = 0; i < 5; ++i) {
        answer(i);
    }
    const auto begun = loop_.now();
    test::run(loop_, producer_->drain(begun + seconds(3)));
    EXPECT_EQ(loop_.now(), begun);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
}

}  // namespace
}  // namespace lockstep::client
