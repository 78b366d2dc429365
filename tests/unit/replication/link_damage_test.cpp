// A link whose source gives back something else than it was given: the topic "orders" with one
// partition.

#include "protocol/messages/delete_records.h"
#include "tests/unit/replication/one_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
namespace batch_attribute = protocol::batch_attribute;
namespace batch_layout = protocol::batch_layout;

constexpr auto kUntilBlocked = seconds(10);
constexpr auto kUntilLookedAtAgain = seconds(30);

/// Large enough to be copied as it is: tiny neighbours are merged.
Bytes make_batch(int64_t base_offset, int records, int16_t attributes = 0) {
    return test::make_batch(base_offset, records, std::string(2'100, '.'), attributes);
}

class LinkDamageTest : public OneLinkTest {
protected:
    void run_link(OverrunRule on_overrun = OverrunRule::stop) {
        LinkSpec spec = link_spec();
        spec.on_overrun = on_overrun;
        start_link(std::move(spec));
        loop_.advance(kUntilBlocked);
    }

    /// Three batches of ten, the second of them with `damage` done to it. What is repaired later
    /// is copied then.
    void expect_blocked_until_repaired(const std::function<void(Bytes&)>& damage) {
        bool is_damaged = true;
        source_log_.end = 30;
        source_log_.intercept_fetch = [&](const test::ReceivedRequest& request) {
            const auto message = request.as<protocol::FetchRequest>();
            if (message.topics.empty() || message.topics[0].partitions.empty()) {
                return false;
            }
            const int64_t from = message.topics[0].partitions[0].fetch_offset;
            if (from >= 30) {
                return false;
            }
            Bytes records;
            for (int64_t base = from / 10 * 10; base < 30; base += 10) {
                Bytes batch = make_batch(base, 10);
                if (base == 10 && is_damaged) {
                    damage(batch);
                }
                records.insert(records.end(), batch.begin(), batch.end());
            }
            protocol::FetchResponse response;
            auto& topic = response.responses.emplace_back();
            topic.topic = "orders";
            topic.topic_id = id_of(1);
            auto& data = topic.partitions.emplace_back();
            data.high_watermark = 30;
            data.records.data = records;
            request.answer(response);
            return true;
        };
        run_link();
        EXPECT_EQ(status().state, PartitionState::blocked);
        EXPECT_THAT(status().reason, HasSubstr("fetch orders-0 at offset 10"));
        EXPECT_EQ(target_log_.end, 10);
        is_damaged = false;
        loop_.advance(kUntilLookedAtAgain);
        EXPECT_EQ(status().state, PartitionState::running) << status().reason;
        EXPECT_EQ(target_log_.end, 30);
        EXPECT_EQ(status().filled_offsets, 0U);
        source_log_.intercept_fetch = nullptr;
    }
};

TEST_F(LinkDamageTest, Blocks_ADamagedRecord) {
    expect_blocked_until_repaired([](Bytes& batch) { batch.back() ^= 1; });
}

TEST_F(LinkDamageTest, Blocks_ABatchThatSeemsToBeAMarker) {
    expect_blocked_until_repaired(
        [](Bytes& batch) { batch[batch_layout::kAttributes + 1] ^= batch_attribute::kControl; });
}

TEST_F(LinkDamageTest, Blocks_ABatchThatSeemsToBeElsewhere) {
    expect_blocked_until_repaired([](Bytes& batch) { batch[7] = 90; });
}

TEST_F(LinkDamageTest, Blocks_ABatchThatSeemsToBeCopiedAlready) {
    expect_blocked_until_repaired([](Bytes& batch) { batch[7] = 0; });
}

TEST_F(LinkDamageTest, Blocks_ABatchThatSeemsToBeLonger) {
    expect_blocked_until_repaired([](Bytes& batch) { batch[8] ^= 1; });
}

// As brokers do where they cannot read what is between.
TEST_F(LinkDamageTest, Blocks_AHole_InALogThatIsNotCompacted) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(20, 10));
    run_link();
    EXPECT_EQ(status().state, PartitionState::blocked);
    EXPECT_THAT(status().reason, HasSubstr("offsets [10, 20) are missing"));
    EXPECT_EQ(target_log_.end, 10);
    cleanup_policy_ = "compact,delete";  // it is asked for each time
    loop_.advance(kUntilLookedAtAgain);
    EXPECT_EQ(target_log_.end, 30);
    EXPECT_EQ(status().filled_offsets, 10U);
    EXPECT_EQ(status().lost_offsets, 0U);
}

TEST_F(LinkDamageTest, GoesOnBehindAHole_WhereItIsToldTo) {
    source_log_.append(make_batch(0, 10));
    source_log_.append(make_batch(20, 10));
    run_link(OverrunRule::continue_past);
    EXPECT_EQ(status().state, PartitionState::running) << status().reason;
    EXPECT_EQ(target_log_.end, 30);
    EXPECT_EQ(status().lost_offsets, 10U);
}

// What was never copied and is gone by then is lost as well.
TEST_F(LinkDamageTest, CountsWhatIsDeletedAtTheSource_WhileTheTargetsLogIsRaised) {
    source_log_.append(make_batch(0, 10));
    run_link(OverrunRule::continue_past);
    ASSERT_EQ(target_log_.end, 10);
    stop();
    source_log_.append(make_batch(30, 10));
    source_log_.start = 30;
    auto& deleting = target_.versions.api_keys.emplace_back();
    deleting.api_key = static_cast<int16_t>(protocol::ApiKey::delete_records);
    deleting.max_version = 2;
    target_.on(protocol::ApiKey::delete_records, [this](const test::ReceivedRequest& request) {
        const auto message = request.as<protocol::DeleteRecordsRequest>();
        if (source_log_.start == 30) {
            source_log_.append(make_batch(50, 10));
            source_log_.start = 50;
        }
        target_log_.start = message.topics.at(0).partitions.at(0).offset;
        protocol::DeleteRecordsResponse response;
        auto& topic = response.topics.emplace_back();
        topic.name = message.topics[0].name;
        topic.partitions.emplace_back().low_watermark = target_log_.start;
        request.answer(response);
    });
    run_link(OverrunRule::continue_past);
    loop_.advance(kUntilLookedAtAgain);
    EXPECT_EQ(target_log_.end, 60) << status().reason;
    EXPECT_EQ(target_log_.start, 50);
    EXPECT_EQ(status().lost_offsets, 40U);
}

}  // namespace
}  // namespace lockstep::replication
