#include "replication/transaction_coverage.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>

namespace lockstep::replication {
namespace {

using End = ScannedTransaction::End;
using Identity = SourceTransaction::Identity;
using testing::ElementsAre;

constexpr int64_t kNow = 1'000'000'000;

/// Three partitions, of which the offsets [100, 200) were scanned.
class TransactionCoverageTest : public testing::Test {
protected:
    TransactionCoverageTest() : scans_(3) {
        for (PartitionScan& scan : scans_) {
            scan.from = Offset(100);
            scan.end = Offset(200);
        }
        cut_.ends.assign(3, Offset(150));
    }

    /// What producer 1 did: records and marker, both with this epoch.
    ScannedTransaction& seen(size_t partition, int16_t epoch) {
        ScannedTransaction& seen = scans_[partition].transactions.emplace_back();
        seen.producer_id = ProducerId(1);
        seen.epoch = seen.marker_epoch = ProducerEpoch(epoch);
        seen.end = End::committed;
        seen.stamp_ms = kNow;
        return seen;
    }

    /// A transaction of producer 1 behind the cut, whose parts begin where they seem to.
    SourceTransaction& outside(Identity identity, int16_t epoch) {
        cut_.is_outside.push_back(true);
        SourceTransaction& transaction = transactions_.emplace_back();
        transaction.identity = identity;
        transaction.producer_id = ProducerId(1);
        transaction.epoch = ProducerEpoch(epoch);
        return transaction;
    }

    void add_part(SourceTransaction& to, size_t partition, int64_t after_ms = kBeforeAllTime) {
        ScannedTransaction& scanned = parts_.emplace_back();
        scanned.after_ms = after_ms;
        to.parts.push_back({partition, Offset(150), Offset(160), true, &scanned});
    }

    /// "0 further" or "1 since 17" for each partition of which more is wanted.
    std::vector<std::string> missing() const {
        std::vector<std::string> texts;
        for (const ScanDemand& demand : missing_scans(scans_, transactions_, cut_)) {
            texts.push_back(demand.since_ms ? fmt::format("{} since {}", demand.partition,
                                                          *demand.since_ms + kClockSlackMs - kNow)
                                            : fmt::format("{} further", demand.partition));
        }
        return texts;
    }

    std::vector<PartitionScan> scans_;
    std::vector<SourceTransaction> transactions_;
    TransactionCut cut_;
    std::deque<ScannedTransaction> parts_;
};

TEST_F(TransactionCoverageTest, WantsNothing_WhereNothingIsCut) {
    outside(Identity::epoch, 3);
    cut_.is_outside = {false};
    EXPECT_THAT(missing(), ElementsAre());
}

TEST_F(TransactionCoverageTest, WantsEverythingBeforeTheCut) {
    cut_.ends[1] = Offset(99);
    EXPECT_THAT(missing(), ElementsAre("1 further"));
    scans_[1].is_from_log_start = true;
    EXPECT_THAT(missing(), ElementsAre());
}

TEST_F(TransactionCoverageTest, WantsTheFirstRecordOfWhatIsCut) {
    SourceTransaction& transaction = outside(Identity::coordinator, 3);
    add_part(transaction, 0);
    EXPECT_THAT(missing(), ElementsAre());
    transaction.parts[0].is_start_known = false;
    EXPECT_THAT(missing(), ElementsAre("0 further"));
}

TEST_F(TransactionCoverageTest, WantsTheOtherPartitions_SinceTheLastMarkerBeforeIt) {
    SourceTransaction& transaction = outside(Identity::epoch, 3);
    add_part(transaction, 0, kNow);
    EXPECT_THAT(missing(), ElementsAre("1 since 0", "2 since 0"));
    scans_[1].since_ms = kNow - kClockSlackMs;
    scans_[2].is_from_log_start = true;
    EXPECT_THAT(missing(), ElementsAre());
    scans_[1].since_ms += 1;
    EXPECT_THAT(missing(), ElementsAre("1 since 0"));
}

TEST_F(TransactionCoverageTest, WantsTheOtherPartitions_SinceTheProducersTransactionBefore) {
    SourceTransaction& transaction = outside(Identity::epoch, 3);
    add_part(transaction, 0, kNow - 60'000);
    seen(2, 3);                          // an earlier one that ended with 3
    seen(2, 4).stamp_ms = kNow + 5'000;  // itself, or a later one
    EXPECT_THAT(missing(), ElementsAre("1 since 0"));
}

TEST_F(TransactionCoverageTest, GoesBackByNoMarkerOfNothing) {
    SourceTransaction& transaction = outside(Identity::epoch, 3);
    add_part(transaction, 0, kNow - 60'000);
    seen(2, 3).records = ScannedTransaction::Records::none;
    EXPECT_THAT(missing(), ElementsAre("1 since -60000"));
}

TEST_F(TransactionCoverageTest, NeedsNoLook_WhereAnEarlierOneOfTheProducerWasSeen) {
    SourceTransaction& transaction = outside(Identity::epoch, 3);
    add_part(transaction, 0, kNow);
    ScannedTransaction& open = seen(1, 2);
    open.end = End::open;
    open.marker_epoch = ProducerEpoch(-1);
    seen(2, 4).producer_id = ProducerId(2);
    EXPECT_THAT(missing(), ElementsAre("2 since 0"));
}

TEST_F(TransactionCoverageTest, LooksFurtherWhereItIs_WithoutAnyTimeToGoBy) {
    SourceTransaction& transaction = outside(Identity::epoch, 3);
    add_part(transaction, 0);
    EXPECT_THAT(missing(), ElementsAre("0 further"));
    scans_[0].is_from_log_start = true;
    EXPECT_THAT(missing(), ElementsAre("1 further", "2 further"));
}

TEST_F(TransactionCoverageTest, WantsTheWholeEpoch_OfWhatCannotBeToldApart) {
    SourceTransaction& transaction = outside(Identity::unknown, 3);
    add_part(transaction, 0, kNow);  // there may have been others long before
    seen(2, 3);
    EXPECT_THAT(missing(), ElementsAre("0 further"));
    parts_.back().begins_epoch = true;
    scans_[0].is_from_log_start = true;
    EXPECT_THAT(missing(), ElementsAre("1 further", "2 further"));
    seen(2, 2).stamp_ms = kNow - 500;
    EXPECT_THAT(missing(), ElementsAre("1 since -500"));
}

}  // namespace
}  // namespace lockstep::replication
