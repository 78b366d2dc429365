#include "replication/transaction_scan.h"

#include "tests/unit/replication/transaction_batches.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace lockstep::replication {
namespace {

using End = ScannedTransaction::End;
using Records = ScannedTransaction::Records;
using testing::ElementsAre;

constexpr Writer kOne{1, 0};
constexpr Writer kTwo{2, 5};

/// Everything from `from` on; from 0 that is the log's start.
PartitionScan scan(const BatchLog& log, int64_t from = 0) {
    TransactionScanner scanner(Offset(from), Offset(log.end), from == 0);
    for (const protocol::RecordBatchView& batch : log.batches()) {
        if (batch.last_offset().value() >= from) {
            EXPECT_TRUE(scanner.take(batch).has_value());
        }
    }
    return std::move(scanner).finish();
}

std::string text_of(const ScannedTransaction& seen) {
    const char* end = seen.end == End::open        ? "open"
                      : seen.end == End::committed ? "committed"
                                                   : "aborted";
    std::string text = fmt::format("{} {}", seen.producer_id.value(), end);
    if (seen.records == Records::seen) {
        text += fmt::format(" [{} {}{}]", seen.first.value(), seen.last.value(),
                            seen.is_start_known ? "" : " or before");
    } else {
        text += seen.records == Records::none ? " nothing" : " unseen";
    }
    return seen.end == End::open ? text : text + fmt::format(" at {}", seen.marker.value());
}

std::vector<std::string> texts_of(const PartitionScan& scanned) {
    std::vector<std::string> texts;
    for (const ScannedTransaction& seen : scanned.transactions) {
        texts.push_back(text_of(seen));
    }
    return texts;
}

TEST(TransactionScan, FindsTransactions_FromTheirFirstRecordToTheirMarker) {
    BatchLog log;
    log.plain(3).records(kOne, 2).records(kTwo, 1).records(kOne, 4).plain(2);  // 3 5 6 10
    log.commit(kOne).records(kTwo, 1).abort(kTwo);                             // 12 13 14
    EXPECT_THAT(texts_of(scan(log)),
                ElementsAre("1 committed [3 9] at 12", "2 aborted [5 13] at 14"));
}

TEST(TransactionScan, TellsOneFromTheNext_OfTheSameProducer) {
    BatchLog log;
    log.records(kOne, 2).commit(kOne).records(kOne, 1).commit(kOne).records(kOne, 3);
    EXPECT_THAT(texts_of(scan(log)),
                ElementsAre("1 committed [0 1] at 2", "1 committed [3 3] at 4", "1 open [5 7]"));
}

TEST(TransactionScan, KnowsEpochs_OfRecordsAndMarkers) {
    BatchLog log;
    log.records({1, 4}, 1).commit({1, 5}, 1234);
    const PartitionScan scanned = scan(log);
    EXPECT_EQ(scanned.transactions.at(0).epoch, ProducerEpoch(4));
    EXPECT_EQ(scanned.transactions.at(0).marker_epoch, ProducerEpoch(5));
    EXPECT_EQ(scanned.transactions.at(0).stamp_ms, 1234);
}

TEST(TransactionScan, SeesAMarkerOfNothing_WhenItCameTwice) {
    BatchLog log;
    log.records(kOne, 1).commit(kOne).commit(kOne).abort(kTwo);
    EXPECT_THAT(texts_of(scan(log)),
                ElementsAre("1 committed [0 0] at 1", "1 committed nothing at 2"));
}

TEST(TransactionScan, DoesNotKnowTheStart_WhenItBeganAfterIt) {
    BatchLog log;
    log.records(kOne, 2).plain(1).records(kOne, 2).records(kTwo, 1, 0);  // 0 2 3 5
    log.commit(kOne).commit(kTwo).records(kOne, 1).commit(kOne);         // 6 7 8 9
    EXPECT_THAT(texts_of(scan(log, 3)),
                ElementsAre("1 committed [3 4 or before] at 6", "2 committed [5 5] at 7",
                            "1 committed [8 8] at 9"));
    const PartitionScan scanned = scan(log, 3);
    EXPECT_FALSE(scanned.transactions.at(0).begins_epoch);
    EXPECT_TRUE(scanned.transactions.at(1).begins_epoch);
    EXPECT_FALSE(scanned.is_from_log_start);
    EXPECT_EQ(scanned.since_ms, kAfterAllTime);
    EXPECT_EQ(scan(log).since_ms, kBeforeAllTime);
}

TEST(TransactionScan, DoesNotKnowWhatAMarkerEnds_WhenTheRecordsAreBeforeIt) {
    BatchLog log;
    log.records(kOne, 2).plain(1).commit(kOne).commit(kOne);
    EXPECT_THAT(texts_of(scan(log, 2)),
                ElementsAre("1 committed unseen at 3", "1 committed nothing at 4"));
    EXPECT_THAT(texts_of(scan(log, 3)).at(0), "1 committed unseen at 3");
}

TEST(TransactionScan, RemembersTheNewestStampBeforeTheLastRecord) {
    BatchLog log;
    log.records(kOne, 1).records(kTwo, 1).commit(kTwo, 500).abort({3, 0}, 400);
    log.records(kOne, 1).abort({3, 0}, 900).commit(kOne, 1000);
    const PartitionScan scanned = scan(log);
    EXPECT_EQ(scanned.transactions.at(0).after_ms, kBeforeAllTime);
    EXPECT_EQ(scanned.transactions.at(1).after_ms, 500);  // not 900: that is behind its records
}

TEST(TransactionScan, KnowsFromWhereNothingIsMissing) {
    BatchLog log;
    log.records(kOne, 1).commit(kOne).hole(3).records(kTwo, 1).commit(kTwo);
    EXPECT_EQ(scan(log).dense_from, Offset(5));
    EXPECT_EQ(scan(log, 2).dense_from, Offset(5));
    EXPECT_EQ(scan(log, 5).dense_from, Offset(5));
    EXPECT_EQ(scan(log, 6).dense_from, Offset(6));
}

TEST(TransactionScan, KnowsThatABatchHasHoles) {
    BatchLog log;
    log.records(kOne, 2);
    protocol::RecordBatchBuilder builder(
        {.base_offset = Offset(2), .attributes = protocol::batch_attribute::kTransactional});
    builder.add_at(1, 1'000, {});
    builder.set_last_offset_delta(3);
    const Bytes batch = *builder.build();
    TransactionScanner scanner(Offset(0), Offset(6), true);
    ASSERT_TRUE(scanner.take(log.batches().at(0)).has_value());
    ASSERT_TRUE(scanner.take(*protocol::RecordBatchView::open(batch)).has_value());
    EXPECT_EQ(std::move(scanner).finish().dense_from, Offset(6));
}

TEST(TransactionScan, PassesOverPlainRecords_AndEmptyBatches) {
    BatchLog log;
    log.plain(5);
    EXPECT_THAT(texts_of(scan(log)), ElementsAre());
    protocol::RecordBatchBuilder builder(
        {.base_offset = Offset(5), .attributes = protocol::batch_attribute::kTransactional});
    builder.set_last_offset_delta(2);
    const Bytes batch = *builder.build();
    TransactionScanner scanner(Offset(5), Offset(8), false);
    ASSERT_TRUE(scanner.take(*protocol::RecordBatchView::open(batch)).has_value());
    EXPECT_TRUE(std::move(scanner).finish().transactions.empty());
}

TEST(TransactionScan, Fails_WhenAMarkerCannotBeRead) {
    protocol::RecordBatchBuilder builder({.attributes = protocol::batch_attribute::kTransactional |
                                                        protocol::batch_attribute::kControl});
    builder.add(1'000, {.key = as_bytes("?")});
    const Bytes batch = *builder.build();
    TransactionScanner scanner(Offset(0), Offset(1), true);
    const auto taken = scanner.take(*protocol::RecordBatchView::open(batch));
    ASSERT_TRUE(taken.has_error());
    EXPECT_TRUE(taken.error().is(Errc::malformed));
}

}  // namespace
}  // namespace lockstep::replication
