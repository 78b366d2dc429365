#include "model/link_status.h"

#include <gtest/gtest.h>

#include <set>

namespace lockstep {
namespace {

PartitionStatus status_with(std::optional<int64_t> source_end, std::optional<int64_t> target_end) {
    PartitionStatus status;
    if (source_end) {
        status.source_high_watermark = Offset(*source_end);
    }
    if (target_end) {
        status.next_offset = Offset(*target_end);
    }
    return status;
}

TEST(LagRecords, IsTheDistanceOfTheEnds) {
    EXPECT_EQ(status_with(100, 40).lag_records(), 60);
    EXPECT_EQ(status_with(100, 100).lag_records(), 0);
}

TEST(LagRecords, IsNeverNegative) {
    // The high watermark that we know may be older than the target's end.
    EXPECT_EQ(status_with(90, 100).lag_records(), 0);
}

TEST(LagRecords, IsZero_WhileAnEndIsUnknown) {
    EXPECT_EQ(status_with({}, {}).lag_records(), 0);
    EXPECT_EQ(status_with(100, {}).lag_records(), 0);
    EXPECT_EQ(status_with({}, 100).lag_records(), 0);
}

TEST(LagSeconds, IsTheAgeOfTheOldestRecordThatIsNotCopied) {
    PartitionStatus status = status_with(100, 40);
    status.oldest_waiting_ms = 10'000;
    EXPECT_DOUBLE_EQ(status.lag_seconds(12'500).value(), 2.5);
}

TEST(LagSeconds, IsZero_WithoutLag) {
    PartitionStatus status = status_with(100, 100);
    EXPECT_EQ(status.lag_seconds(1'000'000), 0);
    status.oldest_waiting_ms = 10'000;
    EXPECT_EQ(status.lag_seconds(1'000'000), 0);
}

TEST(LagSeconds, IsNotKnown_WhereTheRecordOrAnEndIsNotKnown) {
    EXPECT_EQ(status_with(100, 40).lag_seconds(1'000'000), std::nullopt);
    EXPECT_EQ(status_with({}, 40).lag_seconds(1'000'000), std::nullopt);
    EXPECT_EQ(status_with(100, {}).lag_seconds(1'000'000), std::nullopt);
}

TEST(LagSeconds, IsZero_WhenTheRecordIsFromTheFuture) {
    PartitionStatus status = status_with(100, 40);
    status.oldest_waiting_ms = 10'000;
    EXPECT_EQ(status.lag_seconds(9'000), 0);
}

TEST(PartitionState, HasAWordOfItsOwn) {
    std::set<std::string_view> words;
    for (const PartitionState state : kAllPartitionStates) {
        words.insert(to_string(state));
    }
    EXPECT_EQ(words.size(), kAllPartitionStates.size());
    EXPECT_FALSE(words.contains("unknown"));
    EXPECT_EQ(to_string(PartitionState::blocked), "blocked");
}

}  // namespace
}  // namespace lockstep
