#include "sandbox/transaction_entry.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

using protocol::KafkaError;
using protocol::TransactionStatus;

constexpr ProducerIdentity kProducer{ProducerId(7), ProducerEpoch(4)};
constexpr ProducerIdentity kBefore{ProducerId(7), ProducerEpoch(3)};
constexpr TransactionEnd kCommit{.is_commit = true, .transaction_version = 0};
constexpr TransactionEnd kAbort{.is_commit = false, .transaction_version = 0};
constexpr TransactionEnd kCommit2{.is_commit = true, .transaction_version = 2};
constexpr TransactionEnd kAbort2{.is_commit = false, .transaction_version = 2};

TransactionEntry entry_in(TransactionStatus status) {
    TransactionEntry entry;
    entry.producer = kProducer;
    entry.status = status;
    return entry;
}

struct EndCase {
    TransactionStatus status;
    ProducerIdentity claimed;
    TransactionEnd end;
    KafkaError error;
    bool is_done = false;
};

class EndOfTransaction : public testing::TestWithParam<EndCase> {};

TEST_P(EndOfTransaction, IsJudgedByStateEpochAndVersion) {
    const EndCase& one = GetParam();
    const EndVerdict verdict = entry_in(one.status).judge_end(one.claimed, one.end);
    EXPECT_EQ(verdict.error, one.error);
    EXPECT_EQ(verdict.is_done, one.is_done);
}

using enum TransactionStatus;
using enum KafkaError;

INSTANTIATE_TEST_SUITE_P(
    WithoutEpochsOfTheirOwn, EndOfTransaction,
    testing::Values(
        EndCase{ongoing, kProducer, kCommit, none}, EndCase{ongoing, kProducer, kAbort, none},
        EndCase{empty, kProducer, kCommit, invalid_txn_state},
        EndCase{empty, kProducer, kAbort, invalid_txn_state},
        EndCase{complete_commit, kProducer, kCommit, none, true},
        EndCase{complete_commit, kProducer, kAbort, invalid_txn_state},
        EndCase{complete_abort, kProducer, kAbort, none, true},
        EndCase{complete_abort, kProducer, kCommit, invalid_txn_state},
        EndCase{prepare_commit, kProducer, kCommit, concurrent_transactions},
        EndCase{prepare_abort, kProducer, kAbort, concurrent_transactions},
        EndCase{ongoing, kBefore, kCommit, producer_fenced},
        EndCase{ongoing, {ProducerId(8), ProducerEpoch(4)}, kCommit, invalid_producer_id_mapping}));

// The table in TransactionCoordinator of brokers: retries have the epoch before.
INSTANTIATE_TEST_SUITE_P(
    WithEpochsOfTheirOwn, EndOfTransaction,
    testing::Values(EndCase{ongoing, kProducer, kCommit2, none},
                    EndCase{ongoing, kBefore, kCommit2, producer_fenced},
                    EndCase{empty, kBefore, kAbort2, producer_fenced},
                    EndCase{empty, kProducer, kAbort2, none},
                    EndCase{empty, kBefore, kCommit2, producer_fenced},
                    EndCase{empty, kProducer, kCommit2, invalid_txn_state},
                    EndCase{complete_abort, kBefore, kAbort2, none, true},
                    EndCase{complete_abort, kProducer, kAbort2, none},
                    EndCase{complete_abort, kBefore, kCommit2, invalid_txn_state},
                    EndCase{complete_abort, kProducer, kCommit2, invalid_txn_state},
                    EndCase{complete_commit, kBefore, kAbort2, invalid_txn_state},
                    EndCase{complete_commit, kProducer, kAbort2, none},
                    EndCase{complete_commit, kBefore, kCommit2, none, true},
                    EndCase{complete_commit, kProducer, kCommit2, invalid_txn_state},
                    EndCase{prepare_commit, kBefore, kCommit2, concurrent_transactions},
                    EndCase{prepare_commit, kProducer, kCommit2, concurrent_transactions}));

TEST(TransactionEntry, EndAfterRotation_IsRetry_WhenPreviousIdUsedItsLastEpoch) {
    TransactionEntry entry = entry_in(complete_commit);
    entry.producer = {ProducerId(9), ProducerEpoch(0)};
    entry.previous_id = ProducerId(7);
    const ProducerIdentity old{ProducerId(7), ProducerEpoch(TransactionEntry::kLastEpoch)};
    EXPECT_TRUE(entry.judge_end(old, kCommit2).is_done);
    EXPECT_EQ(entry.judge_end(kProducer, kCommit2).error, invalid_producer_id_mapping);
}

TEST(TransactionEntry, RaiseEpoch_GivesTheSameEpoch_WhenTheAnswerWasLost) {
    TransactionEntry entry = entry_in(empty);
    EXPECT_EQ(entry.raise_epoch(kProducer), none);
    EXPECT_EQ(entry.producer.epoch, ProducerEpoch(5));
    EXPECT_EQ(entry.raise_epoch(kProducer), none);
    EXPECT_EQ(entry.producer.epoch, ProducerEpoch(5));
}

TEST(TransactionEntry, RaiseEpoch_Fences_WhenAnotherProducerBegan) {
    TransactionEntry entry = entry_in(empty);
    EXPECT_EQ(entry.raise_epoch(std::nullopt), none);
    EXPECT_EQ(entry.raise_epoch(kProducer), producer_fenced);
    EXPECT_EQ(entry.producer.epoch, ProducerEpoch(5));
}

TEST(TransactionEntry, JudgeInit_FencesOtherIds_ButNotARetryAfterRotation) {
    TransactionEntry entry = entry_in(empty);
    entry.previous_id = ProducerId(3);
    EXPECT_EQ(entry.judge_init(ProducerIdentity{ProducerId(3), ProducerEpoch(5)}), producer_fenced);
    const ProducerIdentity used_up{ProducerId(3), ProducerEpoch(TransactionEntry::kLastEpoch)};
    EXPECT_EQ(entry.judge_init(used_up), none);
    EXPECT_EQ(entry.judge_init(kProducer), none);
    EXPECT_EQ(entry_in(prepare_abort).judge_init(std::nullopt), concurrent_transactions);
}

TEST(TransactionEntry, Fence_RaisesTheEpochOnce_InBothVersions) {
    TransactionEntry old = entry_in(ongoing);
    old.fence(0, 1);
    EXPECT_EQ(old.producer.epoch, ProducerEpoch(5));
    EXPECT_EQ(old.last_epoch, ProducerEpoch(-1));
    TransactionEntry fresh = entry_in(ongoing);
    fresh.fence(2, 1);
    EXPECT_EQ(fresh.producer.epoch, ProducerEpoch(5));
    EXPECT_EQ(fresh.last_epoch, ProducerEpoch(4));
}

TEST(TransactionEntry, Fence_StaysAtTheLargestEpoch) {
    TransactionEntry entry = entry_in(ongoing);
    entry.producer.epoch = ProducerEpoch(0x7fff);
    entry.fence(2, 1);
    EXPECT_EQ(entry.producer.epoch, ProducerEpoch(0x7fff));
}

TEST(TransactionEntry, Names_AreKafkas) {
    EXPECT_EQ(name_of(prepare_commit), "PrepareCommit");
    EXPECT_EQ(status_named("CompleteAbort"), complete_abort);
    EXPECT_EQ(status_named("completeabort"), std::nullopt);
}

}  // namespace
}  // namespace lockstep::sandbox
