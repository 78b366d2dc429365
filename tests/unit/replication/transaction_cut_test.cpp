#include "replication/transaction_cut.h"

#include "base/rng.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;

std::vector<Offset> offsets(const std::vector<int64_t>& values) {
    std::vector<Offset> made;
    for (const int64_t value : values) {
        made.emplace_back(value);
    }
    return made;
}

TransactionRange range(size_t partition, int64_t first, int64_t last) {
    return {partition, Offset(first), Offset(last)};
}

TEST(TransactionCut, IsWhatWasCopied_WhereNothingIsTorn) {
    const TransactionCut cut =
        largest_cut(offsets({10, 20}), {{range(0, 2, 4), range(1, 9, 12)}, {range(0, 10, 11)}});
    EXPECT_THAT(cut.ends, ElementsAre(Offset(10), Offset(20)));
    EXPECT_THAT(cut.is_outside, ElementsAre(false, true));
}

TEST(TransactionCut, MovesBackWhatIsWhole_WhereAnotherPartitionLacksSome) {
    const TransactionCut cut = largest_cut(offsets({10, 20}), {{range(0, 2, 4), range(1, 19, 20)}});
    EXPECT_THAT(cut.ends, ElementsAre(Offset(2), Offset(19)));
}

TEST(TransactionCut, TakesATransactionWhoseMarkerIsNotCopied) {
    // Its last record is at 9, and so is whole before 10.
    const TransactionCut cut = largest_cut(offsets({10}), {{range(0, 3, 9)}});
    EXPECT_THAT(cut.ends, ElementsAre(Offset(10)));
    EXPECT_THAT(cut.is_outside, ElementsAre(false));
}

TEST(TransactionCut, GoesOn_WhereMovingBackTearsAnother) {
    // 0 lacks its part in partition 2; that tears 1 in partition 0, and this 2 in partition 1.
    const TransactionCut cut =
        largest_cut(offsets({10, 10, 10, 10}), {{range(0, 5, 6), range(2, 10, 12)},
                                                {range(0, 3, 8), range(1, 6, 9)},
                                                {range(1, 2, 7), range(3, 0, 9)},
                                                {range(1, 0, 1), range(3, 10, 11)}});
    EXPECT_THAT(cut.ends, ElementsAre(Offset(3), Offset(0), Offset(10), Offset(0)));
    EXPECT_THAT(cut.is_outside, ElementsAre(true, true, true, true));
}

TEST(TransactionCut, LeavesAlone_WhatIsBeforeTheOneThatWasMovedOut) {
    const TransactionCut cut = largest_cut(
        offsets({10, 10}), {{range(0, 4, 6), range(1, 9, 12)}, {range(0, 0, 3), range(1, 2, 8)}});
    EXPECT_THAT(cut.ends, ElementsAre(Offset(4), Offset(9)));
    EXPECT_THAT(cut.is_outside, ElementsAre(true, false));
}

TEST(TransactionCut, HoldsWithoutAnything) {
    EXPECT_THAT(largest_cut({}, {}).ends, ElementsAre());
    EXPECT_THAT(largest_cut(offsets({7}), {}).ends, ElementsAre(Offset(7)));
}

/// Whether a transaction is whole at some ends, told from the definition.
bool is_whole(const TransactionExtent& transaction, const std::vector<int64_t>& ends) {
    const auto is_inside = [&](const TransactionRange& part) {
        return part.last.value() < ends[part.partition];
    };
    const auto is_outside = [&](const TransactionRange& part) {
        return part.first.value() >= ends[part.partition];
    };
    return std::ranges::all_of(transaction, is_inside) ||
           std::ranges::all_of(transaction, is_outside);
}

/// Of all vectors of ends, the one with the largest sum that tears nothing.
std::vector<int64_t> brute_force(const std::vector<int64_t>& copied,
                                 const std::vector<TransactionExtent>& transactions) {
    std::vector<int64_t> ends(copied.size());
    std::vector<int64_t> best;
    int64_t best_sum = -1;
    while (true) {
        int64_t sum = 0;
        for (const int64_t end : ends) {
            sum += end;
        }
        const bool is_good = std::ranges::all_of(
            transactions, [&](const TransactionExtent& t) { return is_whole(t, ends); });
        if (is_good && sum > best_sum) {
            best_sum = sum;
            best = ends;
        }
        size_t digit = 0;
        while (digit < ends.size() && ++ends[digit] > copied[digit]) {
            ends[digit++] = 0;
        }
        if (digit == ends.size()) {
            return best;
        }
    }
}

TEST(TransactionCut, IsTheLargest_OfAllThatThereAre) {
    Rng rng(7);
    size_t cut_short = 0;
    for (int round = 0; round < 3000; ++round) {
        const size_t partitions = 1 + rng.below(3);
        std::vector<int64_t> copied;
        for (size_t i = 0; i < partitions; ++i) {
            copied.push_back(static_cast<int64_t>(rng.below(10)));
        }
        std::vector<TransactionExtent> transactions(rng.below(7));
        for (TransactionExtent& transaction : transactions) {
            for (size_t i = 0; i < partitions; ++i) {
                if (rng.chance(0.6)) {
                    const auto first = static_cast<int64_t>(rng.below(11));
                    transaction.push_back(
                        range(i, first, first + static_cast<int64_t>(rng.below(4))));
                }
            }
        }
        const std::vector<int64_t> expected = brute_force(copied, transactions);
        const TransactionCut cut = largest_cut(offsets(copied), transactions);
        ASSERT_EQ(cut.ends, offsets(expected)) << "round " << round;
        for (size_t i = 0; i < transactions.size(); ++i) {
            const bool is_outside = std::ranges::any_of(transactions[i], [&](const auto& part) {
                return part.first >= cut.ends[part.partition];
            });
            ASSERT_EQ(cut.is_outside[i], is_outside) << "round " << round;
        }
        cut_short += expected != copied ? 1 : 0;
    }
    EXPECT_GT(cut_short, 500U);  // else it was no test
}

}  // namespace
}  // namespace lockstep::replication
