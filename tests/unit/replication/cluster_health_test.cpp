#include "replication/cluster_health.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr runtime::TimePoint kStart{std::chrono::hours(1)};

TEST(ClusterHealthRule, KnowsNothingAtFirst) {
    EXPECT_EQ(ClusterHealthRule().health(), ClusterHealth::unknown);
    EXPECT_EQ(ClusterHealthRule().reason(), "");
}

TEST(ClusterHealthRule, IsHealthy_WithTheFirstAnswer) {
    ClusterHealthRule rule;
    rule.take_answer(kStart, 1);
    EXPECT_EQ(rule.health(), ClusterHealth::healthy);
    EXPECT_EQ(rule.reason(), "");
}

TEST(ClusterHealthRule, IsUnreachable_WithTheFirstFailure_WhereItWasNeverReached) {
    ClusterHealthRule rule;
    rule.take_failure("connection refused");
    EXPECT_EQ(rule.health(), ClusterHealth::unreachable);
    EXPECT_EQ(rule.reason(), "connection refused");
}

TEST(ClusterHealthRule, StaysAsItIs_WithOneFailure) {
    ClusterHealthRule rule;
    rule.take_answer(kStart, 3);
    rule.take_failure("connection refused");
    EXPECT_EQ(rule.health(), ClusterHealth::healthy);
    EXPECT_EQ(rule.reason(), "");
}

TEST(ClusterHealthRule, IsUnreachable_WithTwoFailuresInARow) {
    ClusterHealthRule rule;
    rule.take_answer(kStart, 3);
    rule.take_failure("connection refused");
    rule.take_answer(kStart + seconds(5), 3);
    rule.take_failure("connection refused");
    EXPECT_EQ(rule.health(), ClusterHealth::healthy) << "they were not in a row";
    rule.take_failure("no answer within 5 s");
    EXPECT_EQ(rule.health(), ClusterHealth::unreachable);
    EXPECT_EQ(rule.reason(), "no answer within 5 s");
}

TEST(ClusterHealthRule, HasTheNewestReason_WhileItIsUnreachable) {
    ClusterHealthRule rule;
    rule.take_failure("connection refused");
    rule.take_failure("no route to host");
    EXPECT_EQ(rule.reason(), "no route to host");
}

TEST(ClusterHealthRule, IsHealthyAgain_WithOneAnswer) {
    ClusterHealthRule rule;
    rule.take_failure("connection refused");
    rule.take_answer(kStart, 1);
    EXPECT_EQ(rule.health(), ClusterHealth::healthy);
    EXPECT_EQ(rule.reason(), "");
    rule.take_failure("connection refused");
    EXPECT_EQ(rule.health(), ClusterHealth::healthy) << "it counts anew";
}

TEST(ClusterHealthRule, IsDegraded_WhileBrokersAreMissing) {
    ClusterHealthRule rule;
    rule.take_answer(kStart, 3);
    rule.take_answer(kStart + seconds(5), 2);
    EXPECT_EQ(rule.health(), ClusterHealth::degraded);
    EXPECT_EQ(rule.reason(), "2 of 3 brokers are registered");
    rule.take_failure("connection refused");
    EXPECT_EQ(rule.health(), ClusterHealth::degraded);
    EXPECT_EQ(rule.reason(), "2 of 3 brokers are registered");
    rule.take_answer(kStart + seconds(10), 1);
    EXPECT_EQ(rule.reason(), "1 of 3 brokers are registered");
    rule.take_answer(kStart + seconds(15), 3);
    EXPECT_EQ(rule.health(), ClusterHealth::healthy);
}

TEST(ClusterHealthRule, ForgetsBrokersThatAreGoneForGood) {
    ClusterHealthRule rule;
    rule.take_answer(kStart, 3);
    rule.take_answer(kStart + minutes(1), 2);
    rule.take_answer(kStart + minutes(10), 2);
    EXPECT_EQ(rule.health(), ClusterHealth::degraded);
    rule.take_answer(kStart + minutes(10) + seconds(1), 2);
    EXPECT_EQ(rule.health(), ClusterHealth::healthy);
}

TEST(ClusterHealthRule, RemembersTheMost_OfTheLastTenMinutes) {
    ClusterHealthRule rule;
    rule.take_answer(kStart, 5);
    rule.take_answer(kStart + minutes(6), 4);
    rule.take_answer(kStart + minutes(12), 3);
    EXPECT_EQ(rule.reason(), "3 of 4 brokers are registered") << "five were there too long ago";
}

TEST(RoundTrips, HaveNoMedian_BeforeTheFirst) {
    EXPECT_EQ(RoundTrips().median_ms(), std::nullopt);
}

TEST(RoundTrips, TakeNoNoticeOfAnOutlier) {
    RoundTrips trips;
    for (const int ms : {20, 21, 900}) {
        trips.add(milliseconds(ms));
    }
    EXPECT_DOUBLE_EQ(trips.median_ms().value(), 21);
    trips.add(milliseconds(22));
    EXPECT_DOUBLE_EQ(trips.median_ms().value(), 21.5) << "of two in the middle: between them";
}

TEST(RoundTrips, AreTheLastTwelve) {
    RoundTrips trips;
    for (int i = 0; i < 20; ++i) {
        trips.add(milliseconds(500));
    }
    for (int i = 0; i < 12; ++i) {
        trips.add(milliseconds(10));
    }
    EXPECT_DOUBLE_EQ(trips.median_ms().value(), 10);
}

TEST(RoundTrips, BeginAnew_OnceCleared) {
    RoundTrips trips;
    trips.add(milliseconds(500));
    trips.clear();
    EXPECT_EQ(trips.median_ms(), std::nullopt);
    trips.add(milliseconds(10));
    EXPECT_DOUBLE_EQ(trips.median_ms().value(), 10);
}

}  // namespace
}  // namespace lockstep::replication
