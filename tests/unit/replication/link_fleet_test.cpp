// A link that other workers have, too: the topic "orders" with one partition.

#include "protocol/kafka_error.h"
#include "tests/unit/replication/one_link.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;
using std::chrono::milliseconds;
using std::chrono::seconds;

const TopicPartition kOrders{"orders", PartitionIndex(0)};
const PauseScope kAll;
const FleetPlace kOurs{0, std::nullopt};
const FleetPlace kTheirs{1, std::nullopt};
const FleetPlace kOursToBeTheirs{0, 1};

/// Large enough to be copied as it is: tiny neighbours are merged.
Bytes make_batch(int64_t base_offset, int records) {
    return test::make_batch(base_offset, records, std::string(2'100, '.'));
}

class LinkFleetTest : public OneLinkTest {
protected:
    LinkFleetTest() { source_log_.append(make_batch(0, 10)); }
    ~LinkFleetTest() override { stop(); }

    void start(runtime::Duration duration) {
        start_link(link_spec(), {"we"});
        loop_.advance(duration);
    }

    Bytes table_with(FleetPlace place) const {
        FleetTable table;
        table.workers = {{"us", "we"}, {"other", "they"}};
        table.plan = {{kOrders, place}};
        table.pauses = agree_on_pauses({ToldPauses{agreed_, {}}, last_claim().pauses});
        return table.encode();
    }

    /// As the leader of the workers says from the next round on. What is to be another one's is
    /// that once it is claimed no more.
    void give(FleetPlace place) {
        target_coordinator_.other_assigns = [this, place] {
            const bool has_moved = place.moves_to && !last_claim().owned.contains(kOrders);
            return table_with(has_moved ? kTheirs : place);
        };
    }

    void next_round(FleetPlace place) {
        give(place);
        target_coordinator_.rebalance();
        loop_.advance(seconds(2));
    }

    FleetClaim last_claim() const {
        auto claim = FleetClaim::decode(target_coordinator_.last_metadata);
        EXPECT_TRUE(claim.has_value());
        return std::move(*claim);
    }

    void add_gap_at_source() {
        source_log_.append(protocol::make_control_batch({.offset = Offset(source_log_.end)}));
    }

    void write_marker_as_other_worker() {
        protocol::ControlMarker marker;
        marker.offset = Offset(target_log_.end);
        marker.producer_id = tagged_producer_id(origin_tag("src-id"), id_of(1), kOrders);
        marker.producer_epoch = ProducerEpoch(static_cast<int16_t>(++epoch_));
        target_log_.append(protocol::make_control_batch(marker));
    }

    /// Of one batch.
    void answer_produce(const test::ReceivedRequest& request) {
        const auto message = request.as<protocol::ProduceRequest>();
        const auto& partition = message.topic_data.at(0).partition_data.at(0);
        protocol::ProduceResponse response;
        auto& topic = response.responses.emplace_back();
        topic.name = message.topic_data[0].name;
        topic.topic_id = message.topic_data[0].topic_id;
        auto& answered = topic.partition_responses.emplace_back();
        answered.base_offset = target_log_.append_produced(partition.records.view()).base_offset;
        request.answer(response);
    }

    /// "0+10" for a batch of 10 records at offset 0, "m10" for a marker at offset 10.
    std::string layout_of_target() const {
        std::string layout;
        for (const protocol::RecordBatchView& batch : target_log_.batches()) {
            layout += layout.empty() ? "" : " ";
            layout += batch.is_control()
                          ? fmt::format("m{}", batch.base_offset().value())
                          : fmt::format("{}+{}", batch.base_offset().value(), batch.record_count());
        }
        return layout;
    }

    int epoch_ = 0;
    AgreedPauses agreed_;  // by the other worker's claims
};

TEST_F(LinkFleetTest, CountsNoError_WhileItIsNotKnownWhoWrites) {
    target_coordinator_.holds_joins = true;
    start(seconds(5));
    const uint64_t before = link_->status().errors;
    add_gap_at_source();
    loop_.advance(seconds(15));
    EXPECT_EQ(status().state, PartitionState::retrying);
    EXPECT_EQ(link_->status().errors, before);
    target_coordinator_.let_in();
    loop_.advance(seconds(5));
    EXPECT_EQ(layout_of_target(), "0+10 m10");
}

// Its clock was ahead, or it had begun more often than once a second. A step at a time would take
// longer with each worker.
TEST_F(LinkFleetTest, GoesOnAboveTheCoordinatorEpoch_OfTheWorkerBeforeIt) {
    target_log_.seen_coordinator_epoch = 2'000'000'000;
    start(seconds(5));
    add_gap_at_source();
    loop_.advance(seconds(3));
    EXPECT_EQ(layout_of_target(), "0+10 m10");
    EXPECT_EQ(target_log_.fenced, 1);
}

TEST_F(LinkFleetTest, CopiesAtOnce_WhereNobodyElseIsThere) {
    target_coordinator_.holds_joins = true;  // as brokers do where a group is new
    start(milliseconds(300));
    EXPECT_EQ(layout_of_target(), "0+10");
    EXPECT_EQ(link_->status().fleet.workers, 0U);
    EXPECT_EQ(link_->status().fleet.owned, 0U);
}

TEST_F(LinkFleetTest, WaitsUntilTheOthersHaveLetItIn) {
    target_coordinator_.members_before = 1;
    give(kTheirs);
    start(seconds(5));
    EXPECT_EQ(layout_of_target(), "");
    EXPECT_EQ(status().state, PartitionState::elsewhere);
    EXPECT_EQ(status().worker, "they");
    EXPECT_EQ(link_->status().fleet.workers, 2U);
}

TEST_F(LinkFleetTest, DoesNotWaitForLong_AsTheOthersMayBeDead) {
    target_coordinator_.members_before = 1;
    target_coordinator_.holds_joins = true;
    start(milliseconds(900));
    EXPECT_EQ(layout_of_target(), "");
    loop_.advance(milliseconds(400));
    EXPECT_EQ(layout_of_target(), "0+10");
}

TEST_F(LinkFleetTest, OwnsAll_WhereItIsAlone) {
    start(seconds(1));
    EXPECT_EQ(layout_of_target(), "0+10");
    EXPECT_EQ(status().worker, "we");
    const FleetStatus fleet = link_->status().fleet;
    EXPECT_EQ(fleet.worker, "we");
    EXPECT_EQ(fleet.workers, 1U);
    EXPECT_TRUE(fleet.is_leader);
    EXPECT_EQ(fleet.owned, 1U);
    EXPECT_EQ(fleet.problem, "");
}

TEST_F(LinkFleetTest, TakesOver_WhatItIsGiven) {
    give(kTheirs);
    start(seconds(3));
    source_log_.append(make_batch(10, 5));
    next_round(kOurs);
    EXPECT_EQ(layout_of_target(), "0+10 10+5");
    EXPECT_EQ(status().state, PartitionState::running);
    EXPECT_EQ(link_->status().fleet.taken, 1U);
}

TEST_F(LinkFleetTest, SetsDownWhatIsToMove_BeforeItSaysThatItHasItNoMore) {
    give(kOurs);
    start(seconds(3));
    EXPECT_EQ(layout_of_target(), "0+10");
    std::vector<test::ReceivedRequest> produces;
    target_.hold(protocol::ApiKey::produce, produces);
    source_log_.append(make_batch(10, 5));
    loop_.advance(seconds(1));
    ASSERT_EQ(produces.size(), 1U);
    const int joins = target_coordinator_.joins;
    next_round(kOursToBeTheirs);
    EXPECT_EQ(target_coordinator_.joins, joins + 1);
    EXPECT_THAT(last_claim().owned, testing::ElementsAre(kOrders));
    EXPECT_EQ(status().state, PartitionState::elsewhere);

    give(kTheirs);
    answer_produce(produces[0]);
    loop_.advance(milliseconds(100));
    EXPECT_EQ(target_coordinator_.joins, joins + 2);
    EXPECT_THAT(last_claim().owned, testing::IsEmpty());
    source_log_.append(make_batch(15, 5));
    loop_.advance(seconds(5));
    EXPECT_EQ(layout_of_target(), "0+10 10+5");
    EXPECT_EQ(status().worker, "they");
    EXPECT_EQ(link_->status().fleet.given, 1U);
}

// It would be asked to set it down again in each round, as each time it had joined just before.
TEST_F(LinkFleetTest, SetsDownOnce_WhatItHadSetDownWhileAllJoined) {
    give(kOurs);
    start(seconds(3));
    std::vector<test::ReceivedRequest> produces;
    target_.hold(protocol::ApiKey::produce, produces);
    source_log_.append(make_batch(10, 5));
    loop_.advance(seconds(1));
    ASSERT_EQ(produces.size(), 1U);
    next_round(kOursToBeTheirs);
    target_coordinator_.holds_joins = true;
    next_round(kOursToBeTheirs);
    answer_produce(produces[0]);
    loop_.advance(seconds(1));
    const int joins = target_coordinator_.joins;
    target_coordinator_.let_in();
    loop_.advance(seconds(1));
    EXPECT_EQ(target_coordinator_.joins, joins + 2);
    EXPECT_THAT(last_claim().owned, testing::IsEmpty());
    EXPECT_EQ(status().worker, "they");
}

// A broker may have taken a request that was cut off, and execute it late.
TEST_F(LinkFleetTest, KeepsForAWhile_WhatItHasNoAnswerTo) {
    give(kOurs);
    start(seconds(3));
    std::vector<test::ReceivedRequest> produces;
    target_.hold(protocol::ApiKey::produce, produces);
    source_log_.append(make_batch(10, 5));
    loop_.advance(seconds(1));
    ASSERT_EQ(produces.size(), 1U);
    give(kOursToBeTheirs);
    target_coordinator_.rebalance();
    loop_.advance(milliseconds(400));
    target_.hang_up();
    loop_.advance(seconds(4));
    EXPECT_EQ(status().state, PartitionState::elsewhere);
    EXPECT_THAT(last_claim().owned, testing::ElementsAre(kOrders));
    loop_.advance(seconds(2));
    EXPECT_THAT(last_claim().owned, testing::IsEmpty());
}

TEST_F(LinkFleetTest, ShowsNothingOld_OfWhatAnotherWorkerHas) {
    give(kOurs);
    start(seconds(3));
    next_round(kTheirs);
    EXPECT_EQ(status().state, PartitionState::elsewhere);
    EXPECT_EQ(status().reason, "");
    EXPECT_FALSE(status().next_offset);
    EXPECT_FALSE(status().source_high_watermark);
    EXPECT_EQ(status().lag_records(), 0);
    EXPECT_EQ(status().copied_records, 10U);  // by this process
}

TEST_F(LinkFleetTest, GoesOnCopying_ButWritesNoMarkers_WhenTheCoordinatorIsSilent) {
    give(kOurs);
    start(seconds(3));
    target_coordinator_.is_silent = true;
    loop_.advance(seconds(10));
    source_log_.append(make_batch(10, 5));
    add_gap_at_source();
    loop_.advance(seconds(3));
    EXPECT_EQ(layout_of_target(), "0+10 10+5");
    EXPECT_THAT(status().reason, testing::HasSubstr("not known yet whether this worker"));
}

// A worker that was suspended wakes up, and another one has its partition by now.
TEST_F(LinkFleetTest, WritesNoMarkers_WhenTheOthersHaveForgottenIt) {
    give(kOurs);
    start(seconds(3));
    target_coordinator_.heartbeat_error = static_cast<int16_t>(KafkaError::unknown_member_id);
    target_coordinator_.is_one_error = true;
    target_coordinator_.holds_joins = true;
    loop_.advance(seconds(1));
    add_gap_at_source();
    loop_.advance(seconds(3));
    EXPECT_EQ(layout_of_target(), "0+10");
    give(kTheirs);
    target_coordinator_.let_in();
    loop_.advance(seconds(3));
    EXPECT_THAT(last_claim().owned, testing::IsEmpty());
    EXPECT_EQ(status().state, PartitionState::elsewhere);
    EXPECT_EQ(layout_of_target(), "0+10");
}

TEST_F(LinkFleetTest, LooksAtTheLogAgain_BeforeItsFirstMarkerInATurn) {
    add_gap_at_source();
    target_coordinator_.holds_joins = true;
    start(seconds(10));
    EXPECT_EQ(layout_of_target(), "0+10");
    write_marker_as_other_worker();
    loop_.advance(seconds(10));
    EXPECT_EQ(status().state, PartitionState::running);

    write_marker_as_other_worker();  // of the next gap, which this worker has not seen yet
    give(kOurs);
    target_coordinator_.let_in();
    add_gap_at_source();
    source_log_.append(make_batch(12, 5));
    loop_.advance(seconds(10));
    EXPECT_EQ(layout_of_target(), "0+10 m10 m11 12+5");
    EXPECT_EQ(status().state, PartitionState::running);
}

TEST_F(LinkFleetTest, StaysPaused_WhileItIsElsewhere) {
    give(kOurs);
    start(seconds(3));
    EXPECT_EQ(link_->pause({"orders", std::nullopt}).value(), 1U);
    next_round(kTheirs);
    EXPECT_EQ(status().state, PartitionState::elsewhere);
    next_round(kOurs);
    EXPECT_EQ(status().state, PartitionState::paused);
    EXPECT_EQ(link_->resume({"orders", std::nullopt}).value(), 1U);
    loop_.advance(seconds(1));
    EXPECT_EQ(status().state, PartitionState::running);
}

TEST_F(LinkFleetTest, AsksForANewPlan_WhereATopicGrows) {
    give(kOurs);
    start(seconds(3));
    const int joins = target_coordinator_.joins;
    source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1, 1}, 0}});
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1, 1}, 0}});
    loop_.advance(seconds(3));
    EXPECT_GT(target_coordinator_.joins, joins);
    EXPECT_EQ(last_claim().rates.size(), 2U);
    EXPECT_EQ(link_->status().partitions.at(1).state, PartitionState::elsewhere);
}

TEST_F(LinkFleetTest, CopiesAllByItself_WhereItMayNotJoin) {
    target_coordinator_.join_error = static_cast<int16_t>(KafkaError::group_authorization_failed);
    start(seconds(3));
    EXPECT_EQ(layout_of_target(), "0+10");
    EXPECT_THAT(link_->status().fleet.problem, testing::HasSubstr("GROUP_AUTHORIZATION_FAILED"));
}

TEST_F(LinkFleetTest, LetsOthersHaveItsPartitions_WhileItDoesNotReachTheSource) {
    give(kOurs);
    start(seconds(3));
    const auto reached = source_.metadata;
    source_.metadata = test::metadata_of("another cluster", 1, {});
    loop_.advance(seconds(9));
    EXPECT_TRUE(last_claim().is_able) << "not for a short break";
    loop_.advance(seconds(6));
    EXPECT_FALSE(last_claim().is_able);
    source_.metadata = reached;
    loop_.advance(seconds(5));
    EXPECT_TRUE(last_claim().is_able);
}

TEST_F(LinkFleetTest, TellsTheOthersAtOnce_WhatItWasAskedToPause) {
    give(kOurs);
    start(seconds(3));
    const int joins = target_coordinator_.joins;
    ASSERT_TRUE(link_->pause(kAll).has_value());
    loop_.advance(milliseconds(200));
    EXPECT_EQ(target_coordinator_.joins, joins + 1);
    EXPECT_THAT(last_claim().pauses.orders, testing::ElementsAre(PauseOrder{kAll, false}));
    next_round(kOurs);
    EXPECT_THAT(last_claim().pauses.orders, testing::IsEmpty()) << "once is enough";
    EXPECT_EQ(last_claim().pauses.agreed, (AgreedPauses{1, {kAll}}));
    ASSERT_TRUE(link_->resume(kAll).has_value());
    loop_.advance(milliseconds(200));
    EXPECT_THAT(last_claim().pauses.orders, testing::ElementsAre(PauseOrder{kAll, true}));
}

TEST_F(LinkFleetTest, PausesAndResumes_WhatAnotherWorkerWasAskedFor) {
    give(kOurs);
    start(seconds(3));
    agreed_ = {1, {kAll}};
    next_round(kOurs);
    source_log_.append(make_batch(10, 5));
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::paused);
    EXPECT_TRUE(link_->status().is_paused);
    EXPECT_EQ(layout_of_target(), "0+10");
    agreed_ = {2, {}};
    next_round(kOurs);
    EXPECT_EQ(status().state, PartitionState::running);
    EXPECT_EQ(layout_of_target(), "0+10 10+5");
}

TEST_F(LinkFleetTest, CopiesNothing_OfWhatWasPausedBeforeItCame) {
    target_coordinator_.members_before = 1;
    agreed_ = {5, {PauseScope{kOrders.topic, std::nullopt}}};
    give(kOurs);
    start(seconds(5));
    EXPECT_EQ(status().state, PartitionState::paused);
    EXPECT_EQ(layout_of_target(), "");
}

TEST_F(LinkFleetTest, CopiesNothing_OfWhatIsPaused_ThoughItIsNotLetInForLong) {
    FleetTable theirs;
    theirs.workers = {{"other", "they"}};
    theirs.pauses = {5, {kAll}};
    target_coordinator_.members_before = 1;
    target_coordinator_.assigned_before = theirs.encode();
    target_coordinator_.holds_joins = true;
    start(seconds(5));
    EXPECT_EQ(status().state, PartitionState::paused);
    EXPECT_EQ(layout_of_target(), "");
}

// A link that begins anew stays paused, and would not hear of the others otherwise.
TEST_F(LinkFleetTest, JoinsTheOthers_ThoughAllOfItIsPaused) {
    give(kOurs);
    open_link(link_spec(), {"we"});
    Pauses pauses;
    pauses.add(kAll);
    link_->start(pauses);
    loop_.advance(seconds(3));
    EXPECT_THAT(last_claim().pauses.orders, testing::ElementsAre(PauseOrder{kAll, false}));
    EXPECT_EQ(layout_of_target(), "");
    agreed_ = {2, {}};
    next_round(kOurs);
    EXPECT_EQ(layout_of_target(), "0+10");
}

TEST_F(LinkFleetTest, LeavesTheOthers_WhenStopped) {
    give(kOurs);
    start(seconds(3));
    stop();
    EXPECT_EQ(target_coordinator_.leaves, 1);
}

// The others wait then, as for a worker that died.
TEST_F(LinkFleetTest, DoesNotLeave_WhereAWriteMayStillComeToPass) {
    give(kOurs);
    start(seconds(3));
    std::vector<test::ReceivedRequest> produces;
    target_.hold(protocol::ApiKey::produce, produces);
    source_log_.append(make_batch(10, 5));
    loop_.advance(seconds(1));
    ASSERT_EQ(produces.size(), 1U);
    stop();
    EXPECT_EQ(target_coordinator_.leaves, 0);
}

}  // namespace
}  // namespace lockstep::replication
