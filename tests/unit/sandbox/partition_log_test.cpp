#include "sandbox/partition_log.h"

#include "protocol/record_batch_builder.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

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

/// "3-5:2@0" for a batch of 2 records in offsets 3 to 5 with sequence 0.
std::string layout_of(const PartitionLog& log) {
    std::string layout;
    const BatchRange range = log.read(log.start_offset(), log.end_offset(), 1 << 20);
    ByteView rest = range.bytes.view();
    for (auto batch = *protocol::next_batch(rest); batch; batch = *protocol::next_batch(rest)) {
        EXPECT_TRUE(batch->verify_crc());
        layout += fmt::format("{}{}-{}:{}@{}", layout.empty() ? "" : " ",
                              batch->base_offset().value(), batch->last_offset().value(),
                              batch->record_count(), batch->base_sequence().value());
    }
    return layout;
}

Bytes keyed_batch(ProducerId producer, int32_t sequence, const std::vector<std::string>& keys) {
    protocol::RecordBatchBuilder builder({.producer_id = producer,
                                          .producer_epoch = ProducerEpoch(0),
                                          .base_sequence = Sequence(sequence),
                                          .codec = protocol::Codec::lz4});
    for (const std::string& key : keys) {
        builder.add(kNowMs, {.key = as_bytes(key), .value = as_bytes("value")});
    }
    return *builder.build();
}

TEST_F(PartitionLogTest, CompactionKeepsTheNewestOfEachKey_AtItsOffset) {
    const auto add = [this](int32_t sequence, const std::vector<std::string>& keys) {
        log_.append(keyed_batch(ProducerId(7), sequence, keys), LogConfig{}, kNowMs, kVersion);
    };
    add(0, {"a", "b", "c"});
    add(3, {"b", "c"});
    add(5, {"b"});
    log_.compact(LogConfig{}, kNowMs);
    EXPECT_EQ(layout_of(log_), "0-2:1@0 3-4:1@3 5-5:1@5");
    add(6, {"a", "c"});
    log_.compact(LogConfig{}, kNowMs);
    EXPECT_EQ(layout_of(log_), "5-5:1@5 6-7:2@6");
}

TEST_F(PartitionLogTest, CompactionKeepsTheLastBatchOfAProducer_WithoutRecords) {
    const auto add = [this](ProducerId producer, int32_t sequence) {
        return log_.append(keyed_batch(producer, sequence, {"a", "b"}), LogConfig{}, kNowMs,
                           kVersion);
    };
    add(ProducerId(7), 0);
    add(ProducerId(7), 2);
    add(ProducerId(8), 0);
    log_.compact(LogConfig{}, kNowMs);
    EXPECT_EQ(layout_of(log_), "2-3:0@2 4-5:2@0");
    log_.compact(LogConfig{}, kNowMs);
    EXPECT_EQ(layout_of(log_), "2-3:0@2 4-5:2@0");
    EXPECT_TRUE(add(ProducerId(7), 2).is_duplicate);
    EXPECT_EQ(add(ProducerId(7), 4).base_offset, Offset(6));
}

/// A batch of keys "a", "b", ... whose values are as they are said.
Bytes batch_of_values(const std::vector<std::optional<std::string>>& values) {
    protocol::RecordBatchBuilder builder({.codec = protocol::Codec::lz4});
    for (size_t i = 0; i < values.size(); ++i) {
        const std::string key(1, static_cast<char>('a' + i));
        const auto value = values[i] ? std::optional(as_bytes(*values[i])) : std::nullopt;
        builder.add(kNowMs - 100 + static_cast<int64_t>(i), {.key = as_bytes(key), .value = value});
    }
    return *builder.build();
}

/// "delete after 60000: a=1@-100 b=null@-99", times as they are after or before now.
std::string records_of(const PartitionLog& log) {
    std::string text;
    const BatchRange range = log.read(log.start_offset(), log.end_offset(), 1 << 20);
    ByteView rest = range.bytes.view();
    for (auto batch = *protocol::next_batch(rest); batch; batch = *protocol::next_batch(rest)) {
        EXPECT_TRUE(batch->verify_crc());
        text += text.empty() ? "" : "; ";
        if (batch->has_delete_horizon()) {
            text += fmt::format("delete after {}:", batch->base_timestamp() - kNowMs);
        } else {
            text += "keep:";
        }
        auto reader = *protocol::RecordReader::open(*batch);
        for (auto record = *reader.next(); record; record = *reader.next()) {
            text += fmt::format(" {}={}@{}", as_text(*record->key),
                                record->value ? as_text(*record->value) : "null",
                                reader.timestamp_of(*record) - kNowMs);
        }
    }
    return text;
}

TEST_F(PartitionLogTest, TombstonesStayForDeleteRetention_CountedFromTheFirstCompaction) {
    LogConfig config;
    config.delete_retention_ms = 60'000;
    log_.append(batch_of_values({"1", std::nullopt, "3"}), config, kNowMs, kVersion);
    log_.append(batch_of_values({"4"}), config, kNowMs, kVersion);
    EXPECT_EQ(records_of(log_), "keep: a=1@-100 b=null@-99 c=3@-98; keep: a=4@-100");
    log_.compact(config, kNowMs);
    const std::string marked = "delete after 60000: b=null@-99 c=3@-98; keep: a=4@-100";
    EXPECT_EQ(records_of(log_), marked);
    log_.compact(config, kNowMs + 59'999);
    EXPECT_EQ(records_of(log_), marked);
    log_.compact(config, kNowMs + 60'000);
    EXPECT_EQ(records_of(log_), "delete after 60000: c=3@-98; keep: a=4@-100");
    EXPECT_EQ(log_.end_offset(), Offset(4));
}

TEST_F(PartitionLogTest, TombstonesStay_WhereBrokersMarkNoBatches) {
    LogConfig config;
    config.delete_retention_ms = 0;
    config.has_delete_horizon = false;
    log_.append(batch_of_values({std::nullopt}), config, kNowMs, kVersion);
    log_.compact(config, kNowMs);
    log_.compact(config, kNowMs + 1);
    EXPECT_EQ(records_of(log_), "keep: a=null@-100");
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
