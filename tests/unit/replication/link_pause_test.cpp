// A link of which something is paused: the topic "orders" with one partition.

#include "tests/unit/replication/one_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const PauseScope kLink;
const PauseScope kOrders{"orders", std::nullopt};
const PauseScope kOrders0{"orders", PartitionIndex(0)};

Bytes make_batch(int64_t base_offset, int records) {
    return test::make_batch(base_offset, records, std::string(2'100, '.'));
}

class LinkPauseTest : public OneLinkTest {
protected:
    LinkPauseTest() {
        source_log_.intercept_fetch = [this](const test::ReceivedRequest& request) {
            const auto message = request.as<protocol::FetchRequest>();
            const bool is_look = message.max_bytes == 1;  // at the one batch that waits first
            fetches_ += message.topics.empty() || is_look ? 0 : 1;
            return false;
        };
        source_log_.append(make_batch(0, 10));
        start_link(link_spec());
        loop_.advance(seconds(3));
    }
    ~LinkPauseTest() override { stop(); }

    void add_a_partition() {
        source_.metadata = test::metadata_of("src", 1, {{"orders", id_of(1), {1, 1}, 0}});
        target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1, 1}, 0}});
    }

    int fetches_ = 0;
};

class EachScope : public LinkPauseTest, public testing::WithParamInterface<PauseScope> {};

TEST_P(EachScope, FetchesNothing_UntilItIsResumed) {
    EXPECT_EQ(link_->pause(GetParam()).value(), 1U);
    loop_.advance(seconds(2));
    const int fetches = fetches_;
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(60));
    EXPECT_EQ(fetches_, fetches);
    EXPECT_EQ(status().state, PartitionState::paused);
    EXPECT_EQ(target_log_.end, 10);
    EXPECT_EQ(link_->status().in_flight_bytes, 0);
    EXPECT_EQ(link_->resume(GetParam()).value(), 1U);
    loop_.advance(seconds(2));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(target_log_.batches().size(), 2U);
    EXPECT_EQ(target_log_.end, 20);
}

TEST_P(EachScope, StaysPaused_WhenConnectionsAreLost) {
    link_->pause(GetParam()).value();
    loop_.advance(seconds(2));
    source_.hang_up();
    target_.hang_up();
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(60));
    EXPECT_EQ(status().state, PartitionState::paused) << status().reason;
    EXPECT_EQ(target_log_.end, 10);
    link_->resume(GetParam()).value();
    loop_.advance(seconds(10));
    EXPECT_EQ(target_log_.end, 20);
}

TEST_P(EachScope, TellsHowFarItIsBehind) {
    link_->pause(GetParam()).value();
    source_log_.append(make_batch(10, 25));
    loop_.advance(seconds(12));
    EXPECT_EQ(status().lag_records(), 25);
}

TEST_P(EachScope, TellsHowOldTheFirstRecordIsThatWaits) {
    link_->pause(GetParam()).value();
    loop_.advance(seconds(12));
    EXPECT_EQ(status().lag_seconds(0), 0);
    source_log_.append(make_batch(10, 5));
    source_log_.append(make_batch(15, 5));
    loop_.advance(seconds(12));
    const int64_t now_ms = test::kRecordTimeMs + 10 + 15'000;
    EXPECT_EQ(status().lag_seconds(now_ms), 15);
    source_log_.append(make_batch(20, 5));
    loop_.advance(seconds(12));
    EXPECT_EQ(status().lag_seconds(now_ms), 15);  // still the same one
    link_->resume(GetParam()).value();
    loop_.advance(seconds(12));
    EXPECT_EQ(status().lag_seconds(now_ms), 0);
}

TEST_P(EachScope, GoesOn_WhenItIsResumedAtOnce) {
    source_log_.append(make_batch(10, 10));
    link_->pause(GetParam()).value();
    link_->resume(GetParam()).value();
    loop_.advance(seconds(5));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(target_log_.end, 20);
    EXPECT_EQ(link_->status().errors, 0U);
}

INSTANTIATE_TEST_SUITE_P(LinkPause, EachScope, testing::Values(kLink, kOrders, kOrders0),
                         [](const auto& scope) {
                             return std::string(scope.param.partition ? "Partition"
                                                : scope.param.topic   ? "Topic"
                                                                      : "Link");
                         });

TEST_F(LinkPauseTest, DeliversWhatWasFetchedBefore) {
    // The target answers late: the batch is on its way when the pause comes.
    bool has_seen = false;
    target_log_.on_append = [&](ByteView records) {
        has_seen = true;
        link_->pause(kOrders).value();
        return target_log_.append_produced(records);
    };
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(5));
    EXPECT_TRUE(has_seen);
    EXPECT_EQ(target_log_.end, 20);
    EXPECT_EQ(status().state, PartitionState::paused);
    EXPECT_EQ(status().next_offset, Offset(20));
    EXPECT_EQ(link_->status().in_flight_bytes, 0);
}

TEST_F(LinkPauseTest, IsBornPaused_WhenItsTopicComesLater) {
    link_->pause(kOrders).value();
    add_a_partition();
    loop_.advance(seconds(5));
    const LinkStatus whole = link_->status();
    ASSERT_EQ(whole.partitions.size(), 2U);
    EXPECT_EQ(whole.partitions[1].state, PartitionState::paused);
    EXPECT_EQ(whole.partitions[1].reason, "its topic is paused");
}

TEST_F(LinkPauseTest, LooksForNoTopics_WhileAllOfItIsPaused) {
    link_->pause(kLink).value();
    loop_.advance(seconds(5));
    EXPECT_TRUE(link_->status().is_paused);
    add_a_partition();
    loop_.advance(seconds(30));
    EXPECT_EQ(link_->status().partitions.size(), 1U);
    link_->resume(kLink).value();
    loop_.advance(seconds(5));
    EXPECT_EQ(link_->status().partitions.size(), 2U);
    EXPECT_FALSE(link_->status().is_paused);
}

TEST_F(LinkPauseTest, StaysBlocked_WhereItIsBlockedForGood) {
    target_log_.on_append = [&](ByteView records) {
        auto appended = target_log_.append_produced(records);
        appended.log_append_time_ms = 1;  // stamps its own time
        return appended;
    };
    source_log_.append(make_batch(10, 10));
    loop_.advance(seconds(5));
    ASSERT_EQ(status().state, PartitionState::blocked);
    link_->pause(kOrders).value();
    EXPECT_EQ(status().state, PartitionState::blocked);
    link_->resume(kOrders).value();
    loop_.advance(seconds(60));
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_EQ(target_log_.end, 20);
}

TEST_F(LinkPauseTest, IsNotFound_WhereThereIsNoSuchTopic) {
    const auto refused = link_->pause({"odrers", std::nullopt});
    ASSERT_TRUE(refused.has_error());
    EXPECT_TRUE(refused.error().is(Errc::not_found));
    EXPECT_THAT(link_->pause({"orders", PartitionIndex(7)}).error().context, HasSubstr("orders-7"));
}

}  // namespace
}  // namespace lockstep::replication
