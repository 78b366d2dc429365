#include "replication/fleet_meter.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TopicPartition kOrders{"orders", PartitionIndex(0)};
const TopicPartition kUsers{"users", PartitionIndex(0)};
constexpr runtime::TimePoint kStart{seconds(100)};

TEST(FleetMeter, KnowsNothing_BeforeTheSecondLook) {
    FleetMeter meter;
    meter.sample(kStart, {{kOrders, 5'000}});
    EXPECT_TRUE(meter.rates().empty());
}

TEST(FleetMeter, SaysBytesASecond) {
    FleetMeter meter;
    meter.sample(kStart, {{kOrders, 5'000}, {kUsers, 0}});
    meter.sample(kStart + seconds(2), {{kOrders, 25'000}, {kUsers, 0}});
    EXPECT_EQ(meter.rates(), (FleetRates{{kOrders, 10'000}, {kUsers, 0}}));
}

TEST(FleetMeter, PassesOver_WhatComesTooSoon) {
    FleetMeter meter;
    meter.sample(kStart, {{kOrders, 0}});
    meter.sample(kStart + milliseconds(300), {{kOrders, 300}});
    EXPECT_TRUE(meter.rates().empty());
    meter.sample(kStart + seconds(1), {{kOrders, 1'000}});
    EXPECT_EQ(meter.rates().at(kOrders), 1'000);
}

TEST(FleetMeter, FollowsAChange_WithinAMinute) {
    FleetMeter meter;
    uint64_t bytes = 0;
    for (int second = 0; second <= 60; ++second) {
        meter.sample(kStart + seconds(second), {{kOrders, bytes}});
        bytes += 1'000;
    }
    EXPECT_NEAR(meter.rates().at(kOrders), 1'000, 1);
    for (int second = 61; second <= 65; ++second) {
        bytes += 9'000;
        meter.sample(kStart + seconds(second), {{kOrders, bytes}});
    }
    EXPECT_LT(meter.rates().at(kOrders), 5'000);  // not for a few seconds
    for (int second = 66; second <= 140; ++second) {
        bytes += 9'000;
        meter.sample(kStart + seconds(second), {{kOrders, bytes}});
    }
    EXPECT_NEAR(meter.rates().at(kOrders), 10'000, 1'500);
}

TEST(FleetMeter, ForgetsWhatIsNotCopiedHereAnyMore) {
    FleetMeter meter;
    meter.sample(kStart, {{kOrders, 0}, {kUsers, 0}});
    meter.sample(kStart + seconds(1), {{kOrders, 500}, {kUsers, 700}});
    meter.sample(kStart + seconds(2), {{kOrders, 1'000}});
    EXPECT_FALSE(meter.rates().contains(kUsers));
    // When it comes back, what was copied elsewhere meanwhile does not make it slow.
    meter.sample(kStart + seconds(60), {{kOrders, 1'500}, {kUsers, 700}});
    EXPECT_FALSE(meter.rates().contains(kUsers));
    meter.sample(kStart + seconds(61), {{kOrders, 2'000}, {kUsers, 1'400}});
    EXPECT_EQ(meter.rates().at(kUsers), 700);
}

}  // namespace
}  // namespace lockstep::replication
