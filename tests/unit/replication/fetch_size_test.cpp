#include "replication/fetch_size.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

constexpr int64_t kPlenty = int64_t{64} << 20;

TEST(FetchSize, Grows_WhileFullAnswersAreAwaited) {
    FetchSize size(kPlenty);
    for (int i = 0; i < 10; ++i) {
        size.on_answer(static_cast<size_t>(size.max_bytes()), true);
    }
    EXPECT_EQ(size.max_bytes(), FetchSize::kLargest);
}

TEST(FetchSize, ShrinksBack_WhenTheTargetIsTheSlowerSide) {
    FetchSize size(kPlenty);
    size.on_answer(FetchSize::kSmallest, true);
    ASSERT_GT(size.max_bytes(), FetchSize::kSmallest);
    for (int i = 0; i < 10; ++i) {
        size.on_answer(static_cast<size_t>(size.max_bytes()), false);
    }
    EXPECT_EQ(size.max_bytes(), FetchSize::kSmallest);
}

TEST(FetchSize, StaysAsItIs_WhenAnswersAreSmall) {
    FetchSize size(kPlenty);
    size.on_answer(FetchSize::kSmallest, true);
    const int32_t grown = size.max_bytes();
    size.on_answer(1000, true);
    size.on_answer(1000, false);
    EXPECT_EQ(size.max_bytes(), grown);
}

TEST(FetchSize, AsksForLittle_WhileNothingComes) {
    FetchSize size(kPlenty);
    size.on_answer(FetchSize::kSmallest, true);
    size.on_nothing();
    EXPECT_EQ(size.max_bytes(), FetchSize::kIdle);
    size.on_answer(1000, true);  // in step with the source
    EXPECT_EQ(size.max_bytes(), FetchSize::kIdle);
}

TEST(FetchSize, IsBackAtOnce_WhenRecordsFillWhatWasAskedForWhileIdle) {
    for (const bool was_awaited : {true, false}) {
        FetchSize size(kPlenty);
        size.on_nothing();
        size.on_answer(FetchSize::kIdle, was_awaited);
        EXPECT_EQ(size.max_bytes(), FetchSize::kSmallest);
    }
}

TEST(FetchSize, StaysWithinTheBudgetsShare) {
    FetchSize size(256 << 10);
    EXPECT_EQ(size.max_bytes(), 256 << 10);
    size.on_answer(256 << 10, true);
    EXPECT_EQ(size.max_bytes(), 256 << 10);
    size.on_answer(256 << 10, false);
    EXPECT_EQ(size.max_bytes(), 256 << 10);
}

TEST(FetchSize, AsksForSomething_WhenTheBudgetIsTiny) {
    FetchSize size(1);
    EXPECT_GT(size.max_bytes(), 0);
    EXPECT_GT(size.partition_max_bytes(1000), 0);
}

TEST(FetchSize, GivesAPartitionThatIsAloneAllOfIt_AndOthersTheirTurn) {
    const FetchSize size(kPlenty);
    EXPECT_EQ(size.partition_max_bytes(1), FetchSize::kSmallest);
    EXPECT_EQ(size.partition_max_bytes(2), FetchSize::kSmallest / 2);
    EXPECT_EQ(size.partition_max_bytes(1000), FetchSize::kSmallest / 4);
}

}  // namespace
}  // namespace lockstep::replication
