#include "replication/filler_series.h"

#include "model/tagged_producer_id.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

constexpr ProducerId kStream{(int64_t{1} << 62) + 5};

/// A series of filler that goes up to `end`.
client::ProducerState filled(int64_t series, int64_t end) {
    return {filler_producer_id(kStream, series), ProducerEpoch(0), sequence_at(end - 1), -1, {}};
}

std::optional<ProducerId> chosen(const std::vector<client::ProducerState>& producers, int64_t end) {
    return filler_series(kStream, producers, Offset(end));
}

TEST(FillerSeries, IsTheFirst_WhereTheLogHasNone) {
    EXPECT_EQ(chosen({}, 0), filler_producer_id(kStream, 0));
    EXPECT_EQ(chosen({{ProducerId(7), ProducerEpoch(1), Sequence(99), -1, {}}}, 100),
              filler_producer_id(kStream, 0));
}

TEST(FillerSeries, IsTheOneThatTheLogEndsWith) {
    EXPECT_EQ(chosen({filled(0, 500'000)}, 500'000), filler_producer_id(kStream, 0));
    EXPECT_EQ(chosen({filled(0, 500'000), filled(1, 9'000'000)}, 9'000'000),
              filler_producer_id(kStream, 1));
}

TEST(FillerSeries, IsTheNext_WhereRecordsAreBehindTheLastOne) {
    EXPECT_EQ(chosen({filled(0, 500'000)}, 500'010), filler_producer_id(kStream, 1));
    EXPECT_EQ(chosen({filled(0, 500'000), filled(1, 600'000)}, 700'000),
              filler_producer_id(kStream, 2));
}

// Else two workers fill it, each under its own id: one behind the other's batches, which are not
// replicated yet.
TEST(FillerSeries, IsNone_WhereFillerIsBehindTheEndAlready) {
    EXPECT_EQ(chosen({filled(0, 1'000'000)}, 500'000), std::nullopt);
    EXPECT_EQ(chosen({filled(0, kMostFillerUnderWay)}, 0), std::nullopt);
    EXPECT_EQ(chosen({filled(0, 100), filled(1, 500'001)}, 500'000), std::nullopt);
}

TEST(FillerSeries, CountsSequencesModulo2To31) {
    const int64_t wrap = int64_t{1} << 31;
    EXPECT_EQ(chosen({filled(0, wrap)}, wrap), filler_producer_id(kStream, 0));
    EXPECT_EQ(chosen({filled(0, wrap + 10)}, wrap - 10), std::nullopt);
    EXPECT_EQ(chosen({filled(0, wrap - 10)}, wrap + 10), filler_producer_id(kStream, 1));
    EXPECT_EQ(chosen({filled(0, 3 * wrap - 10)}, 3 * wrap + 10), filler_producer_id(kStream, 1));
}

}  // namespace
}  // namespace lockstep::replication
