#include "replication/fleet_meter.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TopicPartition kOrders{"orders", PartitionIndex(0)};
const TopicPartition kUsers{"users", PartitionIndex(0)};
constexpr runtime::TimePoint kStart{seconds(100)};

void sample(FleetMeter& meter, runtime::TimePoint now,
            const std::map<TopicPartition, uint64_t>& copied) {
    meter.sample(now, [&](const FleetMeter::Visitor& visitor) {
        for (const auto& [id, bytes] : copied) {
            visitor(id, bytes);
        }
    });
}

TEST(FleetMeter, KnowsNothing_BeforeTheSecondLook) {
    FleetMeter meter;
    sample(meter, kStart, {{kOrders, 5'000}});
    EXPECT_EQ(meter.rate_of(kOrders), std::nullopt);
}

TEST(FleetMeter, SaysBytesASecond) {
    FleetMeter meter;
    sample(meter, kStart, {{kOrders, 5'000}, {kUsers, 0}});
    sample(meter, kStart + seconds(2), {{kOrders, 25'000}, {kUsers, 0}});
    EXPECT_EQ(meter.rate_of(kOrders), 10'000);
    EXPECT_EQ(meter.rate_of(kUsers), 0);
}

TEST(FleetMeter, PassesOver_WhatComesTooSoon) {
    FleetMeter meter;
    sample(meter, kStart, {{kOrders, 0}});
    sample(meter, kStart + milliseconds(300), {{kOrders, 300}});
    EXPECT_EQ(meter.rate_of(kOrders), std::nullopt);
    sample(meter, kStart + seconds(1), {{kOrders, 1'000}});
    EXPECT_EQ(meter.rate_of(kOrders), 1'000);
}

TEST(FleetMeter, FollowsAChange_WithinAMinute) {
    FleetMeter meter;
    uint64_t bytes = 0;
    for (int second = 0; second <= 60; ++second) {
        sample(meter, kStart + seconds(second), {{kOrders, bytes}});
        bytes += 1'000;
    }
    EXPECT_NEAR(meter.rate_of(kOrders).value(), 1'000, 1);
    for (int second = 61; second <= 65; ++second) {
        bytes += 9'000;
        sample(meter, kStart + seconds(second), {{kOrders, bytes}});
    }
    EXPECT_LT(meter.rate_of(kOrders).value(), 5'000);  // not for a few seconds
    for (int second = 66; second <= 140; ++second) {
        bytes += 9'000;
        sample(meter, kStart + seconds(second), {{kOrders, bytes}});
    }
    EXPECT_NEAR(meter.rate_of(kOrders).value(), 10'000, 1'500);
}

TEST(FleetMeter, ForgetsWhatIsNotCopiedHereAnyMore) {
    FleetMeter meter;
    sample(meter, kStart, {{kOrders, 0}, {kUsers, 0}});
    sample(meter, kStart + seconds(1), {{kOrders, 500}, {kUsers, 700}});
    sample(meter, kStart + seconds(2), {{kOrders, 1'000}});
    EXPECT_EQ(meter.rate_of(kUsers), std::nullopt);
    // When it comes back, what was copied elsewhere meanwhile does not make it slow.
    sample(meter, kStart + seconds(60), {{kOrders, 1'500}, {kUsers, 700}});
    EXPECT_EQ(meter.rate_of(kUsers), std::nullopt);
    sample(meter, kStart + seconds(61), {{kOrders, 2'000}, {kUsers, 1'400}});
    EXPECT_EQ(meter.rate_of(kUsers), 700);
}

TEST(FleetMeter, TakesInWhatComesBetweenOthers) {
    FleetMeter meter;
    const TopicPartition between{"payments", PartitionIndex(7)};
    sample(meter, kStart, {{kOrders, 0}, {kUsers, 0}});
    sample(meter, kStart + seconds(1), {{kOrders, 100}, {between, 5'000}, {kUsers, 300}});
    sample(meter, kStart + seconds(2), {{kOrders, 200}, {between, 5'200}, {kUsers, 600}});
    EXPECT_EQ(meter.rate_of(kOrders), 100);
    EXPECT_EQ(meter.rate_of(between), 200);
    EXPECT_EQ(meter.rate_of(kUsers), 300);
}

TEST(FleetMeter, BeginsAnew_WhereTheCountDoes) {
    FleetMeter meter;
    sample(meter, kStart, {{kOrders, 5'000}});
    sample(meter, kStart + seconds(1), {{kOrders, 6'000}});
    sample(meter, kStart + seconds(2), {{kOrders, 10}});
    EXPECT_EQ(meter.rate_of(kOrders), std::nullopt);
    sample(meter, kStart + seconds(3), {{kOrders, 60}});
    EXPECT_EQ(meter.rate_of(kOrders), 50);
}

}  // namespace
}  // namespace lockstep::replication
