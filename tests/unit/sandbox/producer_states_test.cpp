#include "sandbox/producer_states.h"

#include "sandbox/partition_log.h"
#include "tests/unit/sandbox/transaction_world.h"

namespace lockstep::sandbox {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;
constexpr ProducerIdentity kProducer{ProducerId(5), ProducerEpoch(1)};

class Producers : public testing::Test {
protected:
    Appended append(const BatchSpec& spec, int16_t version = 11) {
        const Bytes batch = batch_of(spec);
        return log.append(batch, {}, kNow, version);
    }
    KafkaError error_of(const BatchSpec& spec, int16_t version = 11) {
        return append(spec, version).refusal.error;
    }
    KafkaError mark(ProducerIdentity producer, int32_t coordinator_epoch = 0, int16_t version = 0) {
        return log
            .append_marker({producer.id, producer.epoch, false, coordinator_epoch, version}, {},
                           kNow)
            .refusal.error;
    }
    static BatchSpec plain(int32_t sequence, int count = 1) {
        return {kProducer, sequence, count, false};
    }

    PartitionLog log;
};

TEST_F(Producers, SequencesMustFollow_FromWhereTheProducerBegan) {
    EXPECT_EQ(error_of(plain(123'456)), KafkaError::none);
    EXPECT_EQ(error_of(plain(123'457, 3)), KafkaError::none);
    EXPECT_EQ(error_of(plain(123'461)), KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of(plain(123'460)), KafkaError::none);
}

TEST_F(Producers, SequencesWrap_BetweenBatchesAndInside) {
    EXPECT_EQ(error_of(plain(0x7ffffffe, 2)), KafkaError::none);
    EXPECT_EQ(error_of(plain(0, 1)), KafkaError::none);
    log = {};
    EXPECT_EQ(error_of(plain(0x7fffffff, 3)), KafkaError::none);  // the last one is 1
    EXPECT_EQ(error_of(plain(2)), KafkaError::none);
    EXPECT_TRUE(append(plain(0x7fffffff, 3)).is_duplicate);
}

TEST_F(Producers, FiveBatchesAreRemembered_WithTheirOffsets) {
    for (int32_t sequence = 0; sequence < 6; ++sequence) {
        ASSERT_EQ(error_of(plain(sequence)), KafkaError::none);
    }
    for (int32_t sequence = 1; sequence < 6; ++sequence) {
        const Appended again = append(plain(sequence));
        EXPECT_TRUE(again.is_duplicate);
        EXPECT_EQ(again.base_offset, Offset(sequence));
    }
    EXPECT_EQ(error_of(plain(0)), KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of(plain(5, 2)), KafkaError::out_of_order_sequence_number);  // it has grown
    EXPECT_EQ(log.end_offset(), Offset(6));
}

TEST_F(Producers, EpochsOnlyRise_AndBeginAtZero) {
    ASSERT_EQ(error_of(plain(0)), KafkaError::none);
    EXPECT_EQ(error_of({risen(kProducer), 1, 1, false}), KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of({risen(kProducer), 0, 1, false}), KafkaError::none);
    EXPECT_EQ(error_of(plain(1)), KafkaError::invalid_producer_epoch);
}

TEST_F(Producers, PlainBatchInsideATransaction_IsRefused) {
    ASSERT_EQ(error_of({kProducer, 0}), KafkaError::none);
    EXPECT_EQ(error_of(plain(1)), KafkaError::invalid_txn_state);
    EXPECT_EQ(log.end_offset(), Offset(1));
}

TEST_F(Producers, TransactionsOfVersion2_BeginAtZero_WhereTheProducerIsUnknown) {
    EXPECT_EQ(error_of({kProducer, 9}, 12), KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of({kProducer, 9}, 11), KafkaError::none);
    EXPECT_EQ(log.end_offset(), Offset(1));
}

TEST_F(Producers, MarkerOfAnUnknownProducer_MakesItKnown) {
    EXPECT_EQ(mark(kProducer, 3), KafkaError::none);
    const ProducerEntry& entry = log.producers().entries().at(kProducer.id);
    EXPECT_EQ(entry.epoch, kProducer.epoch);
    EXPECT_EQ(entry.coordinator_epoch, 3);
    EXPECT_EQ(entry.last_sequence(), -1);
    EXPECT_EQ(error_of(plain(1)), KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of(plain(0)), KafkaError::none);
}

TEST_F(Producers, MarkerMayComeTwice_ButNotFromAnOlderCoordinatorOrEpoch) {
    EXPECT_EQ(mark(kProducer, 5), KafkaError::none);
    EXPECT_EQ(mark(kProducer, 5), KafkaError::none);
    EXPECT_EQ(mark(kProducer, 4), KafkaError::transaction_coordinator_fenced);
    EXPECT_EQ(mark(risen(kProducer, -1), 5), KafkaError::invalid_producer_epoch);
    EXPECT_EQ(log.end_offset(), Offset(2));
}

TEST_F(Producers, MarkerOfVersion2_NeedsAnEpochAboveTheTransactions) {
    ASSERT_EQ(error_of({kProducer, 0}), KafkaError::none);
    EXPECT_EQ(mark(kProducer, 0, 2), KafkaError::invalid_producer_epoch);
    EXPECT_EQ(log.last_stable_offset(), Offset(0));
    EXPECT_EQ(mark(risen(kProducer), 0, 2), KafkaError::none);
    EXPECT_EQ(mark(risen(kProducer), 0, 2), KafkaError::none);  // a retry after the end
    EXPECT_EQ(log.last_stable_offset(), Offset(3));
}

TEST_F(Producers, MarkerKeepsSequences_InItsEpoch) {
    ASSERT_EQ(error_of({kProducer, 0, 2}), KafkaError::none);
    ASSERT_EQ(mark(kProducer), KafkaError::none);
    EXPECT_EQ(error_of({kProducer, 0, 1}), KafkaError::out_of_order_sequence_number);
    EXPECT_EQ(error_of({kProducer, 2, 1}), KafkaError::none);
}

TEST_F(Producers, OpenTransactionsHoldTheLastStableOffset) {
    const ProducerIdentity other{ProducerId(6), ProducerEpoch(0)};
    ASSERT_EQ(error_of({kProducer, 0}), KafkaError::none);
    ASSERT_EQ(error_of({other, 0}), KafkaError::none);
    EXPECT_EQ(log.last_stable_offset(), Offset(0));
    ASSERT_EQ(mark(kProducer), KafkaError::none);
    EXPECT_EQ(log.last_stable_offset(), Offset(1));
    ASSERT_EQ(mark(other), KafkaError::none);
    EXPECT_EQ(log.last_stable_offset(), log.end_offset());
    ASSERT_EQ(log.aborted_between(Offset(0), Offset(4)).size(), 2);
    EXPECT_EQ(log.aborted_between(Offset(0), Offset(4)).at(1).first_offset, Offset(1));
}

}  // namespace
}  // namespace lockstep::sandbox
