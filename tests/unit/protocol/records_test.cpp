#include "protocol/records.h"

#include "base/rng.h"
#include "protocol/record_batch_builder.h"
#include "tests/unit/protocol/allocation_counter.h"

#include <gtest/gtest.h>

namespace lockstep::protocol {
namespace {

constexpr Codec kCodecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

Result<std::vector<Record>> read_all(RecordReader& reader) {
    std::vector<Record> records;
    while (true) {
        LS_TRY(record, reader.next());
        if (!record) {
            return records;
        }
        records.push_back(std::move(*record));
    }
}

Bytes sample_batch(Codec codec) {
    const Bytes value(100, 'v');
    const RecordHeader headers[] = {{"h1", as_bytes("x")}, {"h2", std::nullopt}};
    RecordBatchBuilder builder({.base_offset = Offset(7), .codec = codec});
    builder.add(5000, {.key = as_bytes("k"), .value = value, .headers = headers});
    builder.add(4000, {.key = std::nullopt, .value = ByteView{}});
    builder.add_at(5, 6000, {.key = ByteView{}, .value = std::nullopt});
    builder.set_last_offset_delta(9);
    return *builder.build();
}

TEST(Records, ComeBack_WithEveryCodec) {
    for (const Codec codec : kCodecs) {
        const Bytes bytes = sample_batch(codec);
        const RecordBatchView batch = *RecordBatchView::open(bytes);
        auto reader = RecordReader::open(batch);
        ASSERT_TRUE(reader.has_value()) << to_string(codec);
        const auto records = read_all(*reader);
        ASSERT_TRUE(records.has_value()) << to_string(codec) << records.error().message();
        ASSERT_EQ(records->size(), 3U);
        const Record& first = records->at(0);
        EXPECT_EQ(as_text(*first.key), "k");
        EXPECT_EQ(first.value->size(), 100U);
        ASSERT_EQ(first.headers.size(), 2U);
        EXPECT_EQ(first.headers[0].key, "h1");
        EXPECT_EQ(as_text(*first.headers[0].value), "x");
        EXPECT_FALSE(first.headers[1].value.has_value());
        EXPECT_EQ(reader->offset_of(first), Offset(7));
        EXPECT_EQ(reader->timestamp_of(first), 5000);
        const Record& second = records->at(1);
        EXPECT_FALSE(second.key.has_value());
        EXPECT_TRUE(second.value->empty());
        EXPECT_EQ(reader->timestamp_of(second), 4000);
        const Record& third = records->at(2);
        EXPECT_TRUE(third.key->empty());
        EXPECT_FALSE(third.value.has_value());
        EXPECT_EQ(reader->offset_of(third), Offset(12));
        EXPECT_EQ(batch.next_offset(), Offset(17));
    }
}

TEST(Records, TimestampIsTheBrokers_WhenLogAppendTime) {
    RecordBatchBuilder builder({.attributes = batch_attribute::kLogAppendTime});
    builder.add(1, {});
    builder.add(9, {});
    const Bytes bytes = *builder.build();
    auto reader = RecordReader::open(*RecordBatchView::open(bytes));
    const auto record = reader->next();
    EXPECT_EQ(reader->timestamp_of(**record), 9);
}

TEST(Records, SurviveExtremeTimestamps) {
    RecordBatchBuilder builder({});
    builder.add(INT64_MAX, {});
    builder.add(INT64_MIN, {});
    const Bytes bytes = *builder.build();
    auto reader = RecordReader::open(*RecordBatchView::open(bytes));
    EXPECT_EQ(reader->timestamp_of(**reader->next()), INT64_MAX);
    EXPECT_EQ(reader->timestamp_of(**reader->next()), INT64_MIN);
}

TEST(Records, StayValid_WhenReaderMoves) {
    const Bytes bytes = sample_batch(Codec::zstd);
    auto opened = RecordReader::open(*RecordBatchView::open(bytes));
    RecordReader moved = std::move(*opened);
    EXPECT_EQ(read_all(moved)->size(), 3U);
}

TEST(Records, AreRefused_WhenCountDiffersFromHeader) {
    for (const int32_t count : {2, 4}) {
        Bytes bytes = sample_batch(Codec::none);
        store_big_endian(bytes.data() + batch_layout::kRecordCount, count);
        auto reader = RecordReader::open(*RecordBatchView::open(bytes));
        EXPECT_TRUE(read_all(*reader).error().is(Errc::malformed)) << count;
    }
}

TEST(Records, AreRefused_WhenDecompressedBeyondLimit) {
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        const Bytes bytes = sample_batch(codec);
        const auto reader = RecordReader::open(*RecordBatchView::open(bytes), 50);
        EXPECT_TRUE(reader.error().is(Errc::limit_exceeded)) << to_string(codec);
    }
}

TEST(Records, NeverCrashOrTakeMuch_WhenPayloadIsDamaged) {
    Rng rng(1);
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = sample_batch(kCodecs[rng.below(2) == 0 ? 0 : rng.below(5)]);
        for (uint64_t damages = 1 + rng.below(4); damages > 0; --damages) {
            const size_t payload = bytes.size() - batch_layout::kHeaderSize;
            bytes[batch_layout::kHeaderSize + rng.below(payload)] =
                static_cast<uint8_t>(rng.next());
        }
        const size_t before = test::allocated_bytes();
        auto reader = RecordReader::open(*RecordBatchView::open(bytes), 100'000);
        if (reader.has_value()) {
            (void)read_all(*reader);
        }
        ASSERT_LE(test::allocated_bytes() - before, 1'000'000U);
    }
}

TEST(ControlBatch, IsSeventyEightBytes_AndComesBack) {
    for (const ControlType type : {ControlType::abort, ControlType::commit}) {
        const Bytes bytes = make_control_batch({.type = type,
                                                .offset = Offset(99),
                                                .timestamp_ms = 1234,
                                                .producer_id = ProducerId(5),
                                                .producer_epoch = ProducerEpoch(1),
                                                .coordinator_epoch = 17});
        EXPECT_EQ(bytes.size(), 78U);
        const RecordBatchView batch = *RecordBatchView::open(bytes);
        EXPECT_TRUE(batch.is_control());
        EXPECT_TRUE(batch.is_transactional());
        EXPECT_EQ(batch.producer_id(), ProducerId(5));
        auto reader = RecordReader::open(batch);
        const auto control = parse_control_record(**reader->next());
        ASSERT_TRUE(control.has_value());
        EXPECT_EQ(control->type, type);
        EXPECT_EQ(control->coordinator_epoch, 17);
    }
}

TEST(ControlRecord, IsRefused_WhenTruncated) {
    const Bytes key{0, 0, 0};
    EXPECT_TRUE(parse_control_record({.key = key}).has_error());
    const Bytes commit{0, 0, 0, 1};
    const Bytes short_value{0, 0, 0};
    EXPECT_TRUE(parse_control_record({.key = commit, .value = short_value}).has_error());
    EXPECT_TRUE(parse_control_record({}).has_error());
}

TEST(ControlRecord, IsPassed_WhenTypeIsKRafts) {
    const Bytes key{0, 0, 0, 2};
    const auto control = parse_control_record({.key = key});
    ASSERT_TRUE(control.has_value());
    EXPECT_EQ(static_cast<int>(control->type), 2);
}

}  // namespace
}  // namespace lockstep::protocol
