#include "protocol/record_batch.h"

#include "base/crc32c.h"
#include "base/rng.h"
#include "protocol/record_batch_builder.h"

#include <gtest/gtest.h>

namespace lockstep::protocol {
namespace {

constexpr BatchRewrite kRewrite{ProducerId((1LL << 62) | 77), ProducerEpoch(3), Sequence(123)};

Bytes make_batch(BatchOptions options = {}, int records = 10) {
    RecordBatchBuilder builder(options);
    for (int i = 0; i < records; ++i) {
        const std::string value = "value " + std::to_string(i);
        builder.add(1000 + i, {.key = as_bytes("key"), .value = as_bytes(value)});
    }
    return *builder.build();
}

template <typename Int>
void patch(Bytes& batch, size_t at, Int value) {
    store_big_endian(batch.data() + at, value);
    store_big_endian(batch.data() + batch_layout::kCrc,
                     crc32c(ByteView(batch).subspan(batch_layout::kAttributes)));
}

RecordBatchView view_of(const Bytes& batch) {
    return *RecordBatchView::open(batch);
}

TEST(RecordBatch, View_ReadsWhatBuilderWrote) {
    const Bytes batch = make_batch({.base_offset = Offset(500),
                                    .partition_leader_epoch = LeaderEpoch(4),
                                    .producer_id = ProducerId(9),
                                    .producer_epoch = ProducerEpoch(2),
                                    .base_sequence = Sequence(30),
                                    .codec = Codec::zstd,
                                    .attributes = batch_attribute::kTransactional});
    const RecordBatchView view = view_of(batch);
    EXPECT_EQ(view.base_offset(), Offset(500));
    EXPECT_EQ(view.last_offset(), Offset(509));
    EXPECT_EQ(view.next_offset(), Offset(510));
    EXPECT_EQ(view.size_bytes(), batch.size());
    EXPECT_EQ(view.partition_leader_epoch(), LeaderEpoch(4));
    EXPECT_EQ(view.magic(), 2);
    EXPECT_EQ(view.codec(), Codec::zstd);
    EXPECT_TRUE(view.is_transactional());
    EXPECT_FALSE(view.is_control());
    EXPECT_FALSE(view.is_log_append_time());
    EXPECT_FALSE(view.has_delete_horizon());
    EXPECT_EQ(view.base_timestamp(), 1000);
    EXPECT_EQ(view.max_timestamp(), 1009);
    EXPECT_EQ(view.producer_id(), ProducerId(9));
    EXPECT_EQ(view.producer_epoch(), ProducerEpoch(2));
    EXPECT_EQ(view.base_sequence(), Sequence(30));
    EXPECT_EQ(view.record_count(), 10);
    EXPECT_TRUE(view.is_dense());
    EXPECT_TRUE(view.verify_crc());
}

TEST(Rewrite, KeepsPayload_WhenProducerIdChanges) {
    const Bytes source = make_batch({.base_offset = Offset(500), .codec = Codec::lz4});
    Bytes batch = source;
    ASSERT_TRUE(rewrite_for_produce(batch, kRewrite).has_value());
    const RecordBatchView view = view_of(batch);
    EXPECT_EQ(view.producer_id(), kRewrite.producer_id);
    EXPECT_EQ(view.producer_epoch(), kRewrite.producer_epoch);
    EXPECT_EQ(view.base_sequence(), kRewrite.base_sequence);
    EXPECT_EQ(view.base_offset(), Offset(0));
    EXPECT_EQ(view.partition_leader_epoch(), kNoLeaderEpoch);
    EXPECT_TRUE(std::ranges::equal(view.payload(), view_of(source).payload()));
    EXPECT_EQ(view.codec(), Codec::lz4);
}

TEST(Rewrite, CombinedCrc_EqualsRecomputedOne) {
    Rng rng(1);
    for (int i = 0; i < 200; ++i) {
        Bytes batch = make_batch({.base_offset = Offset(static_cast<int64_t>(rng.below(1000)))},
                                 static_cast<int>(1 + rng.below(300)));
        ASSERT_TRUE(rewrite_for_produce(batch, {ProducerId(static_cast<int64_t>(rng.next() >> 1)),
                                                ProducerEpoch(0), Sequence(i)})
                        .has_value());
        ASSERT_TRUE(view_of(batch).verify_crc());
    }
}

TEST(Rewrite, ClearsAttributes_ThatClientsMayNotSet) {
    Bytes batch = make_batch({.codec = Codec::gzip,
                              .attributes = batch_attribute::kLogAppendTime |
                                            batch_attribute::kTransactional |
                                            batch_attribute::kDeleteHorizon});
    ASSERT_TRUE(rewrite_for_produce(batch, kRewrite).has_value());
    EXPECT_EQ(view_of(batch).attributes(), static_cast<int16_t>(Codec::gzip));
    EXPECT_TRUE(view_of(batch).verify_crc());
}

TEST(Rewrite, IsRefused_WhenAnyCoveredByteHasChanged) {
    const Bytes source = make_batch();
    for (size_t at = batch_layout::kCrc; at < source.size(); ++at) {
        Bytes batch = source;
        batch[at] ^= 0x10;
        const Bytes before = batch;
        const auto result = rewrite_for_produce(batch, kRewrite);
        ASSERT_TRUE(result.has_error()) << at;
        ASSERT_EQ(batch, before) << at;
    }
}

TEST(Rewrite, SaysChecksumMismatch_WhenPayloadHasChanged) {
    Bytes batch = make_batch();
    batch.back() ^= 1;
    EXPECT_TRUE(rewrite_for_produce(batch, kRewrite).error().is(Errc::checksum_mismatch));
}

TEST(Rewrite, IsRefused_WhenRecordsAreMissing) {
    Bytes batch = make_batch();
    patch<int32_t>(batch, batch_layout::kLastOffsetDelta, 10);
    EXPECT_FALSE(view_of(batch).is_dense());
    EXPECT_TRUE(rewrite_for_produce(batch, kRewrite).error().is(Errc::invalid_argument));
    patch<int32_t>(batch, batch_layout::kLastOffsetDelta, 8);
    EXPECT_TRUE(rewrite_for_produce(batch, kRewrite).error().is(Errc::invalid_argument));
}

TEST(Rewrite, IsRefused_WhenBatchIsEmpty) {
    RecordBatchBuilder builder({});
    builder.set_last_offset_delta(5);
    Bytes batch = *builder.build();
    EXPECT_TRUE(rewrite_for_produce(batch, kRewrite).error().is(Errc::invalid_argument));
}

TEST(Rewrite, IsRefused_WhenBatchIsControl) {
    Bytes batch = make_control_batch({.type = ControlType::commit});
    EXPECT_TRUE(rewrite_for_produce(batch, kRewrite).error().is(Errc::invalid_argument));
}

TEST(Rewrite, IsRefused_WhenBytesAreNotOneBatch) {
    Bytes two = make_batch();
    const Bytes copy = two;
    two.insert(two.end(), copy.begin(), copy.end());
    EXPECT_TRUE(rewrite_for_produce(two, kRewrite).has_error());
    Bytes cut(copy.begin(), copy.end() - 1);
    EXPECT_TRUE(rewrite_for_produce(cut, kRewrite).has_error());
}

TEST(NextBatch, WalksAll_AndStopsAtIncompleteTail) {
    Bytes records;
    for (int i = 0; i < 3; ++i) {
        const Bytes batch = make_batch({.base_offset = Offset(i * 10)});
        records.insert(records.end(), batch.begin(), batch.end());
    }
    const size_t one = records.size() / 3;
    for (size_t size = 0; size <= records.size(); ++size) {
        ByteView rest = ByteView(records).first(size);
        size_t found = 0;
        while (true) {
            const auto batch = next_batch(rest);
            ASSERT_TRUE(batch.has_value());
            if (!batch->has_value()) {
                break;
            }
            ASSERT_EQ((*batch)->base_offset(), Offset(static_cast<int64_t>(found) * 10));
            ++found;
        }
        ASSERT_EQ(found, size / one);
        ASSERT_EQ(rest.size(), size % one);
    }
}

TEST(NextBatch, SaysUnsupportedAndWhere_WhenMagicIsOld) {
    for (const uint8_t magic : {0, 1, 3}) {
        Bytes batch = make_batch({.base_offset = Offset(42)});
        batch[batch_layout::kMagic] = magic;
        ByteView rest(batch);
        const auto result = next_batch(rest);
        ASSERT_TRUE(result.has_error());
        EXPECT_TRUE(result.error().is(Errc::unsupported));
        EXPECT_EQ(result.error().context, "batch at offset 42: magic " + std::to_string(magic));
    }
}

TEST(NextBatch, IsRefused_WhenLengthCannotBe) {
    for (const int32_t length : {-1, 0, 13, 48, INT32_MIN}) {
        Bytes batch = make_batch();
        store_big_endian(batch.data() + batch_layout::kBatchLength, length);
        ByteView rest(batch);
        EXPECT_TRUE(next_batch(rest).error().is(Errc::malformed)) << length;
    }
}

TEST(NextBatch, IsRefused_WhenOffsetsOrCountsCannotBe) {
    const auto refused = [](size_t at, auto value) {
        Bytes batch = make_batch();
        patch(batch, at, value);
        ByteView rest(batch);
        return next_batch(rest).has_error();
    };
    EXPECT_TRUE(refused(batch_layout::kLastOffsetDelta, int32_t{-1}));
    EXPECT_TRUE(refused(batch_layout::kRecordCount, int32_t{-1}));
    EXPECT_TRUE(refused(batch_layout::kBaseOffset, int64_t{-1}));
    EXPECT_TRUE(refused(batch_layout::kBaseOffset, INT64_MAX - 5));
}

TEST(NextBatch, NeverReadsOutside_WhenBytesAreNoise) {
    Rng rng(2);
    for (int i = 0; i < 20'000; ++i) {
        Bytes noise = make_batch({}, 2);
        for (uint64_t damages = 1 + rng.below(4); damages > 0; --damages) {
            noise[rng.below(noise.size())] = static_cast<uint8_t>(rng.next());
        }
        ByteView rest(noise);
        const auto batch = next_batch(rest);
        if (batch.has_value() && batch->has_value()) {
            (void)(*batch)->verify_crc();
        }
    }
}

}  // namespace
}  // namespace lockstep::protocol
