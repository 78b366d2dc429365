#include "replication/divergence.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

TEST(CopiedEpochs, KnowsTheEpochOfEachRecordThatWasFetched) {
    CopiedEpochs epochs;
    epochs.note(LeaderEpoch(3), Offset(0), Offset(10));
    epochs.note(LeaderEpoch(3), Offset(10), Offset(20));
    epochs.note(LeaderEpoch(5), Offset(20), Offset(30));
    EXPECT_EQ(epochs.before(Offset(0)), std::nullopt);
    EXPECT_EQ(epochs.before(Offset(1)), LeaderEpoch(3));
    EXPECT_EQ(epochs.before(Offset(20)), LeaderEpoch(3));
    EXPECT_EQ(epochs.before(Offset(21)), LeaderEpoch(5));
    EXPECT_EQ(epochs.before(Offset(30)), LeaderEpoch(5));
}

TEST(CopiedEpochs, SaysNothing_OfWhatAnotherWorkerHasFetched) {
    CopiedEpochs epochs;
    epochs.note(LeaderEpoch(3), Offset(0), Offset(10));
    EXPECT_EQ(epochs.before(Offset(11)), std::nullopt);
    epochs.note(LeaderEpoch(7), Offset(50), Offset(60));
    EXPECT_EQ(epochs.before(Offset(40)), std::nullopt);
    EXPECT_EQ(epochs.before(Offset(60)), LeaderEpoch(7));
}

TEST(CopiedEpochs, TakesWhatIsFetchedAgain) {
    CopiedEpochs epochs;
    epochs.note(LeaderEpoch(3), Offset(0), Offset(10));
    epochs.note(LeaderEpoch(4), Offset(10), Offset(20));
    epochs.note(LeaderEpoch(5), Offset(10), Offset(15));  // after a truncation
    EXPECT_EQ(epochs.before(Offset(15)), LeaderEpoch(5));
    EXPECT_EQ(epochs.before(Offset(16)), std::nullopt);
    EXPECT_EQ(epochs.before(Offset(10)), LeaderEpoch(3));
}

}  // namespace
}  // namespace lockstep::replication
