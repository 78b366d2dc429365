#include "tests/unit/client/batch_producer_fixture.h"

namespace lockstep::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ProducingFails : public BatchProducerTest {
protected:
    void settle() { loop_.advance(milliseconds(10)); }

    /// Sends until the requests of broker 1 are as many as it may have in flight.
    void fill_the_connection() {
        auto* busy = lane(8);
        send(*busy, {1, 2, 3, 4, 5, 6});
        settle();
        EXPECT_EQ(held_.size(), 5U);
    }

    /// Starts a lane that has stopped with its new leader, broker 2.
    void expect_that_broker_2_takes(TestLane& lane) {
        lane.lane->start(BrokerId(2), orders_id());
        send(lane, {1});
        settle();
        ASSERT_EQ(held_by_2_.size(), 1U);
        answer_to(held_by_2_[0]);
        EXPECT_THAT(lane.listener.events, ElementsAre("stopped", "acknowledged 1"));
    }
};

TEST_F(ProducingFails, StopsOnce_AfterWhatIsInFlight_WhenABatchIsRefused) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3, 4, 5, 6, 7});
    settle();
    answer(0);
    answer(1, KafkaError::not_leader_or_follower);
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 1"));
    answer(2, KafkaError::out_of_order_sequence_number);
    answer(3);
    EXPECT_FALSE(orders->lane->is_stopped());
    answer(4, KafkaError::out_of_order_sequence_number);
    answer(5, KafkaError::out_of_order_sequence_number);
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 1", "stopped"));
    EXPECT_EQ(orders->listener.stopped_with->code,
              make_error_code(KafkaError::not_leader_or_follower));
    EXPECT_THAT(orders->listener.stopped_with->message(),
                HasSubstr("produce orders-0 at offset 2 to broker 1"));
    EXPECT_TRUE(orders->lane->is_stopped());
    EXPECT_EQ(orders->lane->queued_bytes(), 0U);
    EXPECT_EQ(held_.size(), 6U);  // the seventh was dropped
}

// As where a partition's end ends what was to be sent of its map.
TEST_F(ProducingFails, StopsOthersWithIt_ThatWereToBeSentNext) {
    fill_the_connection();
    auto* first = lane(0);
    auto* second = lane(1);
    auto* third = lane(2);
    for (TestLane* each : {first, second, third}) {
        send(*each, {1});
    }
    first->listener.may_not_send = Error(Errc::stopped, "not now");
    first->listener.then = [&] {
        second->lane->stop(Error(Errc::stopped, "nor this"));
        third->lane->stop(Error(Errc::stopped, "nor this"));
    };
    answer(0);
    answer(1);
    for (const TestLane* each : {first, second, third}) {
        EXPECT_THAT(each->listener.events, ElementsAre("stopped"));
    }
}

TEST_F(ProducingFails, GoesOn_WithTheLanesOfOtherPartitions) {
    auto* bad = lane(0);
    auto* good = lane(1);
    bad->lane->send(batch(1));
    good->lane->send(batch(2));
    settle();
    ProduceResponse response = response_to(held_.at(0), KafkaError::none);
    for (auto& partition : response.responses[0].partition_responses) {
        partition.error_code = partition.index == 0 ? 3 : 0;
    }
    held_[0].answer(response);
    loop_.settle();
    EXPECT_THAT(bad->listener.events, ElementsAre("stopped"));
    EXPECT_THAT(good->listener.events, ElementsAre("acknowledged 2"));
    send(*good, {3});
    answer(1);
    EXPECT_THAT(good->listener.events, ElementsAre("acknowledged 2", "acknowledged 3"));
}

TEST_F(ProducingFails, TellsTheTargetsOwnWords) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    ProduceResponse response = response_to(held_.at(0), KafkaError::policy_violation);
    response.responses[0].partition_responses[0].error_message = "not on Sundays";
    held_[0].answer(response);
    loop_.settle();
    EXPECT_THAT(orders->listener.stopped_with->message(), HasSubstr("not on Sundays"));
}

TEST_F(ProducingFails, StopsALane_ThatTheAnswerLacks) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    ProduceResponse response = response_to(held_.at(0), KafkaError::none);
    response.responses[0].partition_responses[0].index = 4;
    held_[0].answer(response);
    loop_.settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::malformed));
}

TEST_F(ProducingFails, StopsEveryLaneOnce_WhenTheConnectionIsLost) {
    auto* first = lane(0);
    auto* second = lane(1);
    send(*first, {1, 2, 3});
    send(*second, {4, 5});
    settle();
    answer(0);
    broker1_.hang_up();
    loop_.settle();
    EXPECT_THAT(first->listener.events, ElementsAre("acknowledged 1", "stopped"));
    EXPECT_EQ(second->listener.events.back(), "stopped");
    EXPECT_EQ(std::ranges::count(second->listener.events, "stopped"), 1);
    EXPECT_TRUE(first->listener.stopped_with->is(Errc::disconnected));
    EXPECT_TRUE(first->lane->is_empty());
}

// A target that takes nothing any more: one request is being written, others wait behind it.
TEST_F(ProducingFails, StopsTheLaneOnce_WhenTheDeadlinePassesDuringAWrite) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    answer(0);
    held_.back().wire->hold_writes();
    send(*orders, {2});
    send(*orders, {3});
    send(*orders, {4});
    loop_.advance(seconds(31));
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 1", "stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::timeout));
}

TEST_F(ProducingFails, SendsAgain_WhenStartedAgain) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    broker1_.hang_up();
    loop_.settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    orders->lane->start(BrokerId(1), orders_id());
    send(*orders, {1});
    loop_.advance(seconds(1));
    ASSERT_EQ(held_.size(), 2U);
    answer(1);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped", "acknowledged 1"));
}

// What was read of a log before is not true of the log that a broker comes back with.
TEST_F(ProducingFails, Stops_WhereTheConnectionWasLost_BetweenOpenAndStart) {
    const auto way = test::run(loop_, producer_->open(BrokerId(1), {}));
    ASSERT_TRUE(way.has_value());
    broker1_.hang_up();
    loop_.settle();
    TestLane orders;
    orders.lane = producer_->add_lane({"orders", PartitionIndex(0)}, orders.listener);
    orders.lane->start(*way, orders_id());
    send(orders, {1});
    loop_.advance(seconds(1));
    EXPECT_THAT(orders.listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(orders.listener.stopped_with->is(Errc::disconnected));
    EXPECT_TRUE(held_.empty());
}

TEST_F(ProducingFails, SendsOnTheConnectionThatWasOpened) {
    const auto way = test::run(loop_, producer_->open(BrokerId(1), {}));
    const auto same = test::run(loop_, producer_->open(BrokerId(1), {}));
    ASSERT_TRUE(way.has_value() && same.has_value());
    EXPECT_EQ(way->lost, same->lost);
    TestLane orders;
    orders.lane = producer_->add_lane({"orders", PartitionIndex(0)}, orders.listener);
    orders.lane->start(*way, orders_id());
    const int connects = network_.connects();
    send(orders, {1});
    ASSERT_EQ(held_.size(), 1U);
    answer(0);
    EXPECT_THAT(orders.listener.events, ElementsAre("acknowledged 1"));
    EXPECT_EQ(network_.connects(), connects);
}

TEST_F(ProducingFails, SendsToTheNewLeader_WhenStartedAgainWithAnother) {
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    answer(0, KafkaError::not_leader_or_follower);
    expect_that_broker_2_takes(*orders);
}

// The lane still stands in the old leader's queue when it is started with a new one.
TEST_F(ProducingFails, SendsToTheNewLeader_WhenItWasWaitingForTheOldOne) {
    fill_the_connection();
    auto* orders = lane(0);
    send(*orders, {1});
    orders->lane->stop(Error(Errc::disconnected, "test"));
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    expect_that_broker_2_takes(*orders);
}

TEST_F(ProducingFails, IsNotStoppedByTheOldLeader_OnceStartedWithANewOne) {
    fill_the_connection();
    auto* orders = lane(0);
    send(*orders, {1});
    orders->lane->stop(Error(Errc::disconnected, "test"));
    orders->lane->start(BrokerId(2), orders_id());
    network_.refuse({"eu", 1});
    broker1_.hang_up();
    loop_.advance(seconds(1));
    send(*orders, {1});
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_EQ(held_by_2_.size(), 1U);
}

TEST_F(ProducingFails, SendsNothingMoreOfWhatIsQueued_OnceItsOwnerMayNot) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3, 4, 5, 6, 7});
    settle();
    ASSERT_EQ(held_.size(), 5U);
    orders->listener.may_not_send = Error(Errc::timeout, "another one's turn");
    answer(0);
    EXPECT_EQ(held_.size(), 5U);
    for (size_t request = 1; request < 5; ++request) {
        answer(request);
    }
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 1", "stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::timeout));
    EXPECT_TRUE(orders->lane->is_empty());
    EXPECT_EQ(held_.size(), 5U);
}

TEST_F(ProducingFails, Stops_WhenItsOwnerRefusesAnAcknowledgement) {
    auto* orders = lane(0);
    orders->listener.refuses = Offset(2);
    send(*orders, {1, 2, 3, 4});
    settle();
    answer(0);
    answer(1);
    answer(2);
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 1", "acknowledged 2"));
    answer(3);
    EXPECT_THAT(orders->listener.events,
                ElementsAre("acknowledged 1", "acknowledged 2", "stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::stopped));
}

TEST_F(ProducingFails, StopsAtOnce_WhenNothingIsInFlight) {
    auto* orders = lane(0);
    orders->lane->stop(Error(Errc::not_found, "test"));
    orders->lane->stop(Error(Errc::timeout, "test again"));
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::not_found));
}

TEST_F(ProducingFails, Stops_WhenTheLeaderIsNoBrokerOfTheCluster) {
    auto* orders = lane(0, 9);
    send(*orders, {1});
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::not_found));
}

TEST_F(ProducingFails, Stops_WhenTheBrokerCannotBeReached) {
    network_.refuse({"eu", 1});
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::disconnected));
}

TEST_F(ProducingFails, Stops_WhenTheBrokerDoesNotSpeakProduce) {
    broker1_.versions = test::versions_of({{ApiKey::metadata, 12}});
    auto* orders = lane(0);
    send(*orders, {1});
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(orders->listener.stopped_with->is(Errc::unsupported));
}

TEST_F(ProducingFails, SettlesEachBatchOnce_WithAnErrorAtEachReadAndWrite) {
    broker1_.on(ApiKey::produce, [this](const ReceivedRequest& request) {
        request.wire->send_in_dribs(request.frame_of(response_to(request, KafkaError::none)));
    });
    for (const bool is_read : {true, false}) {
        bool has_survived = false;
        for (int at = 0; !has_survived; ++at) {
            broker1_.hang_up();
            loop_.advance(seconds(10));
            (is_read ? network_.errors().failing_read : network_.errors().failing_write) = at;
            network_.errors().reads = network_.errors().writes = 0;
            auto* orders = lane(0);
            send(*orders, {1, 2, 3, 4, 5, 6, 7});
            loop_.advance(seconds(10));
            const auto& events = orders->listener.events;
            has_survived = events.size() == 7 && events.back() == "acknowledged 7";
            for (size_t i = 0; i + 1 < events.size(); ++i) {
                ASSERT_EQ(events[i], "acknowledged " + std::to_string(i + 1)) << at;
            }
            ASSERT_TRUE(has_survived || events.back() == "stopped") << at;
            ASSERT_TRUE(orders->lane->is_empty()) << at;
        }
        network_.errors() = {};
    }
}

}  // namespace
}  // namespace lockstep::client
