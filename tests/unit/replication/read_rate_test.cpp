#include "replication/read_rate.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr runtime::TimePoint kStart{std::chrono::hours(1)};

TEST(ReadRate, IsFree_UntilSomethingWasRead) {
    EXPECT_LE(ReadRate(1'000).free_at(), kStart);
}

TEST(ReadRate, IsFreeAgain_WhenWhatWasReadIsPaidOff) {
    ReadRate rate(1'000);
    rate.charge(500, kStart);
    EXPECT_EQ(rate.free_at(), kStart + milliseconds(500));
    rate.charge(1'000, kStart + milliseconds(500));
    EXPECT_EQ(rate.free_at(), kStart + milliseconds(1'500));
}

TEST(ReadRate, AddsUp_WhatSeveralRead) {
    ReadRate rate(1'000);
    rate.charge(500, kStart);
    rate.charge(500, kStart);
    EXPECT_EQ(rate.free_at(), kStart + seconds(1));
}

TEST(ReadRate, SavesNothingUp) {
    ReadRate rate(1'000);
    rate.charge(1'000, kStart);
    rate.charge(1'000, kStart + seconds(100));
    EXPECT_EQ(rate.free_at(), kStart + seconds(101));
}

TEST(ReadRate, ReadsAQuarterOfASecondsWorthAtOnce) {
    EXPECT_EQ(ReadRate(4 << 20).chunk_bytes(2 << 20), 1 << 20);
    EXPECT_EQ(ReadRate(int64_t{1} << 40).chunk_bytes(2 << 20), 2 << 20);
    EXPECT_EQ(ReadRate(1).chunk_bytes(2 << 20), 64 << 10);
}

}  // namespace
}  // namespace lockstep::replication
