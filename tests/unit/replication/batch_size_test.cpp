#include "replication/batch_size.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

BatchLimits limited(int64_t batch_size, std::optional<int64_t> max_message_bytes) {
    BatchLimits limits;
    limit_made(limits, batch_size, max_message_bytes);
    return limits;
}

TEST(BatchSize, IsWhatIsWanted_WhereTheTargetTakesIt) {
    EXPECT_EQ(limited(100'000, std::nullopt).made_bytes, 100'000U);
    EXPECT_EQ(limited(100'000, 1'048'588).made_bytes, 100'000U);
    EXPECT_EQ(limited(100'000, 1'048'588).merged_bytes, 100'000U);
}

TEST(BatchSize, IsNeverMoreThanTheTargetTakes) {
    EXPECT_EQ(limited(4 << 20, 1 << 20).made_bytes, (1U << 20) - (1U << 14));
    EXPECT_EQ(limited(4 << 20, 1 << 20).merged_bytes, (1U << 20) - (1U << 14));
}

TEST(BatchSize, IsSomething_WhateverTheTargetSays) {
    EXPECT_GT(limited(16'384, 1).made_bytes, 0U);
}

}  // namespace
}  // namespace lockstep::replication
