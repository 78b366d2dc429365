#include "client/txn_markers.h"

#include "protocol/kafka_error.h"
#include "tests/unit/client/marker_answers.h"
#include "tests/unit/client/two_brokers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

namespace lockstep::client {
namespace {

using protocol::ApiKey;
using protocol::KafkaError;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::ReceivedRequest;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// Broker 2 leads orders-3 and keeps what it is sent until the test answers.
class TxnMarkersTest : public TwoBrokersTest {
protected:
    TxnMarkersTest() { broker2_.hold(ApiKey::write_txn_markers, held_); }
    ~TxnMarkersTest() override {
        writer_.request_stop();
        test::run(loop_, cluster_.close());
        test::run(loop_, writing_.join());
        test::run(loop_, writer_.join());
    }

    static TxnMarkers markers(int64_t count) {
        TxnMarkers made;
        made.partition = {"orders", PartitionIndex(3)};
        made.leader = BrokerId(2);
        made.count = count;
        made.at = [](int64_t index) {
            return TxnMarker{ProducerId(77), ProducerEpoch(static_cast<int16_t>(index + 5))};
        };
        return made;
    }

    void begin(TxnMarkers markers) {
        outcome_.reset();
        writing_.spawn("write", test::keep_result(writer_.write(std::move(markers)), &outcome_));
        settle();
    }

    /// Time enough to connect, but not for a deadline.
    void settle() { loop_.advance(milliseconds(10)); }

    void answer(size_t index, KafkaError error = KafkaError::none) {
        ASSERT_LT(index, held_.size());
        held_[index].answer(marker_response_to(held_[index], error));
        settle();
    }
    /// In dribs, so that a read may fail in the middle of an answer.
    void answer_at_once() {
        broker2_.on(ApiKey::write_txn_markers, [this](const ReceivedRequest& request) {
            held_.push_back(request);
            request.wire->send_in_dribs(
                request.frame_of(marker_response_to(request, KafkaError::none)));
        });
    }

    std::vector<size_t> sizes_of_requests() const {
        std::vector<size_t> sizes;
        for (const ReceivedRequest& request : held_) {
            sizes.push_back(epochs_of(request).size());
        }
        return sizes;
    }

    std::vector<ReceivedRequest> held_;
    TxnMarkerWriter writer_{cluster_};
    runtime::TaskGroup writing_{loop_};
    std::optional<Result<void>> outcome_;
    std::map<int32_t, std::optional<Result<void>>> outcomes_;  // by partition
};

TEST_F(TxnMarkersTest, AreAbortsOfOnePartition_SentToItsLeader) {
    begin(markers(3));
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_EQ(broker1_.count(ApiKey::write_txn_markers), 0);
    const auto request = held_[0].as<WriteTxnMarkersRequest>();
    ASSERT_EQ(request.markers.size(), 3U);
    for (const auto& marker : request.markers) {
        EXPECT_FALSE(marker.transaction_result);
        ASSERT_EQ(marker.topics.size(), 1U);
        EXPECT_EQ(marker.topics[0].name, "orders");
        EXPECT_THAT(marker.topics[0].partition_indexes, ElementsAre(3));
    }
}

TEST_F(TxnMarkersTest, EndWell_OnceTheyAreAnswered) {
    begin(markers(3));
    EXPECT_FALSE(outcome_.has_value());
    answer(0);
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_value()) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, AreUnderTheNamesThatAtGives_InOrder) {
    TxnMarkers wanted = markers(4);
    // Where a producer id has used up its epochs, the next one goes on.
    wanted.at = [](int64_t index) {
        return index < 2
                   ? TxnMarker{ProducerId(1LL << 62), ProducerEpoch(int16_t(32'766 + index))}
                   : TxnMarker{ProducerId((1LL << 62) + 1), ProducerEpoch(int16_t(index - 2))};
    };
    begin(std::move(wanted));
    ASSERT_EQ(held_.size(), 1U);
    std::vector<std::pair<int64_t, int>> names;
    for (const auto& marker : held_[0].as<WriteTxnMarkersRequest>().markers) {
        names.emplace_back(marker.producer_id, marker.producer_epoch);
    }
    const int64_t id = 1LL << 62;
    EXPECT_THAT(names, ElementsAre(std::pair(id, 32'766), std::pair(id, 32'767),
                                   std::pair(id + 1, 0), std::pair(id + 1, 1)));
}

TEST_F(TxnMarkersTest, AreAtMostAThousandInARequest) {
    answer_at_once();
    begin(markers(1'000));
    EXPECT_THAT(sizes_of_requests(), ElementsAre(1'000));
    held_.clear();
    begin(markers(1'001));
    EXPECT_THAT(sizes_of_requests(), ElementsAre(1'000, 1));
    held_.clear();
    begin(markers(2'500));
    EXPECT_THAT(sizes_of_requests(), ElementsAre(1'000, 1'000, 500));
}

TEST_F(TxnMarkersTest, AreSentOnceEach_InOrder_OverManyRequests) {
    answer_at_once();
    begin(markers(25'300));
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_value()) << outcome_->error().message();
    std::vector<int64_t> epochs;
    for (const ReceivedRequest& request : held_) {
        const auto more = epochs_of(request);
        epochs.insert(epochs.end(), more.begin(), more.end());
    }
    ASSERT_EQ(epochs.size(), 25'300U);
    for (size_t i = 0; i < epochs.size(); ++i) {
        ASSERT_EQ(epochs[i], static_cast<int64_t>(i) + 5);
    }
}

TEST_F(TxnMarkersTest, AreInAtMostSixRequestsAtATime) {
    begin(markers(9'000));
    EXPECT_EQ(held_.size(), 6U);
    answer(0);
    EXPECT_EQ(held_.size(), 7U);
    answer(1);
    answer(2);
    EXPECT_EQ(held_.size(), 9U);
    for (size_t i = 3; i < 9; ++i) {
        EXPECT_FALSE(outcome_.has_value()) << i;
        answer(i);
    }
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_value()) << outcome_->error().message();
    EXPECT_EQ(held_.size(), 9U);
}

TEST_F(TxnMarkersTest, AreOfTransactionsVersion1_SoThatAnEpochMayBeRepeated) {
    begin(markers(3));
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_EQ(held_[0].header.version, 2);
    for (const auto& marker : held_[0].as<WriteTxnMarkersRequest>().markers) {
        EXPECT_EQ(marker.transaction_version, 1);
    }
}

TEST_F(TxnMarkersTest, AreWrittenInVersion1_WhereTheBrokerSpeaksNoMore) {
    broker2_.versions = test::versions_of({{ApiKey::metadata, 9}, {ApiKey::write_txn_markers, 1}});
    begin(markers(2));
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_EQ(held_[0].header.version, 1);
    EXPECT_THAT(epochs_of(held_[0]), ElementsAre(5, 6));
    answer(0);
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_value()) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, EndWell_WhenNoneAreWanted) {
    begin(markers(0));
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_value()) << outcome_->error().message();
    EXPECT_TRUE(held_.empty());
}

TEST_F(TxnMarkersTest, EndWithTheFirstError_AfterAllAreAnswered) {
    begin(markers(4'000));
    ASSERT_EQ(held_.size(), 4U);
    answer(0);
    answer(1, KafkaError::not_leader_or_follower);
    EXPECT_FALSE(outcome_.has_value());
    answer(2, KafkaError::invalid_producer_epoch);
    EXPECT_FALSE(outcome_.has_value());
    answer(3);
    ASSERT_TRUE(outcome_.has_value());
    ASSERT_TRUE(outcome_->has_error());
    EXPECT_EQ(outcome_->error().code, make_error_code(KafkaError::not_leader_or_follower));
    EXPECT_THAT(outcome_->error().message(), HasSubstr("orders-3"));
    EXPECT_THAT(outcome_->error().message(), HasSubstr("4000 markers"));
}

TEST_F(TxnMarkersTest, AreSentNoMore_AfterAnError) {
    begin(markers(20'000));
    ASSERT_EQ(held_.size(), 6U);
    answer(0, KafkaError::not_leader_or_follower);
    for (size_t i = 1; i < 6; ++i) {
        EXPECT_FALSE(outcome_.has_value()) << i;
        answer(i);
    }
    EXPECT_EQ(held_.size(), 6U);
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_error());
}

TEST_F(TxnMarkersTest, Fail_WhenOnlyTheSecondProducerIdIsRefused) {
    TxnMarkers wanted = markers(4);
    wanted.at = [](int64_t index) {
        return TxnMarker{ProducerId(77 + index / 2), ProducerEpoch(0)};
    };
    begin(std::move(wanted));
    ASSERT_EQ(held_.size(), 1U);
    WriteTxnMarkersResponse response = marker_response_to(held_[0], KafkaError::none);
    ASSERT_EQ(response.markers.size(), 2U);
    response.markers[1].topics[0].partitions[0].error_code =
        static_cast<int16_t>(KafkaError::cluster_authorization_failed);
    held_[0].answer(response);
    settle();
    ASSERT_TRUE(outcome_.has_value());
    ASSERT_TRUE(outcome_->has_error());
    EXPECT_EQ(outcome_->error().code, make_error_code(KafkaError::cluster_authorization_failed));
}

// What nobody has confirmed is not known to be in the log.
TEST_F(TxnMarkersTest, Fail_WhenTheAnswerLacksThePartition) {
    begin(markers(2));
    ASSERT_EQ(held_.size(), 1U);
    held_[0].answer(WriteTxnMarkersResponse{});
    settle();
    ASSERT_TRUE(outcome_.has_value());
    ASSERT_TRUE(outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::malformed)) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, Fail_WhenTheConnectionIsLost) {
    begin(markers(3'000));
    ASSERT_EQ(held_.size(), 3U);
    answer(0);
    broker2_.hang_up();
    settle();
    ASSERT_TRUE(outcome_.has_value());
    ASSERT_TRUE(outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::disconnected)) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, Fail_WhenNobodyAnswers) {
    begin(markers(1));
    loop_.advance(seconds(31));
    ASSERT_TRUE(outcome_.has_value());
    ASSERT_TRUE(outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::timeout)) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, Fail_WhenTheLeaderIsUnknownOrAway) {
    TxnMarkers elsewhere = markers(1);
    elsewhere.leader = BrokerId(9);
    begin(std::move(elsewhere));
    ASSERT_TRUE(outcome_.has_value() && outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::not_found)) << outcome_->error().message();
    network_.refuse({"eu", 2});
    begin(markers(1));
    ASSERT_TRUE(outcome_.has_value() && outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::disconnected)) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, Fail_WhenTheBrokerDoesNotSpeakThem) {
    broker2_.versions = test::versions_of({{ApiKey::metadata, 12}});
    begin(markers(1));
    ASSERT_TRUE(outcome_.has_value() && outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::unsupported)) << outcome_->error().message();
    EXPECT_TRUE(held_.empty());
}

TEST_F(TxnMarkersTest, EndAfterWhatIsUnderWay_WhenStopped) {
    begin(markers(9'000));
    ASSERT_EQ(held_.size(), 6U);
    writer_.request_stop();
    settle();
    for (size_t i = 0; i < 6; ++i) {
        EXPECT_FALSE(outcome_.has_value()) << i;
        answer(i);
    }
    EXPECT_EQ(held_.size(), 6U);
    ASSERT_TRUE(outcome_.has_value());
    ASSERT_TRUE(outcome_->has_error());
    EXPECT_TRUE(outcome_->error().is(Errc::stopped)) << outcome_->error().message();
}

TEST_F(TxnMarkersTest, EndWell_WhenStoppedAfterTheLastWasSent) {
    begin(markers(2'000));
    ASSERT_EQ(held_.size(), 2U);
    writer_.request_stop();
    answer(0);
    answer(1);
    ASSERT_TRUE(outcome_.has_value());
    EXPECT_TRUE(outcome_->has_value()) << outcome_->error().message();
}

/// Several partitions at once.
class SharedTxnMarkersTest : public TxnMarkersTest {
protected:
    /// Its markers have the partition's number for a producer id.
    static TxnMarkers markers_of(int32_t partition, int64_t count) {
        TxnMarkers made = markers(count);
        made.partition.partition = PartitionIndex(partition);
        made.at = [partition](int64_t index) {
            return TxnMarker{ProducerId(partition), ProducerEpoch(static_cast<int16_t>(index))};
        };
        return made;
    }

    void want(TxnMarkers markers) {
        const int32_t partition = markers.partition.partition.value();
        writing_.spawn("write",
                       test::keep_result(writer_.write(std::move(markers)), &outcomes_[partition]));
    }

    /// How many markers of each partition a request has.
    std::map<int32_t, int> contents(size_t index) const {
        std::map<int32_t, int> counts;
        for (const auto& marker : held_.at(index).as<WriteTxnMarkersRequest>().markers) {
            EXPECT_EQ(marker.producer_id, marker.topics.at(0).partition_indexes.at(0));
            ++counts[marker.topics[0].partition_indexes[0]];
        }
        return counts;
    }

    bool ended_well(int32_t partition) {
        return outcomes_[partition].has_value() && outcomes_[partition]->has_value();
    }
    std::error_code error_of(int32_t partition) {
        const auto& outcome = outcomes_[partition];
        return outcome.has_value() && outcome->has_error() ? outcome->error().code
                                                           : std::error_code();
    }
};

TEST_F(SharedTxnMarkersTest, WhatIsWantedAtOnce_GoesInOneRequest) {
    want(markers_of(1, 2));
    want(markers_of(2, 1));
    want(markers_of(3, 30));
    settle();
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_THAT(contents(0), ElementsAre(Pair(1, 2), Pair(2, 1), Pair(3, 30)));
    answer(0);
    for (const int32_t partition : {1, 2, 3}) {
        EXPECT_TRUE(ended_well(partition)) << partition;
    }
}

TEST_F(SharedTxnMarkersTest, WhatIsWantedWhileTwoAreOnTheirWay_WaitsForOne_AndGoesTogether) {
    for (const int32_t partition : {1, 2, 3, 4, 5}) {
        want(markers_of(partition, 1));
        settle();
    }
    ASSERT_EQ(held_.size(), 2U);
    EXPECT_THAT(contents(0), ElementsAre(Pair(1, 1)));
    EXPECT_THAT(contents(1), ElementsAre(Pair(2, 1)));
    answer(0);
    ASSERT_EQ(held_.size(), 3U);
    EXPECT_THAT(contents(2), ElementsAre(Pair(3, 1), Pair(4, 1), Pair(5, 1)));
    EXPECT_TRUE(ended_well(1));
    EXPECT_FALSE(outcomes_[3].has_value());
}

TEST_F(SharedTxnMarkersTest, LongGap_LeavesRoomForShortOnes) {
    want(markers_of(1, 10'000));
    want(markers_of(2, 3));
    want(markers_of(3, 400));
    settle();
    ASSERT_EQ(held_.size(), 6U);
    EXPECT_THAT(contents(0), ElementsAre(Pair(1, 333), Pair(2, 3), Pair(3, 400)));
    EXPECT_THAT(contents(1), ElementsAre(Pair(1, 1'000)));
    answer(0);
    EXPECT_TRUE(ended_well(2));
    EXPECT_TRUE(ended_well(3));
    want(markers_of(2, 5));
    settle();
    EXPECT_THAT(contents(6), ElementsAre(Pair(1, 1'000)));  // the answer's place was taken at once
    answer(1);
    EXPECT_THAT(contents(7), ElementsAre(Pair(1, 500), Pair(2, 5)));
}

TEST_F(SharedTxnMarkersTest, RefusedPartition_LeavesTheOthersAlone) {
    want(markers_of(1, 2));
    want(markers_of(2, 2));
    want(markers_of(3, 2));
    settle();
    ASSERT_EQ(held_.size(), 1U);
    WriteTxnMarkersResponse response = marker_response_to(held_[0], KafkaError::none);
    ASSERT_EQ(response.markers.at(1).producer_id, 2);
    response.markers[1].topics[0].partitions[0].error_code =
        static_cast<int16_t>(KafkaError::not_leader_or_follower);
    held_[0].answer(response);
    settle();
    EXPECT_TRUE(ended_well(1));
    EXPECT_EQ(error_of(2), make_error_code(KafkaError::not_leader_or_follower));
    EXPECT_TRUE(ended_well(3));
}

TEST_F(SharedTxnMarkersTest, PartitionWhoseTurnIsOver_IsLeftOut) {
    want(markers_of(1, 1));
    TxnMarkers refused = markers_of(2, 1);
    refused.may_write = [] { return Error(Errc::timeout, "its turn is over"); };
    want(std::move(refused));
    settle();
    ASSERT_EQ(held_.size(), 1U);
    EXPECT_THAT(contents(0), ElementsAre(Pair(1, 1)));
    EXPECT_EQ(error_of(2), make_error_code(Errc::timeout));
}

// Those of the first connection may not have come, and none may be in front of them.
TEST_F(SharedTxnMarkersTest, GapThatWasBegunOnALostConnection_EndsThere) {
    want(markers_of(1, 7'000));
    settle();
    ASSERT_EQ(held_.size(), 6U);
    broker2_.hang_up();
    want(markers_of(2, 1));
    loop_.advance(seconds(5));
    EXPECT_EQ(error_of(1), make_error_code(Errc::disconnected));
    if (error_of(2)) {  // it was on the same connection
        want(markers_of(2, 1));
        loop_.advance(seconds(5));
    }
    ASSERT_EQ(held_.size(), 7U);
    EXPECT_THAT(contents(6), ElementsAre(Pair(2, 1)));
}

TEST_F(SharedTxnMarkersTest, WhatIsWantedAfterTheStop_EndsAtOnce) {
    want(markers_of(1, 1));
    settle();
    writer_.request_stop();
    settle();
    want(markers_of(2, 1));
    settle();
    EXPECT_EQ(error_of(2), make_error_code(Errc::stopped));
    answer(0);
    EXPECT_TRUE(ended_well(1));
    EXPECT_EQ(held_.size(), 1U);
}

TEST_F(TxnMarkersTest, EndOnce_WithAnErrorAtEachReadAndWrite) {
    answer_at_once();
    for (const bool is_read : {true, false}) {
        int failures = 0;
        bool is_reached = true;
        for (int at = 0; is_reached; ++at) {
            ASSERT_LT(at, 1'000);
            broker2_.hang_up();
            loop_.advance(seconds(10));
            network_.errors() = {};
            (is_read ? network_.errors().failing_read : network_.errors().failing_write) = at;
            held_.clear();
            begin(markers(3'000));
            loop_.advance(seconds(10));
            is_reached = (is_read ? network_.errors().reads : network_.errors().writes) > at;
            ASSERT_TRUE(outcome_.has_value()) << at;
            if (outcome_->has_error()) {
                ++failures;
                ASSERT_TRUE(is_reached) << outcome_->error().message();
                ASSERT_TRUE(outcome_->error().is(Errc::disconnected))
                    << outcome_->error().message();
            } else {
                ASSERT_THAT(sizes_of_requests(), ElementsAre(1'000, 1'000, 1'000));
            }
        }
        EXPECT_GE(failures, 2) << is_read;  // during the handshake, and during the markers
        network_.errors() = {};
    }
}

}  // namespace
}  // namespace lockstep::client
