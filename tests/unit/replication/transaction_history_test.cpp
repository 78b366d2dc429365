#include "replication/transaction_history.h"

#include "tests/unit/replication/coordinator_log.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace lockstep::replication {
namespace {

using protocol::TransactionStatus;
using testing::ElementsAre;

constexpr Writer kOne{1, 0};
constexpr Writer kTwo{2, 5};

TopicPartition orders(int32_t index) {
    return {"orders", PartitionIndex(index)};
}

const TransactionHistoryReader::PartitionNumbers kNumbers{{orders(0), 0}, {orders(1), 1}};

struct LogFrom {
    const CoordinatorLog& log;
    int64_t from = 0;
};

TransactionHistory read(const std::vector<LogFrom>& logs) {
    TransactionHistoryReader reader(kNumbers, logs.size());
    for (size_t i = 0; i < logs.size(); ++i) {
        reader.begin(i, Offset(logs[i].from));
        for (const protocol::RecordBatchView& batch : logs[i].log.batches()) {
            if (batch.last_offset().value() >= logs[i].from) {
                EXPECT_TRUE(reader.take(batch).has_value());
            }
        }
    }
    return std::move(reader).finish();
}

/// "epoch 0: log 0 [2 5] in 0 1" for each commit of a producer.
std::vector<std::string> commits_of(const TransactionHistory& history, int64_t producer) {
    std::vector<std::string> texts;
    const auto found = history.commits.find(ProducerId(producer));
    if (found == history.commits.end()) {
        return texts;
    }
    for (const LoggedCommit& commit : found->second) {
        const bool is_completed = commit.completed != LoggedCommit::kNotCompleted;
        texts.push_back(fmt::format("epoch {}: log {} [{} {}] in {}", commit.epoch.value(),
                                    commit.log, commit.prepared.value(),
                                    is_completed ? std::to_string(commit.completed.value()) : "-",
                                    fmt::join(commit.partitions, " ")));
    }
    return texts;
}

TEST(TransactionHistory, HasCommits_FromTheirDecisionToTheirCompletion) {
    CoordinatorLog log;
    log.prepare(kOne, {orders(0), orders(1)});
    log.prepare(kTwo, {orders(1)});
    log.complete(kTwo).complete(kOne);
    log.prepare(kOne, {orders(0)});
    const TransactionHistory history = read({{log}});
    EXPECT_THAT(commits_of(history, 1),
                ElementsAre("epoch 0: log 0 [0 3] in 0 1", "epoch 0: log 0 [4 -] in 0"));
    EXPECT_THAT(commits_of(history, 2), ElementsAre("epoch 5: log 0 [1 2] in 1"));
    EXPECT_EQ(history.complete_from.at(0), Offset(0));
    EXPECT_TRUE(history.unexplained.empty());
}

TEST(TransactionHistory, LeavesOut_WhatIsNotCommitted_NotOfTheLink_OrHasItsOwnEpoch) {
    CoordinatorLog log;
    log.write({TransactionStatus::ongoing, kOne, {orders(0)}});
    log.write({TransactionStatus::prepare_abort, kOne, {orders(0)}});
    log.write({TransactionStatus::complete_abort, kOne});
    log.prepare(kOne, {{"payments", PartitionIndex(0)}, orders(7)}).complete(kOne);
    log.write({TransactionStatus::prepare_commit, kTwo, {orders(0)}, 0, 2});
    log.write({TransactionStatus::complete_commit, kTwo, {}, 0, 2});
    const TransactionHistory history = read({{log}});
    EXPECT_THAT(commits_of(history, 1), ElementsAre());
    EXPECT_THAT(commits_of(history, 2), ElementsAre());
    EXPECT_TRUE(history.unexplained.empty());
}

TEST(TransactionHistory, TakesADecisionOnce_ThatWasWrittenDownTwice) {
    CoordinatorLog log;
    log.prepare(kOne, {orders(0)}).prepare(kOne, {orders(0)}).complete(kOne);
    EXPECT_THAT(commits_of(read({{log}}), 1), ElementsAre("epoch 0: log 0 [0 2] in 0"));
}

TEST(TransactionHistory, KnowsWhatWasDecidedBeforeItBegins) {
    CoordinatorLog log;
    log.prepare(kOne, {orders(0)}).complete(kOne);
    const TransactionHistory history = read({{log, 1}});
    EXPECT_THAT(commits_of(history, 1), ElementsAre());
    EXPECT_EQ(history.unexplained.at(ProducerId(1)), Offset(1));
    EXPECT_EQ(history.complete_from.at(0), Offset(1));
}

TEST(TransactionHistory, BeginsBehindTheLastHole) {
    CoordinatorLog log;
    log.prepare(kOne, {orders(0)}).complete(kOne).prepare(kTwo, {orders(0)});
    log.hole(3).complete(kTwo).prepare(kOne, {orders(1)}).complete(kOne);
    const TransactionHistory history = read({{log}});
    EXPECT_THAT(commits_of(history, 1), ElementsAre("epoch 0: log 0 [7 8] in 1"));
    EXPECT_THAT(commits_of(history, 2), ElementsAre());
    EXPECT_EQ(history.unexplained.at(ProducerId(2)), Offset(6));
    EXPECT_EQ(history.complete_from.at(0), Offset(6));
}

TEST(TransactionHistory, BeginsBehindABatchWithHoles) {
    CoordinatorLog log;
    log.prepare(kOne, {orders(0)}).complete(kOne);
    protocol::RecordBatchBuilder builder({.base_offset = Offset(2)});
    builder.set_last_offset_delta(1);
    const Bytes batch = *builder.build();
    TransactionHistoryReader reader(kNumbers, 1);
    reader.begin(0, Offset(0));
    for (const protocol::RecordBatchView& view : log.batches()) {
        ASSERT_TRUE(reader.take(view).has_value());
    }
    ASSERT_TRUE(reader.take(*protocol::RecordBatchView::open(batch)).has_value());
    const TransactionHistory history = std::move(reader).finish();
    EXPECT_THAT(commits_of(history, 1), ElementsAre());
    EXPECT_EQ(history.complete_from.at(0), Offset(4));
}

TEST(TransactionHistory, PutsSeveralLogsTogether) {
    CoordinatorLog one;
    one.prepare(kOne, {orders(0)}).hole(1).prepare(kOne, {orders(1)});
    CoordinatorLog other;
    other.complete(kOne).prepare(kTwo, {orders(0)}).complete(kTwo);
    const TransactionHistory history = read({{one}, {other}});
    EXPECT_THAT(commits_of(history, 1), ElementsAre("epoch 0: log 0 [2 -] in 1"));
    EXPECT_THAT(commits_of(history, 2), ElementsAre("epoch 5: log 1 [1 2] in 0"));
    EXPECT_THAT(history.complete_from, ElementsAre(Offset(2), Offset(0)));
}

TEST(TransactionHistory, Fails_WhenARecordCannotBeRead) {
    protocol::RecordBatchBuilder builder({});
    builder.add(1'000, {.key = as_bytes("?")});
    const Bytes batch = *builder.build();
    TransactionHistoryReader reader(kNumbers, 1);
    reader.begin(0, Offset(0));
    EXPECT_TRUE(reader.take(*protocol::RecordBatchView::open(batch)).has_error());
}

}  // namespace
}  // namespace lockstep::replication
