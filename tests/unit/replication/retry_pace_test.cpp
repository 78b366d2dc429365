#include "replication/retry_pace.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

LinkSpec with(const RetryRule& rule) {
    LinkSpec spec;
    spec.retry = rule;
    return spec;
}

TEST(RetryPace, IsTheUsualOne_WhereNothingIsSaid) {
    EXPECT_EQ(retry_pace(LinkSpec()).first, milliseconds(100));
    EXPECT_EQ(retry_pace(LinkSpec()).longest, seconds(5));
}

TEST(RetryPace, IsTheLinks_ButNeverLongForConnections) {
    const LinkSpec spec = with({std::nullopt, seconds(20), minutes(5)});
    EXPECT_EQ(retry_pace(spec).first, seconds(20));
    EXPECT_EQ(retry_pace(spec).longest, minutes(5));
    EXPECT_EQ(reconnect_pace(spec).first, seconds(10));
    EXPECT_EQ(reconnect_pace(spec).longest, seconds(10));
    EXPECT_EQ(reconnect_pace(with({1, milliseconds(20), seconds(2)})).longest, seconds(2));
}

TEST(RetryPace, SaysHowManyAttemptsThereWere) {
    EXPECT_EQ(given_up_text(1, "x"), "given up after 1 attempt, as retry.attempts says: x");
    EXPECT_EQ(given_up_text(7, "x"), "given up after 7 attempts, as retry.attempts says: x");
}

}  // namespace
}  // namespace lockstep::replication
