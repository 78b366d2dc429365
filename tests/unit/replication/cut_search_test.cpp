#include "replication/cut_search.h"

#include "tests/unit/replication/simulated_source.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace lockstep::replication {
namespace {

/// What many simulated histories came to.
struct Tally {
    int largest = 0;
    int smaller = 0;   // where transactions could not be told apart
    int cut = 0;       // where some of what was copied is behind the cut
    size_t again = 0;  // scans that had to look further back
};

bool is_torn(const TransactionExtent& transaction, const std::vector<Offset>& ends) {
    const auto is_inside = [&](const TransactionRange& range) {
        return range.last < ends[range.partition];
    };
    const auto is_outside = [&](const TransactionRange& range) {
        return range.first >= ends[range.partition];
    };
    return !std::ranges::all_of(transaction, is_inside) &&
           !std::ranges::all_of(transaction, is_outside);
}

bool is_doubtful(const CutStep& found) {
    for (size_t i = 0; i < found.transactions.size(); ++i) {
        if (found.cut.is_outside[i] &&
            found.transactions[i].identity == SourceTransaction::Identity::unknown) {
            return true;
        }
    }
    return false;
}

/// Never tears a transaction; is the largest unless some could not be told apart.
Tally search_all(const SimulationRules& rules, int rounds) {
    Tally tally;
    for (int round = 0; round < rounds; ++round) {
        SCOPED_TRACE("seed " + std::to_string(round));
        SimulatedSource source(static_cast<uint64_t>(round), rules);
        source.run();
        const CutStep found = source.search();
        const std::vector<TransactionExtent> truth = source.truth();
        const std::vector<Offset> largest = largest_cut(source.copied(), truth).ends;
        for (const TransactionExtent& transaction : truth) {
            EXPECT_FALSE(is_torn(transaction, found.cut.ends));
        }
        for (size_t i = 0; i < largest.size(); ++i) {
            EXPECT_LE(found.cut.ends[i], largest[i]);
        }
        if (!is_doubtful(found)) {
            EXPECT_EQ(found.cut.ends, largest);
        }
        if (testing::Test::HasFailure()) {
            break;
        }
        (found.cut.ends == largest ? tally.largest : tally.smaller) += 1;
        tally.cut += largest != source.copied() ? 1 : 0;
        tally.again += source.scanned_again();
    }
    return tally;
}

TEST(CutSearch, FindsTheLargest_WhereEachTransactionHasItsOwnEpoch) {
    const Tally tally = search_all({.own_epochs = 1, .has_history = false}, 600);
    EXPECT_EQ(tally.smaller, 0);
    EXPECT_GT(tally.cut, 300);
    EXPECT_GT(tally.again, 100U);
}

// What is smaller is so because a producer was busy, or hung, at every moment.
TEST(CutSearch, FindsTheLargest_WithWhatTheCoordinatorsWroteDown) {
    const Tally tally = search_all({.own_epochs = 0}, 600);
    EXPECT_GT(tally.largest, 2 * tally.smaller);
    EXPECT_GT(tally.cut, 300);
}

TEST(CutSearch, FindsTheLargest_OfProducersOldAndNew) {
    const Tally tally = search_all({}, 600);
    EXPECT_GT(tally.largest, 4 * tally.smaller);
    EXPECT_GT(tally.cut, 300);
}

TEST(CutSearch, TearsNothing_WithoutWhatTheCoordinatorsWroteDown) {
    const Tally tally = search_all({.own_epochs = 0.3, .has_history = false}, 600);
    EXPECT_GT(tally.largest, 0);
    EXPECT_GT(tally.smaller, 0);
}

TEST(CutSearch, TearsNothing_WhereMarkersComeTwice_OrWithoutRecords) {
    const Tally tally = search_all({.second_markers = 0.1, .empty_partitions = 0.1}, 600);
    EXPECT_GT(tally.largest, 0);
    EXPECT_GT(tally.smaller, 0);
}

TEST(CutSearch, TearsNothing_WhereLogsAreCompacted) {
    const Tally tally = search_all({.is_compacted = true}, 600);
    EXPECT_GT(tally.largest, 0);
    EXPECT_GT(tally.smaller, 0);
}

TEST(CutSearch, NeedsNoScanOfWhatIsNotBehind_WhereNoTransactionIs) {
    CutSearch search({Offset(5), Offset(7)}, {Offset(0), Offset(0)}, {Offset(9), Offset(7)});
    const CutStep begin = search.begin();
    ASSERT_EQ(begin.scans.size(), 1U);
    EXPECT_EQ(begin.scans[0].partition, 0U);
    EXPECT_EQ(begin.scans[0].from, Offset(0));
    const std::vector<PartitionScan> scans(2);
    const CutStep found = search.next({scans, nullptr, {}});
    EXPECT_TRUE(found.is_found());
    EXPECT_THAT(found.cut.ends, testing::ElementsAre(Offset(5), Offset(7)));
}

/// Of two partitions with 100 million offsets each, what producer 1 committed last.
std::vector<PartitionScan> far_apart(int64_t from) {
    std::vector<PartitionScan> scans(2);
    for (PartitionScan& scan : scans) {
        scan.from = Offset(from);
        scan.end = Offset(100'000'000);
        ScannedTransaction& seen = scan.transactions.emplace_back();
        seen.producer_id = ProducerId(1);
        seen.epoch = seen.marker_epoch = ProducerEpoch(0);
        seen.end = ScannedTransaction::End::committed;
        seen.first = seen.last = Offset(99'999'990);
    }
    return scans;
}

TEST(CutSearch, GivesUp_WhereWhatCannotBeToldApartGoesFarBack) {
    const Offset end(100'000'000);
    CutSearch search({end, Offset(99'999'000)}, {Offset(0), Offset(0)}, {end, end});
    int64_t from = 99'999'000;
    CutStep step;
    for (int steps = 0; step.problem.empty(); ++steps) {
        ASSERT_LT(steps, 100);
        step = search.next({far_apart(from), nullptr, {}});
        ASSERT_FALSE(step.is_found() && step.problem.empty());
        for (const ScanFrom& scan : step.scans) {
            from = std::min(from, scan.from.value());
        }
    }
    EXPECT_THAT(step.problem, testing::HasSubstr("what producer 1 committed in its epoch 0"));
    EXPECT_LT(from, 90'000'000);
    EXPECT_GT(from, 0);
}

}  // namespace
}  // namespace lockstep::replication
