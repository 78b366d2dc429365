// The small number types: Rng, LatencyHistogram, Strong, big-endian loads.

#include "base/bytes.h"
#include "base/histogram.h"
#include "base/rng.h"
#include "base/strong.h"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace lockstep {
namespace {

TEST(Rng, IsSplitmix64_SoTheSameOnEveryMachine) {
    Rng rng(1234567);  // the reference implementation's test vector
    EXPECT_EQ(rng.next(), 6457827717110365317U);
    EXPECT_EQ(rng.next(), 3203168211198807973U);
    EXPECT_EQ(rng.next(), 9817491932198370423U);
}

TEST(Rng, GivesTheSame_ForTheSameSeed_AndOtherForOthers) {
    Rng a(7);
    Rng b(7);
    Rng c(8);
    int equal_to_c = 0;
    for (int i = 0; i < 1'000; ++i) {
        const uint64_t value = a.next();
        ASSERT_EQ(value, b.next());
        equal_to_c += value == c.next() ? 1 : 0;
    }
    EXPECT_EQ(equal_to_c, 0);
}

TEST(Rng, Below_StaysBelowAndReachesEverything) {
    Rng rng(9);
    EXPECT_EQ(rng.below(0), 0U);
    EXPECT_EQ(rng.below(1), 0U);
    std::array<int, 10> seen{};
    for (int i = 0; i < 10'000; ++i) {
        const uint64_t value = rng.below(10);
        ASSERT_LT(value, 10U);
        ++seen[value];
    }
    for (const int count : seen) {
        EXPECT_NEAR(count, 1'000, 200);
    }
}

TEST(Rng, Unit_IsWithinZeroAndOne) {
    Rng rng(10);
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
        const double value = rng.unit();
        ASSERT_GE(value, 0.0);
        ASSERT_LT(value, 1.0);
        sum += value;
    }
    EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(Rng, Chance_IsNeverAtZero_AndAlwaysAtOne) {
    Rng rng(11);
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_FALSE(rng.chance(0));
        ASSERT_TRUE(rng.chance(1));
    }
}

TEST(LatencyHistogram, PutsADurationIntoTheBucketWhoseBoundItDoesNotExceed) {
    const auto& bounds = LatencyHistogram::kBounds;
    for (size_t i = 0; i < bounds.size(); ++i) {
        LatencyHistogram histogram;
        histogram.observe(bounds[i]);
        EXPECT_EQ(histogram.counts()[i], 1U) << bounds[i];
        histogram.observe(bounds[i] * 1.001);
        EXPECT_EQ(histogram.counts()[i + 1], 1U) << bounds[i];
    }
}

TEST(LatencyHistogram, PutsExtremesIntoTheFirstAndLastBucket) {
    LatencyHistogram histogram;
    histogram.observe(0);
    histogram.observe(1e9);
    EXPECT_EQ(histogram.counts().front(), 1U);
    EXPECT_EQ(histogram.counts().back(), 1U);
    EXPECT_EQ(histogram.counts().size(), LatencyHistogram::kBounds.size() + 1);
}

TEST(LatencyHistogram, CountsAndSums) {
    LatencyHistogram histogram;
    for (const double seconds : {0.25, 0.5, 1.25}) {
        histogram.observe(seconds);
    }
    EXPECT_EQ(histogram.count(), 3U);
    EXPECT_DOUBLE_EQ(histogram.sum_seconds(), 2.0);
}

using Apples = Strong<struct ApplesTag, int32_t>;
using Pears = Strong<struct PearsTag, int32_t>;
using Metres = StrongPosition<struct MetresTag, int64_t>;

static_assert(!std::is_convertible_v<int32_t, Apples>);
static_assert(!std::is_convertible_v<Apples, int32_t>);
static_assert(!std::is_convertible_v<Apples, Pears>);
static_assert(!std::equality_comparable_with<Apples, Pears>);
static_assert(sizeof(Apples) == sizeof(int32_t));

TEST(Strong, IsZeroByDefault_AndOrderedByItsValue) {
    EXPECT_EQ(Apples().value(), 0);
    EXPECT_LT(Apples(-1), Apples(2));
    EXPECT_EQ(Apples(3), Apples(3));
    EXPECT_NE(Apples(3), Apples(4));
}

TEST(Strong, IsAKey) {
    const std::unordered_set<Apples> apples{Apples(1), Apples(2), Apples(1)};
    EXPECT_EQ(apples.size(), 2U);
    const std::unordered_set<Metres> metres{Metres(5), Metres(5)};
    EXPECT_EQ(metres.size(), 1U);
}

TEST(StrongPosition, MovesByADistance_AndTwoHaveOne) {
    EXPECT_EQ(Metres(10) + 5, Metres(15));
    EXPECT_EQ(Metres(10) - 5, Metres(5));
    const int64_t distance = Metres(10) - Metres(4);
    EXPECT_EQ(distance, 6);
}

TEST(BigEndian, LoadsWhatItStored_Unaligned) {
    uint8_t bytes[16] = {};
    store_big_endian<int64_t>(bytes + 3, -2);
    EXPECT_EQ(bytes[3], 0xff);
    EXPECT_EQ(bytes[10], 0xfe);
    EXPECT_EQ(load_big_endian<int64_t>(bytes + 3), -2);
    store_big_endian<int32_t>(bytes + 1, 0x01020304);
    EXPECT_EQ(bytes[1], 1);
    EXPECT_EQ(bytes[4], 4);
    store_big_endian<int16_t>(bytes, 0x0102);
    EXPECT_EQ(load_big_endian<int16_t>(bytes), 0x0102);
    store_big_endian<int8_t>(bytes, -3);
    EXPECT_EQ(load_big_endian<int8_t>(bytes), -3);
}

}  // namespace
}  // namespace lockstep
