#include "sandbox/committed_offsets.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

const TopicPartition kOrders{"orders", PartitionIndex(0)};
const TopicPartition kBills{"bills", PartitionIndex(3)};
constexpr ProducerId kProducer{9};

CommittedOffset at(int64_t offset) {
    CommittedOffset committed;
    committed.offset = Offset(offset);
    return committed;
}

TEST(CommittedOffsets, TheLastCommitCounts) {
    CommittedOffsets offsets;
    offsets.commit(kOrders, at(5));
    offsets.commit(kOrders, at(3));
    ASSERT_NE(offsets.find(kOrders), nullptr);
    EXPECT_EQ(offsets.find(kOrders)->offset, Offset(3));
    EXPECT_EQ(offsets.find(kBills), nullptr);
}

TEST(CommittedOffsets, AStagedOne_CountsOnceItsTransactionCommits) {
    CommittedOffsets offsets;
    offsets.commit(kOrders, at(5));
    offsets.stage(kProducer, kOrders, at(8));
    EXPECT_TRUE(offsets.is_unstable(kOrders));
    EXPECT_EQ(offsets.find(kOrders)->offset, Offset(5));
    offsets.end_transaction(kProducer, true);
    EXPECT_FALSE(offsets.is_unstable(kOrders));
    EXPECT_EQ(offsets.find(kOrders)->offset, Offset(8));
}

TEST(CommittedOffsets, AnAbortLeavesWhatWasThere) {
    CommittedOffsets offsets;
    offsets.commit(kOrders, at(5));
    offsets.stage(kProducer, kOrders, at(8));
    offsets.stage(kProducer, kBills, at(1));
    offsets.end_transaction(kProducer, false);
    EXPECT_EQ(offsets.find(kOrders)->offset, Offset(5));
    EXPECT_EQ(offsets.find(kBills), nullptr);
    EXPECT_EQ(offsets.partitions(), std::vector{kOrders});
}

TEST(CommittedOffsets, ATransactionDoesNotUndoACommitThatCameLater) {
    CommittedOffsets offsets;
    offsets.stage(kProducer, kOrders, at(8));
    offsets.commit(kOrders, at(20));
    offsets.end_transaction(kProducer, true);
    EXPECT_EQ(offsets.find(kOrders)->offset, Offset(20));
}

TEST(CommittedOffsets, TransactionsOfOtherProducersStayOpen) {
    CommittedOffsets offsets;
    offsets.stage(kProducer, kOrders, at(8));
    offsets.stage(ProducerId(10), kOrders, at(9));
    offsets.end_transaction(kProducer, true);
    EXPECT_TRUE(offsets.is_unstable(kOrders));
    EXPECT_FALSE(offsets.is_empty());
}

TEST(CommittedOffsets, ExpiryLeavesWhatAnOpenTransactionMayChange) {
    CommittedOffsets offsets;
    offsets.commit(kOrders, at(5));
    offsets.commit(kBills, at(5));
    offsets.stage(kProducer, kOrders, at(8));
    offsets.erase_if([](const TopicPartition&, const CommittedOffset&) { return true; });
    EXPECT_EQ(offsets.partitions(), std::vector{kOrders});
}

TEST(CommittedOffsets, AForgottenTopicTakesStagedOffsetsWithIt) {
    CommittedOffsets offsets;
    offsets.commit(kOrders, at(5));
    offsets.stage(kProducer, kOrders, at(8));
    offsets.forget_topic("orders");
    EXPECT_TRUE(offsets.is_empty());
}

}  // namespace
}  // namespace lockstep::sandbox
