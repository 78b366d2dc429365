#include "replication/weighted_turns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace lockstep::replication {
namespace {

using enum Priority;
using testing::ElementsAre;

class WeightedTurnsTest : public testing::Test {
protected:
    /// Who gets `turns` turns of so many bytes each, by priority, while `wanting` want all they
    /// get.
    std::array<int, 3> share(const std::set<Priority>& wanting, int turns, int64_t bytes = 100) {
        std::array<int, 3> had{};
        for (int i = 0; i < turns; ++i) {
            const Priority next =
                turns_.next([&](Priority each) { return wanting.contains(each); });
            turns_.charge(next, bytes);
            ++had.at(static_cast<size_t>(next));
        }
        return had;
    }

    WeightedTurns turns_;
};

TEST_F(WeightedTurnsTest, SharesByWeight_WhileAllWantMore) {
    EXPECT_THAT(share({high, normal, low}, 700), ElementsAre(400, 200, 100));
}

TEST_F(WeightedTurnsTest, LetsTheHigherGoFirst) {
    EXPECT_THAT(share({high, normal, low}, 1), ElementsAre(1, 0, 0));
}

TEST_F(WeightedTurnsTest, GivesTheOthersWhatOneDoesNotWant) {
    EXPECT_THAT(share({normal, low}, 300), ElementsAre(0, 200, 100));
    EXPECT_THAT(share({low}, 10), ElementsAre(0, 0, 10));
}

TEST_F(WeightedTurnsTest, CountsBytes_AndNotTurns) {
    int64_t of_high = 0;
    int64_t of_low = 0;
    for (int i = 0; i < 10'000; ++i) {
        const Priority next = turns_.next([](Priority each) { return each != normal; });
        (next == high ? of_high : of_low) += next == high ? 10 : 1'000;
        turns_.charge(next, next == high ? 10 : 1'000);
    }
    EXPECT_NEAR(static_cast<double>(of_high) / static_cast<double>(of_low), 4, 0.1);
}

// Else a link that was in step for a day would take all for as long, once it has something to do.
TEST_F(WeightedTurnsTest, OwesNothing_ForATimeInWhichNothingWasWanted) {
    share({low}, 10'000);
    turns_.begin(high);
    const auto had = share({high, low}, 50);
    EXPECT_GE(had[2], 9) << "low";
    EXPECT_GE(had[0], 40) << "high";
}

}  // namespace
}  // namespace lockstep::replication
