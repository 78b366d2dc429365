// What a link may be told about how it works: the topic "orders" with one partition.

#include "protocol/kafka_error.h"
#include "tests/unit/replication/one_link.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace lockstep::replication {
namespace {

using protocol::KafkaError;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class LinkSettingsTest : public OneLinkTest {
protected:
    ~LinkSettingsTest() override { stop(); }

    std::vector<std::string> layout_of_target() const {
        std::vector<std::string> layout;
        for (const protocol::RecordBatchView& batch : target_log_.batches()) {
            layout.push_back(
                fmt::format("{}+{}", batch.base_offset().value(), batch.record_count()));
        }
        return layout;
    }

    std::optional<test::FakeBroker> late_;  // a broker that comes later
};

TEST_F(LinkSettingsTest, MergesNoMoreThanTheBatchSize_AndLeavesLargerBatchesAlone) {
    for (int i = 0; i < 4; ++i) {
        source_log_.append(test::make_batch(i, 1, std::string(700, 'v')));
    }
    source_log_.append(test::make_batch(4, 9, std::string(700, 'v')));
    LinkSpec spec = link_spec();
    spec.batch_size = 2'000;
    start_link(std::move(spec));
    loop_.advance(seconds(3));
    EXPECT_THAT(layout_of_target(), ElementsAre("0+2", "2+2", "4+9"));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkSettingsTest, MergesNoMoreThanTheTargetsTopicTakes) {
    max_message_bytes_ = "2000";
    for (int i = 0; i < 4; ++i) {
        source_log_.append(test::make_batch(i, 1, std::string(700, 'v')));
    }
    LinkSpec spec = link_spec();
    spec.batch_size = 1 << 20;
    start_link(std::move(spec));
    loop_.advance(seconds(3));
    EXPECT_THAT(layout_of_target(), ElementsAre("0+2", "2+2"));
    EXPECT_EQ(link_->status().errors, 0U);
}

class LinkRetryTest : public LinkSettingsTest {
protected:
    /// With so many attempts, and pauses of at most two seconds.
    void start_with(int attempts) {
        LinkSpec spec = link_spec();
        spec.retry = RetryRule{attempts, milliseconds(200), seconds(2)};
        start_link(std::move(spec));
    }

    void refuse_to_append() {
        target_log_.on_append = [this](ByteView) {
            ++refused_;
            return test::FakeLog::Appended{static_cast<int16_t>(KafkaError::not_enough_replicas),
                                           -1, -1};
        };
    }
    void append_again() {
        target_log_.on_append = [this](ByteView r) { return target_log_.append_produced(r); };
    }

    int refused_ = 0;
};

TEST_F(LinkRetryTest, GivesUpAfterTheLastAttempt_AndAsksNoMore) {
    source_log_.append(test::make_batch(0, 10));
    refuse_to_append();
    start_with(3);
    loop_.advance(seconds(60));
    EXPECT_EQ(refused_, 4);
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason,
                AllOf(StartsWith("given up after 3 attempts, as retry.attempts says: produce "),
                      HasSubstr("NOT_ENOUGH_REPLICAS")));
    loop_.advance(seconds(600));
    EXPECT_EQ(refused_, 4);
}

TEST_F(LinkRetryTest, GoesOnWhereTheLogsEnd_OnceItIsResumed) {
    source_log_.append(test::make_batch(0, 10));
    refuse_to_append();
    start_with(1);
    loop_.advance(seconds(60));
    ASSERT_EQ(status().state, PartitionState::blocked);
    append_again();
    EXPECT_EQ(link_->resume({"orders", std::nullopt}).value(), 1U);
    loop_.advance(seconds(2));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(target_log_.end, 10);
}

// The write has arrived, but not the answer: the target's log is read, and nothing comes twice.
TEST_F(LinkRetryTest, DoublesNothing_WhenItGivesUpWithAnOutcomeThatIsNotKnown) {
    source_log_.append(test::make_batch(0, 10));
    bool is_lost = true;
    target_log_.on_append = [&](ByteView records) {
        const auto failed =
            test::FakeLog::Appended{static_cast<int16_t>(KafkaError::request_timed_out), -1, -1};
        if (std::exchange(is_lost, false)) {
            target_log_.append_produced(records);
        }
        return failed;
    };
    source_log_.append(test::make_batch(10, 5));
    start_with(2);
    loop_.advance(seconds(60));
    ASSERT_EQ(status().state, PartitionState::blocked);
    append_again();
    link_->resume({}).value();
    loop_.advance(seconds(3));
    EXPECT_EQ(target_log_.end, 15);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkRetryTest, CountsAnew_OnceSomethingWasCopied) {
    int failures = 0;
    target_log_.on_append = [&](ByteView records) {
        return ++failures % 3 != 0
                   ? test::FakeLog::Appended{static_cast<int16_t>(KafkaError::not_enough_replicas),
                                             -1, -1}
                   : target_log_.append_produced(records);
    };
    start_with(2);
    for (int i = 0; i < 5; ++i) {
        source_log_.append(test::make_batch(10 * i, 10));
        loop_.advance(seconds(10));
    }
    EXPECT_EQ(target_log_.end, 50);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkRetryTest, KeepsThePace) {
    source_log_.append(test::make_batch(0, 10));
    std::vector<runtime::TimePoint> tries;
    target_log_.on_append = [&](ByteView) {
        tries.push_back(loop_.now());
        return test::FakeLog::Appended{static_cast<int16_t>(KafkaError::not_enough_replicas), -1,
                                       -1};
    };
    start_with(1000);
    loop_.advance(seconds(30));
    ASSERT_GE(tries.size(), 5U);
    EXPECT_LE(tries.size(), 24U);
    EXPECT_GE(tries[1] - tries[0], milliseconds(160));
    EXPECT_GE(tries.back() - tries[tries.size() - 2], milliseconds(1600));
}

TEST_F(LinkRetryTest, CountsNoAttempt_WhileAPartitionHasNoLeader) {
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {-1}, 0}});
    source_log_.append(test::make_batch(0, 10));
    start_with(1);
    loop_.advance(seconds(30));
    EXPECT_EQ(status().state, PartitionState::retrying) << status().reason;
    target_.metadata = test::metadata_of("dst", 1, {{"orders", id_of(2), {1}, 0}});
    loop_.advance(seconds(10));
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
}

TEST_F(LinkRetryTest, SaysThatTheLinkHasGivenUp_UntilItIsResumed) {
    source_log_.append(test::make_batch(0, 10));
    LinkSpec spec = link_spec();
    spec.retry = RetryRule{2, milliseconds(200), seconds(2)};
    start_link(std::move(spec), {}, "away");
    loop_.advance(seconds(60));
    EXPECT_THAT(link_->status().problem,
                AllOf(StartsWith("given up after 2 attempts, as retry.attempts says: "),
                      EndsWith("; resume the link to have it tried again")));
    const uint64_t errors = link_->status().errors;
    late_.emplace(network_, Endpoint{"away", 1});
    late_->metadata = target_.metadata;
    loop_.advance(seconds(600));
    EXPECT_EQ(link_->status().errors, errors);
    EXPECT_FALSE(link_->status().discovered);
    link_->resume({}).value();
    loop_.advance(seconds(3));
    EXPECT_EQ(link_->status().problem, "");
    EXPECT_EQ(target_log_.end, 10);
}

}  // namespace
}  // namespace lockstep::replication
