#include "replication/waiting_times.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

TEST(WaitingTimes, KnowNothing_BeforeAnythingWaits) {
    WaitingTimes times;
    EXPECT_EQ(times.oldest_at(Offset(0)), std::nullopt);
    times.set_has_more(true);
    EXPECT_EQ(times.oldest_at(Offset(0)), std::nullopt);
}

TEST(WaitingTimes, TellTheTimeOfTheFirstBatchThatWaits) {
    WaitingTimes times;
    times.add(Offset(0), Offset(10), 1'000);
    times.add(Offset(10), Offset(20), 30'000);
    EXPECT_EQ(times.oldest_at(Offset(0)), 1'000);
    EXPECT_EQ(times.oldest_at(Offset(9)), 1'000);
    EXPECT_EQ(times.oldest_at(Offset(10)), 30'000);
    EXPECT_EQ(times.oldest_at(Offset(20)), std::nullopt);
}

TEST(WaitingTimes, DoNotTakeANewRecordForAsOldAsTheOneBeforeIt) {
    WaitingTimes times;
    times.add(Offset(0), Offset(10), 1'000);
    EXPECT_EQ(times.oldest_at(Offset(10)), std::nullopt);
    times.add(Offset(10), Offset(11), 90'000);
    EXPECT_EQ(times.oldest_at(Offset(10)), 90'000);
}

TEST(WaitingTimes, GoByTheLastBatch_WhileTheNextIsOnItsWay) {
    WaitingTimes times;
    times.add(Offset(0), Offset(10), 1'000);
    times.set_has_more(true);
    EXPECT_EQ(times.oldest_at(Offset(10)), 1'000);
    times.add(Offset(10), Offset(20), 2'000);
    times.set_has_more(false);
    EXPECT_EQ(times.oldest_at(Offset(20)), std::nullopt);
}

TEST(WaitingTimes, AreThoseOfTheNextRecord_WhereTheLogHasAHole) {
    WaitingTimes times;
    times.add(Offset(50), Offset(60), 5'000);
    EXPECT_EQ(times.oldest_at(Offset(7)), 5'000);
}

TEST(WaitingTimes, AreNotKnown_WhereRecordsHaveNone) {
    WaitingTimes times;
    times.add(Offset(0), Offset(10), -1);
    EXPECT_EQ(times.oldest_at(Offset(0)), std::nullopt);
}

TEST(WaitingTimes, AreBounded_AndNeverTooYoung) {
    WaitingTimes times;
    for (int64_t i = 0; i < 5'000; ++i) {
        times.add(Offset(i), Offset(i + 1), i * 1'000);
    }
    EXPECT_EQ(times.oldest_at(Offset(500)), 500'000);
    EXPECT_EQ(times.oldest_at(Offset(4'999)), 1'023'000);
    EXPECT_EQ(times.oldest_at(Offset(5'000)), std::nullopt);
}

TEST(WaitingTimes, AreForgotten) {
    WaitingTimes times;
    times.add(Offset(0), Offset(10), 1'000);
    times.clear();
    EXPECT_EQ(times.oldest_at(Offset(0)), std::nullopt);
}

}  // namespace
}  // namespace lockstep::replication
