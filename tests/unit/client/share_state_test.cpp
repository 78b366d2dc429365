#include "client/share_state.h"

#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

DeliveredRange finished(int64_t first, int64_t last) {
    return {Offset(first), Offset(last), true};
}

DeliveredRange open(int64_t first, int64_t last) {
    return {Offset(first), Offset(last), false};
}

struct StateCase {
    const char* name;
    int64_t start;
    DeliveredRanges ranges;
    int64_t first_unfinished;
    int64_t end_of_finished;
};

void PrintTo(const StateCase& c, std::ostream* out) {
    *out << c.name;
}

class ShareState : public testing::TestWithParam<StateCase> {};

TEST_P(ShareState, WhereTheGroupStands) {
    const StateCase& c = GetParam();
    EXPECT_EQ(first_unfinished(Offset(c.start), c.ranges), Offset(c.first_unfinished));
    EXPECT_EQ(end_of_finished(Offset(c.start), c.ranges), Offset(c.end_of_finished));
}

INSTANTIATE_TEST_SUITE_P(
    All, ShareState,
    testing::Values(
        StateCase{"NothingDone", 5, {}, 5, 5},
        StateCase{"FromTheStart", 5, {finished(5, 9)}, 10, 10},
        StateCase{"OneBehindTheOther", 5, {finished(5, 9), finished(10, 12)}, 13, 13},
        StateCase{"AGapStopsIt", 5, {finished(5, 9), finished(11, 12)}, 10, 13},
        StateCase{"AGapAtTheStart", 5, {finished(6, 9)}, 5, 10},
        StateCase{"GivenBackStopsIt", 5, {finished(5, 9), open(10, 10), finished(11, 12)}, 10, 13},
        StateCase{"GivenBackOnly", 5, {open(5, 9)}, 5, 5},
        StateCase{"BeforeTheStart", 5, {finished(1, 3), open(4, 4)}, 5, 5},
        StateCase{"AcrossTheStart", 5, {finished(1, 7)}, 8, 8}));

}  // namespace
}  // namespace lockstep::client
