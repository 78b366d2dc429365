#include "tests/unit/client/batch_producer_fixture.h"
#include "tests/unit/client/marker_answers.h"

namespace lockstep::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Requests = std::vector<ReceivedRequest>;

/// Gaps and batches in lanes; the brokers keep markers, too, until the test answers.
class FillingGaps : public BatchProducerTest {
protected:
    FillingGaps() {
        hold_markers(broker1_, markers_);
        hold_markers(broker2_, markers_by_2_);
    }

    /// Its markers have their offsets for epochs.
    static OutgoingGap gap(int64_t base_offset, int64_t count) {
        OutgoingGap made;
        made.base_offset = Offset(base_offset);
        made.count = count;
        made.marker_at = [base_offset](int64_t index) {
            return TxnMarker{ProducerId(77),
                             ProducerEpoch(static_cast<int16_t>(base_offset + index))};
        };
        return made;
    }

    /// Time enough to connect, but not for a deadline.
    void settle() { loop_.advance(milliseconds(10)); }

    void acknowledge(size_t index, KafkaError error = KafkaError::none) {
        answer(index, error);
        settle();
    }
    /// Answers marker request number `index` of broker 1.
    void answer_markers(size_t index, KafkaError error = KafkaError::none) {
        ASSERT_LT(index, markers_->size());
        const ReceivedRequest& request = markers_->at(index);
        request.answer(marker_response_to(request, error));
        settle();
    }

    /// In dribs, so that a read may fail in the middle of an answer.
    void answer_all_at_once() {
        broker1_.on(ApiKey::produce, [](const ReceivedRequest& request) {
            request.wire->send_in_dribs(request.frame_of(response_to(request, KafkaError::none)));
        });
        broker1_.on(ApiKey::write_txn_markers, [](const ReceivedRequest& request) {
            request.wire->send_in_dribs(
                request.frame_of(marker_response_to(request, KafkaError::none)));
        });
    }

    /// Why the lane has stopped; no error where it has not.
    static Error reason(const TestLane& of) { return of.listener.stopped_with.value_or(Error()); }

    // Shared with the brokers, which outlive this class.
    std::shared_ptr<Requests> markers_ = std::make_shared<Requests>();
    std::shared_ptr<Requests> markers_by_2_ = std::make_shared<Requests>();

private:
    static void hold_markers(test::FakeBroker& broker, const std::shared_ptr<Requests>& held) {
        broker.on(ApiKey::write_txn_markers,
                  [held](const ReceivedRequest& request) { held->push_back(request); });
    }
};

TEST_F(FillingGaps, WritesAMarkerForEachOffset_ToTheLanesLeader) {
    auto* orders = lane(3, 2);
    orders->lane->send(gap(10, 3));
    settle();
    EXPECT_TRUE(markers_->empty());
    ASSERT_EQ(markers_by_2_->size(), 1U);
    EXPECT_THAT(epochs_of(markers_by_2_->at(0)), ElementsAre(10, 11, 12));
    const auto request = markers_by_2_->at(0).as<protocol::WriteTxnMarkersRequest>();
    for (const auto& marker : request.markers) {
        EXPECT_EQ(marker.producer_id, 77);
        ASSERT_EQ(marker.topics.size(), 1U);
        EXPECT_EQ(marker.topics[0].name, "orders");
        EXPECT_THAT(marker.topics[0].partition_indexes, ElementsAre(3));
    }
}

TEST_F(FillingGaps, TellsThatAGapIsFilled_OnceItsMarkersAreAnswered) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 3));
    settle();
    EXPECT_THAT(orders->listener.events, IsEmpty());
    EXPECT_FALSE(orders->lane->is_empty());
    answer_markers(0);
    EXPECT_THAT(orders->listener.events, ElementsAre("filled 10+3"));
    EXPECT_TRUE(orders->lane->is_empty());
    EXPECT_FALSE(orders->lane->is_stopped());
    EXPECT_EQ(markers_->size(), 1U);
}

TEST_F(FillingGaps, SendsNothingBehindAGap_BeforeItIsFilled) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 3));
    send(*orders, {13, 14});
    settle();
    EXPECT_TRUE(held_.empty());
    answer_markers(0);
    ASSERT_EQ(held_.size(), 2U);
    EXPECT_THAT(contents(held_[0]), ElementsAre("id-0:13"));
    EXPECT_THAT(contents(held_[1]), ElementsAre("id-0:14"));
}

TEST_F(FillingGaps, SendsNothingBehindAGap_BeforeTheLastOfItsRequestsIsAnswered) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 2'500));
    send(*orders, {100});
    settle();
    ASSERT_EQ(markers_->size(), 3U);
    answer_markers(0);
    answer_markers(1);
    EXPECT_TRUE(held_.empty());
    EXPECT_THAT(orders->listener.events, IsEmpty());
    answer_markers(2);
    EXPECT_EQ(held_.size(), 1U);
    EXPECT_THAT(orders->listener.events, ElementsAre("filled 10+2500"));
}

TEST_F(FillingGaps, DoesNotBeginAGap_BeforeAllInFrontIsAcknowledged) {
    auto* orders = lane(0);
    send(*orders, {1, 2, 3, 4, 5, 6});
    orders->lane->send(gap(7, 2));
    settle();
    for (size_t i = 0; i < 6; ++i) {
        EXPECT_TRUE(markers_->empty()) << i;
        acknowledge(i);
    }
    ASSERT_EQ(markers_->size(), 1U);
    EXPECT_THAT(epochs_of(markers_->at(0)), ElementsAre(7, 8));
}

TEST_F(FillingGaps, BeginsAGapThatComesLater_AfterWhatIsInFlight) {
    auto* orders = lane(0);
    send(*orders, {1, 2});
    settle();
    orders->lane->send(gap(3, 1));
    settle();
    acknowledge(0);
    EXPECT_TRUE(markers_->empty());
    acknowledge(1);
    EXPECT_EQ(markers_->size(), 1U);
}

TEST_F(FillingGaps, HoldsBackWhatComes_WhileAGapIsFilled) {
    auto* orders = lane(0);
    orders->lane->send(gap(1, 1));
    settle();
    ASSERT_EQ(markers_->size(), 1U);
    send(*orders, {2});
    orders->lane->send(gap(3, 1));
    settle();
    EXPECT_TRUE(held_.empty());
    EXPECT_EQ(markers_->size(), 1U);
    answer_markers(0);
    EXPECT_EQ(held_.size(), 1U);
    EXPECT_EQ(markers_->size(), 1U);
}

TEST_F(FillingGaps, FillsGapsOneAfterTheOther) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 2));
    orders->lane->send(gap(12, 1));
    orders->lane->send(gap(13, 1));
    settle();
    for (size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(markers_->size(), i + 1);
        answer_markers(i);
    }
    EXPECT_THAT(orders->listener.events, ElementsAre("filled 10+2", "filled 12+1", "filled 13+1"));
}

TEST_F(FillingGaps, TellsBatchesAndGapsInOrder) {
    answer_all_at_once();
    auto* orders = lane(0);
    orders->lane->send(gap(0, 1));
    send(*orders, {1, 2});
    orders->lane->send(gap(3, 2));
    orders->lane->send(gap(5, 1));
    send(*orders, {6, 7, 8, 9, 10, 11});
    orders->lane->send(gap(12, 9));
    settle();
    EXPECT_THAT(orders->listener.events,
                ElementsAre("filled 0+1", "acknowledged 1", "acknowledged 2", "filled 3+2",
                            "filled 5+1", "acknowledged 6", "acknowledged 7", "acknowledged 8",
                            "acknowledged 9", "acknowledged 10", "acknowledged 11", "filled 12+9"));
    EXPECT_TRUE(orders->lane->is_empty());
}

TEST_F(FillingGaps, DoesNotHoldUpOtherPartitions) {
    auto* first = lane(0);
    auto* second = lane(1);
    auto* third = lane(2);
    first->lane->send(gap(1, 1));
    settle();
    second->lane->send(gap(2, 1));
    send(*third, {3, 4});
    settle();
    EXPECT_EQ(markers_->size(), 2U);
    ASSERT_EQ(held_.size(), 2U);
    acknowledge(0);
    acknowledge(1);
    EXPECT_THAT(third->listener.events, ElementsAre("acknowledged 3", "acknowledged 4"));
    answer_markers(0);
    EXPECT_THAT(first->listener.events, ElementsAre("filled 1+1"));
    EXPECT_THAT(second->listener.events, IsEmpty());
}

TEST_F(FillingGaps, FillsThoseOfSeveralPartitions_InOneRequest) {
    auto* first = lane(0);
    auto* second = lane(1);
    send(*first, {1});
    first->lane->send(gap(2, 1));
    send(*second, {5});
    second->lane->send(gap(6, 2));
    settle();
    ASSERT_EQ(held_.size(), 1U);
    acknowledge(0);
    ASSERT_EQ(markers_->size(), 1U);
    EXPECT_THAT(epochs_of(markers_->at(0)), ElementsAre(2, 6, 7));
    answer_markers(0);
    EXPECT_THAT(first->listener.events, ElementsAre("acknowledged 1", "filled 2+1"));
    EXPECT_THAT(second->listener.events, ElementsAre("acknowledged 5", "filled 6+2"));
}

TEST_F(FillingGaps, CountsBytesOfBatchesAlone) {
    auto* orders = lane(0);
    orders->lane->send(batch(1, 1'000));
    orders->lane->send(gap(2, 3));
    orders->lane->send(batch(5, 500));
    EXPECT_EQ(orders->lane->queued_bytes(), 1'500U);
    settle();
    acknowledge(0);
    EXPECT_EQ(orders->lane->queued_bytes(), 500U);
    answer_markers(0);
    EXPECT_EQ(orders->lane->queued_bytes(), 500U);
    acknowledge(1);
    EXPECT_EQ(orders->lane->queued_bytes(), 0U);
}

TEST_F(FillingGaps, StopsOnce_AndSaysTheOffsets_WhenAMarkerIsRefused) {
    auto* orders = lane(0);
    send(*orders, {9});
    orders->lane->send(gap(10, 3));
    send(*orders, {13});
    orders->lane->send(gap(14, 1));
    settle();
    acknowledge(0);
    answer_markers(0, KafkaError::cluster_authorization_failed);
    EXPECT_THAT(orders->listener.events, ElementsAre("acknowledged 9", "stopped"));
    EXPECT_EQ(reason(*orders).code, make_error_code(KafkaError::cluster_authorization_failed));
    EXPECT_THAT(reason(*orders).message(), HasSubstr("[10, 13) of orders-0 on broker 1"));
    EXPECT_TRUE(orders->lane->is_stopped());
    EXPECT_TRUE(orders->lane->is_empty());
    EXPECT_EQ(orders->lane->queued_bytes(), 0U);
    EXPECT_EQ(held_.size(), 1U);  // what was behind the gap was dropped
    EXPECT_EQ(markers_->size(), 1U);
}

TEST_F(FillingGaps, StopsOnlyOnceAllItsMarkersAreAnswered_WhenOneIsRefused) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 3'000));
    settle();
    ASSERT_EQ(markers_->size(), 3U);
    answer_markers(0, KafkaError::not_leader_or_follower);
    answer_markers(1, KafkaError::invalid_producer_epoch);
    EXPECT_THAT(orders->listener.events, IsEmpty());
    EXPECT_FALSE(orders->lane->is_stopped());
    answer_markers(2);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_EQ(reason(*orders).code, make_error_code(KafkaError::not_leader_or_follower));
}

TEST_F(FillingGaps, GoesOnWithOtherPartitions_WhenAMarkerIsRefused) {
    auto* bad = lane(0);
    auto* good = lane(1);
    bad->lane->send(gap(10, 1));
    settle();
    good->lane->send(gap(20, 1));
    settle();
    ASSERT_EQ(markers_->size(), 2U);
    answer_markers(0, KafkaError::not_leader_or_follower);
    answer_markers(1);
    EXPECT_THAT(bad->listener.events, ElementsAre("stopped"));
    EXPECT_THAT(good->listener.events, ElementsAre("filled 20+1"));
}

TEST_F(FillingGaps, StopsOnce_WhenTheConnectionIsLost) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 2'000));
    send(*orders, {100});
    settle();
    answer_markers(0);
    broker1_.hang_up();
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(*orders).is(Errc::disconnected));
    EXPECT_TRUE(orders->lane->is_empty());
}

// Its leader may have come back without the log's end, where the markers were to be.
TEST_F(FillingGaps, WritesNoMarker_WhereTheWayWasLostWhileItConnected) {
    const auto way = test::run(loop_, producer_->open(BrokerId(1), {}));
    ASSERT_TRUE(way.has_value());
    TestLane orders;
    orders.lane = producer_->add_lane({"orders", PartitionIndex(0)}, orders.listener);
    orders.lane->start(*way, orders_id());
    orders.lane->send(gap(10, 1));
    broker1_.hang_up();
    settle();
    EXPECT_THAT(orders.listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(orders).is(Errc::disconnected));
    EXPECT_TRUE(markers_->empty());
}

TEST_F(FillingGaps, Stops_WhenTheLeaderIsNoBrokerOfTheCluster) {
    auto* orders = lane(0, 9);
    orders->lane->send(gap(10, 1));
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(*orders).is(Errc::not_found));
}

TEST_F(FillingGaps, Stops_WhenTheBrokerDoesNotSpeakWriteTxnMarkers) {
    broker1_.versions = test::versions_of({{ApiKey::metadata, 12}, {ApiKey::produce, 13}});
    auto* orders = lane(0);
    orders->lane->send(gap(10, 1));
    settle();
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(*orders).is(Errc::unsupported));
}

TEST_F(FillingGaps, WritesNoMarker_WhenABatchInFrontIsRefused) {
    auto* orders = lane(0);
    send(*orders, {1, 2});
    orders->lane->send(gap(3, 1));
    settle();
    acknowledge(0, KafkaError::not_leader_or_follower);
    acknowledge(1, KafkaError::out_of_order_sequence_number);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(markers_->empty());
    EXPECT_TRUE(orders->lane->is_empty());
}

TEST_F(FillingGaps, WritesNoMarker_WhenTheListenerRefusesWhatIsInFront) {
    auto* orders = lane(0);
    orders->listener.refuses = Offset(2);
    send(*orders, {1, 2});
    orders->lane->send(gap(3, 1));
    settle();
    acknowledge(0);
    acknowledge(1);
    EXPECT_THAT(orders->listener.events,
                ElementsAre("acknowledged 1", "acknowledged 2", "stopped"));
    EXPECT_TRUE(markers_->empty());
}

TEST_F(FillingGaps, WritesNoMarker_WhenStoppedBeforeTheGapWasBegun) {
    auto* orders = lane(0);
    send(*orders, {1});
    orders->lane->send(gap(2, 1));
    settle();
    orders->lane->stop(Error(Errc::not_found, "test"));
    acknowledge(0);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(markers_->empty());
}

TEST_F(FillingGaps, DropsAGap_ThatIsSentToAStoppedLane) {
    auto* orders = lane(0);
    orders->lane->stop(Error(Errc::stopped, "test"));
    orders->lane->send(gap(1, 1));
    settle();
    EXPECT_TRUE(markers_->empty());
    EXPECT_TRUE(orders->lane->is_empty());
}

TEST_F(FillingGaps, Stop_WaitsForTheGapThatIsBeingFilled) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 2'000));
    send(*orders, {100});
    settle();
    orders->lane->stop(Error(Errc::not_found, "test"));
    EXPECT_EQ(orders->lane->queued_bytes(), 0U);
    answer_markers(0);
    EXPECT_THAT(orders->listener.events, IsEmpty());
    EXPECT_FALSE(orders->lane->is_stopped());
    answer_markers(1);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(*orders).is(Errc::not_found));
    EXPECT_TRUE(orders->lane->is_stopped());
    EXPECT_TRUE(held_.empty());
}

TEST_F(FillingGaps, Stop_KeepsItsReason_WhenTheMarkersAreRefusedAfterIt) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 1));
    settle();
    orders->lane->stop(Error(Errc::not_found, "test"));
    answer_markers(0, KafkaError::not_leader_or_follower);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(*orders).is(Errc::not_found));
}

/// Has enough once a gap is filled.
class StoppingListener : public NotingListener {
public:
    void on_filled(const OutgoingGap& gap) override {
        NotingListener::on_filled(gap);
        lane->stop(Error(Errc::not_found, "enough"));
    }

    std::shared_ptr<BatchProducer::Lane> lane;
};

TEST_F(FillingGaps, MayBeStopped_WhenItTellsThatAGapIsFilled) {
    StoppingListener listener;
    listener.lane = producer_->add_lane({"orders", PartitionIndex(0)}, listener);
    listener.lane->start(BrokerId(1), orders_id());
    listener.lane->send(gap(10, 1));
    listener.lane->send(gap(11, 1));
    listener.lane->send(batch(12));
    settle();
    answer_markers(0);
    EXPECT_THAT(listener.events, ElementsAre("filled 10+1", "stopped"));
    EXPECT_TRUE(listener.lane->is_stopped());
    EXPECT_EQ(markers_->size(), 1U);
    EXPECT_TRUE(held_.empty());
}

TEST_F(FillingGaps, FillsAtTheNewLeader_WhenStartedAgainWithAnother) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 3));
    settle();
    answer_markers(0, KafkaError::not_leader_or_follower);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    orders->lane->start(BrokerId(2), orders_id());
    orders->lane->send(gap(12, 1));
    orders->lane->send(batch(13));
    settle();
    ASSERT_EQ(markers_by_2_->size(), 1U);
    EXPECT_THAT(epochs_of(markers_by_2_->at(0)), ElementsAre(12));
    EXPECT_TRUE(held_by_2_.empty());
    markers_by_2_->at(0).answer(marker_response_to(markers_by_2_->at(0), KafkaError::none));
    settle();
    ASSERT_EQ(held_by_2_.size(), 1U);
    answer_to(held_by_2_[0]);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped", "filled 12+1", "acknowledged 13"));
}

Task<void> drain_and_note(BatchProducer& producer, runtime::TimePoint deadline, bool& is_drained) {
    co_await producer.drain(deadline);
    is_drained = true;
}

TEST_F(FillingGaps, Drain_WaitsForGaps_QueuedAndBeingFilled) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 1));
    orders->lane->send(gap(11, 1));
    settle();
    bool is_drained = false;
    runtime::TaskGroup tasks(loop_);
    tasks.spawn("drain", drain_and_note(*producer_, loop_.now() + seconds(9), is_drained));
    loop_.settle();
    for (size_t i = 0; i < 2; ++i) {
        EXPECT_FALSE(is_drained) << i;
        answer_markers(i);
    }
    EXPECT_TRUE(is_drained);
    loop_.advance(seconds(10));  // else the task would outlive its group where this fails
}

TEST_F(FillingGaps, Drain_WaitsForAStoppedLanesMarkers_ButNotForWhatWasDropped) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 1));
    orders->lane->send(gap(11, 1));
    send(*orders, {12});
    settle();
    orders->lane->stop(Error(Errc::stopped, "test"));
    bool is_drained = false;
    runtime::TaskGroup tasks(loop_);
    tasks.spawn("drain", drain_and_note(*producer_, loop_.now() + seconds(9), is_drained));
    loop_.settle();
    EXPECT_FALSE(is_drained);
    answer_markers(0);
    EXPECT_TRUE(is_drained);
    loop_.advance(seconds(10));  // else the task would outlive its group where this fails
}

TEST_F(FillingGaps, Drain_DoesNotWaitForARefusedGap) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 1));
    orders->lane->send(gap(11, 1));
    settle();
    answer_markers(0, KafkaError::not_leader_or_follower);
    const auto begun = loop_.now();
    test::run(loop_, producer_->drain(begun + seconds(3)));
    EXPECT_EQ(loop_.now(), begun);
}

TEST_F(FillingGaps, RequestStop_EndsAGap_AfterWhatIsUnderWay) {
    auto* orders = lane(0);
    orders->lane->send(gap(10, 9'000));
    settle();
    const size_t under_way = markers_->size();
    ASSERT_LT(under_way, 9U);
    producer_->request_stop();
    for (size_t i = 0; i < under_way; ++i) {
        EXPECT_THAT(orders->listener.events, IsEmpty()) << i;
        answer_markers(i);
    }
    EXPECT_EQ(markers_->size(), under_way);
    EXPECT_THAT(orders->listener.events, ElementsAre("stopped"));
    EXPECT_TRUE(reason(*orders).is(Errc::stopped));
}

TEST_F(FillingGaps, TellsEachOnce_WithAnErrorAtEachReadAndWrite) {
    answer_all_at_once();
    const std::vector<std::string> all{"acknowledged 1", "filled 2+3", "acknowledged 5",
                                       "filled 6+1", "acknowledged 7"};
    for (const bool is_read : {true, false}) {
        int stops = 0;
        bool is_reached = true;
        for (int at = 0; is_reached; ++at) {
            ASSERT_LT(at, 1'000);
            broker1_.hang_up();
            loop_.advance(seconds(10));
            network_.errors() = {};
            (is_read ? network_.errors().failing_read : network_.errors().failing_write) = at;
            auto* orders = lane(0);
            orders->lane->send(batch(1));
            orders->lane->send(gap(2, 3));
            orders->lane->send(batch(5));
            orders->lane->send(gap(6, 1));
            orders->lane->send(batch(7));
            loop_.advance(seconds(10));
            is_reached = (is_read ? network_.errors().reads : network_.errors().writes) > at;
            std::vector<std::string> told = orders->listener.events;
            ASSERT_TRUE(orders->lane->is_empty()) << at;
            if (orders->lane->is_stopped()) {
                ++stops;
                ASSERT_TRUE(is_reached) << at;
                ASSERT_EQ(told.back(), "stopped") << at;
                told.pop_back();
                ASSERT_LT(told.size(), all.size()) << at;
                ASSERT_TRUE(std::ranges::equal(told, std::span(all).first(told.size()))) << at;
            } else {
                ASSERT_EQ(told, all) << at;
            }
        }
        EXPECT_GE(stops, 5) << is_read;  // at least one for each of them
        network_.errors() = {};
    }
}

}  // namespace
}  // namespace lockstep::client
