#include "replication/transaction_identity.h"

#include "tests/unit/replication/transaction_batches.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <deque>

namespace lockstep::replication {
namespace {

using Identity = SourceTransaction::Identity;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr Writer kOne{1, 0};

PartitionScan scan(const BatchLog& log, int64_t from = 0) {
    TransactionScanner scanner(Offset(from), Offset(log.end), from == 0);
    for (const protocol::RecordBatchView& batch : log.batches()) {
        if (batch.last_offset().value() >= from) {
            EXPECT_TRUE(scanner.take(batch).has_value());
        }
    }
    return std::move(scanner).finish();
}

std::string text_of(const IdentifiedPart& part) {
    const bool is_open = part.last == IdentifiedPart::kNeverWhole;
    return fmt::format("{}:[{} {}]", part.partition, part.first.value(),
                       is_open ? "open" : std::to_string(part.last.value()));
}

/// "1/0 epoch 0:[0 3] 1:[2 open]": producer and epoch, how it was told apart, and its parts.
std::string text_of(const SourceTransaction& transaction) {
    const char* identity = transaction.identity == Identity::epoch         ? "epoch"
                           : transaction.identity == Identity::coordinator ? "coordinator"
                                                                           : "unknown";
    std::vector<std::string> parts;
    for (const IdentifiedPart& part : transaction.parts) {
        parts.push_back(text_of(part));
    }
    std::ranges::sort(parts);
    return fmt::format("{}/{} {} {}", transaction.producer_id.value(), transaction.epoch.value(),
                       identity, fmt::join(parts, " "));
}

std::vector<std::string> identify(const std::vector<PartitionScan>& scans,
                                  const TransactionHistory* history = nullptr,
                                  const std::vector<SourceMoment>& moments = {}) {
    std::vector<std::string> texts;
    for (const SourceTransaction& transaction : identify_transactions({scans, history, moments})) {
        texts.push_back(text_of(transaction));
    }
    return texts;
}

TEST(TransactionIdentity, IsTheEpoch_WhereEachTransactionHasItsOwn) {
    BatchLog first;
    first.records({1, 0}, 2).commit({1, 1}).records({1, 1}, 1).commit({1, 2});
    BatchLog second;
    second.records({1, 1}, 3).commit({1, 2}).records({1, 2}, 1).abort({1, 3});
    EXPECT_THAT(identify({scan(first), scan(second)}),
                UnorderedElementsAre("1/0 epoch 0:[0 1]", "1/1 epoch 0:[3 3] 1:[0 2]"));
}

TEST(TransactionIdentity, TakesWhatIsOpenToWhatIsCommittedElsewhere) {
    BatchLog first;
    first.records({1, 4}, 2).commit({1, 5});
    BatchLog second;
    second.plain(1).records({1, 4}, 3);
    EXPECT_THAT(identify({scan(first), scan(second)}), ElementsAre("1/4 epoch 0:[0 1] 1:[1 open]"));
}

TEST(TransactionIdentity, TakesAMarkerToIt_WhoseRecordsAreBeforeTheScan) {
    BatchLog first;
    first.records({1, 4}, 2).plain(3).commit({1, 5});
    BatchLog second;
    second.records({1, 4}, 3);
    EXPECT_THAT(identify({scan(first, 4), scan(second)}),
                ElementsAre("1/4 epoch 0:[3 3] 1:[0 open]"));
    second.commit({1, 5});
    EXPECT_THAT(identify({scan(first, 4), scan(second)}), ElementsAre("1/4 epoch 0:[3 3] 1:[0 2]"));
}

TEST(TransactionIdentity, IsUnknown_WhereOneEpochHasMany) {
    BatchLog first;
    first.records(kOne, 1).commit(kOne).records(kOne, 1).commit(kOne);
    BatchLog second;
    second.records(kOne, 1).commit(kOne).records(kOne, 1);
    BatchLog third;
    third.records({1, 1}, 1).commit({1, 1}).records({2, 0}, 1).commit({2, 0});
    EXPECT_THAT(identify({scan(first), scan(second), scan(third)}),
                UnorderedElementsAre("1/0 unknown 0:[0 0] 0:[2 2] 1:[0 0] 1:[2 open]",
                                     "1/1 unknown 2:[0 0]", "2/0 unknown 2:[2 2]"));
}

TEST(TransactionIdentity, IsUnknown_AlsoForWhatIsBeforeTheScan) {
    BatchLog first;
    first.records(kOne, 1).plain(3).commit(kOne);
    BatchLog second;
    second.records(kOne, 1);
    EXPECT_THAT(identify({scan(first, 2), scan(second)}),
                ElementsAre("1/0 unknown 0:[1 1] 1:[0 open]"));
}

TEST(TransactionIdentity, IsOfOne_WhereNothingElseCanBelongToIt) {
    BatchLog log;
    log.records(kOne, 1).abort(kOne).records(kOne, 2);
    EXPECT_THAT(identify({scan(log)}), ElementsAre("1/0 epoch 0:[2 open]"));
}

/// Two partitions with three commits of one producer; the second has no part in partition 1.
class TransactionIdentityWithHistory : public testing::Test {
protected:
    TransactionIdentityWithHistory() {
        first_.records(kOne, 1).commit(kOne).records(kOne, 1).commit(kOne);
        first_.records(kOne, 1).commit(kOne);
        second_.records(kOne, 1).commit(kOne).records(kOne, 1).commit(kOne);
        history_.complete_from = {Offset(0)};
        log({0, 1}, 0);
        log({0}, 2);
        log({0, 1}, 4);
        moments_.push_back({{Offset(10)}, {Offset(6), Offset(4)}, {Offset(10)}});
    }

    void log(std::vector<size_t> partitions, int64_t prepared) {
        LoggedCommit& commit = history_.commits[ProducerId(1)].emplace_back();
        commit.producer_id = ProducerId(1);
        commit.epoch = ProducerEpoch(0);
        commit.prepared = Offset(prepared);
        commit.completed = Offset(prepared + 1);
        commit.partitions = std::move(partitions);
    }

    BatchLog first_;
    BatchLog second_;
    TransactionHistory history_;
    std::vector<SourceMoment> moments_;
};

TEST_F(TransactionIdentityWithHistory, IsWhatTheCoordinatorWroteDown) {
    EXPECT_THAT(identify({scan(first_), scan(second_)}, &history_, moments_),
                UnorderedElementsAre("1/0 coordinator 0:[0 0] 1:[0 0]", "1/0 coordinator 0:[2 2]",
                                     "1/0 coordinator 0:[4 4] 1:[2 2]"));
}

TEST_F(TransactionIdentityWithHistory, HasItsPlaceBeforeTheScan) {
    EXPECT_THAT(identify({scan(first_), scan(second_, 3)}, &history_, moments_),
                UnorderedElementsAre("1/0 coordinator 0:[0 0] 1:[2 2]", "1/0 coordinator 0:[2 2]",
                                     "1/0 coordinator 0:[4 4] 1:[2 2]"));
}

TEST_F(TransactionIdentityWithHistory, HasNoPlace_WhereItsRecordsWereDeleted) {
    BatchLog shorter;
    shorter.records(kOne, 1).commit(kOne);
    moments_.back().partitions[1] = Offset(2);
    EXPECT_THAT(identify({scan(first_), scan(shorter)}, &history_, moments_),
                UnorderedElementsAre("1/0 coordinator 0:[0 0]", "1/0 coordinator 0:[2 2]",
                                     "1/0 coordinator 0:[4 4] 1:[0 0]"));
}

TEST_F(TransactionIdentityWithHistory, IsUnknown_WhereCountingStopped) {
    second_.commit(kOne);  // once more
    moments_.back().partitions[1] = Offset(5);
    EXPECT_THAT(identify({scan(first_), scan(second_)}, &history_, moments_),
                UnorderedElementsAre("1/0 unknown 0:[0 0] 0:[4 4] 1:[0 0] 1:[2 2]",
                                     "1/0 coordinator 0:[2 2]"));
}

TEST_F(TransactionIdentityWithHistory, IsUnknown_WhereItIsOlderThanTheHistory) {
    history_.commits[ProducerId(1)].pop_front();
    EXPECT_THAT(identify({scan(first_), scan(second_)}, &history_, moments_),
                UnorderedElementsAre("1/0 unknown 0:[0 0] 1:[0 0]", "1/0 coordinator 0:[2 2]",
                                     "1/0 coordinator 0:[4 4] 1:[2 2]"));
}

TEST_F(TransactionIdentityWithHistory, TakesWhatIsOpenToItsCommit) {
    log({0, 1}, 20);
    first_.records(kOne, 1).commit(kOne);
    second_.records(kOne, 2);
    EXPECT_THAT(identify({scan(first_), scan(second_)}, &history_, moments_),
                UnorderedElementsAre("1/0 coordinator 0:[0 0] 1:[0 0]", "1/0 coordinator 0:[2 2]",
                                     "1/0 coordinator 0:[4 4] 1:[2 2]",
                                     "1/0 coordinator 0:[6 6] 1:[4 open]"));
}

TEST_F(TransactionIdentityWithHistory, LeavesAlone_WhatIsOpenAndNotDecided) {
    second_.records(kOne, 2);
    EXPECT_THAT(
        identify({scan(first_), scan(second_)}, &history_, moments_),
        UnorderedElementsAre("1/0 coordinator 0:[0 0] 1:[0 0]", "1/0 coordinator 0:[2 2]",
                             "1/0 coordinator 0:[4 4] 1:[2 2]", "1/0 coordinator 1:[4 open]"));
}

}  // namespace
}  // namespace lockstep::replication
