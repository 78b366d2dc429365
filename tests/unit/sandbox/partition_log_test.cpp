#include "sandbox/partition_log.h"

#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr int16_t kVersion = 9;

Bytes batch_of(int records, int32_t sequence) {
    protocol::RecordBatchBuilder builder({.producer_id = ProducerId(7),
                                          .producer_epoch = ProducerEpoch(0),
                                          .base_sequence = Sequence(sequence)});
    for (int i = 0; i < records; ++i) {
        builder.add(kNowMs - 100 + i, {.value = as_bytes("value")});
    }
    return *builder.build();
}

class PartitionLogTest : public testing::Test {
protected:
    Appended append(int records, int32_t sequence) {
        return log_.append(batch_of(records, sequence), LogConfig{}, kNowMs, kVersion);
    }

    PartitionLog log_;
};

TEST_F(PartitionLogTest, AnswersADuplicateWithItsBatchsTime_ThoughTheTopicKeepsProducersTimes) {
    EXPECT_EQ(append(3, 0).log_append_time_ms, -1);
    const Appended again = append(3, 0);
    EXPECT_TRUE(again.is_duplicate);
    EXPECT_EQ(again.base_offset, Offset(0));
    EXPECT_EQ(again.log_append_time_ms, kNowMs - 98);
}

TEST_F(PartitionLogTest, LosesWholeBatches_AndWhatItKnewOfTheirProducers) {
    append(3, 0);
    append(5, 3);
    log_.truncate(Offset(6));
    EXPECT_EQ(log_.end_offset(), Offset(3));
    EXPECT_TRUE(append(5, 8).refusal.is_refused());
    EXPECT_EQ(append(5, 3).base_offset, Offset(3));
}

TEST_F(PartitionLogTest, IsEmpty_WhereItsOnlyBatchIsLost) {
    append(10, 0);
    log_.truncate(Offset(1));
    EXPECT_EQ(log_.end_offset(), Offset(0));
    EXPECT_EQ(append(2, 0).base_offset, Offset(0));
}

TEST_F(PartitionLogTest, KeepsAll_WhereItIsCutBehindItsEnd) {
    append(10, 0);
    log_.truncate(Offset(10));
    EXPECT_EQ(log_.end_offset(), Offset(10));
}

TEST_F(PartitionLogTest, GivesBatchesWhoseCrcIsWrong_WhileItsReadsAreDamaged) {
    append(3, 0);
    append(3, 3);
    const auto has_right_crcs = [this] {
        const BatchRange range = log_.read(Offset(0), Offset(6), 1 << 20);
        ByteView rest = range.bytes.view();
        const auto first = *protocol::next_batch(rest);
        const auto second = *protocol::next_batch(rest);
        EXPECT_EQ(second->base_offset(), Offset(3));
        return std::pair(first->verify_crc(), second->verify_crc());
    };
    log_.damage_reads(17);
    EXPECT_EQ(has_right_crcs(), std::pair(false, false));
    log_.damage_reads(std::nullopt);
    EXPECT_EQ(has_right_crcs(), std::pair(true, true));
}

TEST_F(PartitionLogTest, TellsWhereAnEpochEnded_EvenOneThatWroteNothing) {
    log_.begin_epoch(LeaderEpoch(0));
    append(4, 0);
    log_.begin_epoch(LeaderEpoch(2));
    log_.begin_epoch(LeaderEpoch(3));
    append(1, 4);
    EXPECT_EQ(log_.end_of_epoch(LeaderEpoch(0)), (EpochStart{LeaderEpoch(0), Offset(4)}));
    EXPECT_EQ(log_.end_of_epoch(LeaderEpoch(2)), (EpochStart{LeaderEpoch(0), Offset(4)}));
    EXPECT_EQ(log_.end_of_epoch(LeaderEpoch(3)), (EpochStart{LeaderEpoch(3), Offset(5)}));
    EXPECT_EQ(log_.end_of_epoch(LeaderEpoch(4)), std::nullopt);
}

}  // namespace
}  // namespace lockstep::sandbox
