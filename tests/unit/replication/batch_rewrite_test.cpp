#include "replication/batch_rewrite.h"

#include "base/crc32c.h"
#include "base/rng.h"
#include "protocol/record_batch_builder.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::replication {
namespace {

using protocol::BatchOptions;
using protocol::Codec;
using protocol::RecordBatchBuilder;
using protocol::RecordBatchView;
using protocol::RecordHeader;
using protocol::RecordReader;
using testing::HasSubstr;

constexpr Codec kCodecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

std::optional<std::string> text_of(std::optional<ByteView> bytes) {
    return bytes ? std::optional<std::string>(as_text(*bytes)) : std::nullopt;
}
std::optional<ByteView> view_of(const std::optional<std::string>& text) {
    return text ? std::optional<ByteView>(as_bytes(*text)) : std::nullopt;
}

/// A record with everything that must be kept, and nothing that points elsewhere.
struct Kept {
    int64_t offset = 0;
    int64_t timestamp_ms = 0;
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;

    bool operator==(const Kept&) const = default;
};

/// With escapes: the texts may be any bytes.
std::ostream& operator<<(std::ostream& out, const Kept& record) {
    return out << record.offset << " at " << record.timestamp_ms << ": "
               << testing::PrintToString(record.key) << "=" << testing::PrintToString(record.value)
               << " " << testing::PrintToString(record.headers);
}

void read_into(std::vector<Kept>& records, ByteView batch) {
    const auto view = RecordBatchView::open(batch);
    ASSERT_TRUE(view.has_value()) << view.error().message();
    auto reader = RecordReader::open(*view);
    ASSERT_TRUE(reader.has_value()) << reader.error().message();
    while (true) {
        const auto record = reader->next();
        ASSERT_TRUE(record.has_value()) << record.error().message();
        if (!record->has_value()) {
            return;
        }
        Kept kept{reader->offset_of(**record).value(),
                  reader->timestamp_of(**record),
                  text_of((*record)->key),
                  text_of((*record)->value),
                  {}};
        for (const RecordHeader& header : (*record)->headers) {
            kept.headers.emplace_back(header.key, text_of(header.value));
        }
        records.push_back(std::move(kept));
    }
}

std::vector<Kept> records_of(ByteView batch) {
    std::vector<Kept> records;
    read_into(records, batch);
    return records;
}
std::vector<Kept> records_of(const std::vector<DenseBatch>& rows) {
    std::vector<Kept> records;
    for (const DenseBatch& row : rows) {
        read_into(records, row.bytes);
    }
    return records;
}

void add_to(RecordBatchBuilder& builder, int32_t offset_delta, const Kept& record) {
    std::vector<RecordHeader> headers;
    for (const auto& [key, value] : record.headers) {
        headers.push_back({key, view_of(value)});
    }
    builder.add_at(
        offset_delta, record.timestamp_ms,
        {.key = view_of(record.key), .value = view_of(record.value), .headers = headers});
}

/// A batch at offset 100 with records at these deltas only, each an odd millisecond and its own
/// text.
Bytes batch_with(const std::vector<int32_t>& offset_deltas, BatchOptions options = {}) {
    options.base_offset = Offset(100);
    RecordBatchBuilder builder(options);
    for (const int32_t delta : offset_deltas) {
        const std::string text = fmt::format("value {}", delta);
        add_to(builder, delta, {0, 1'000 + 2 * delta, "key", text, {{"h", text}}});
    }
    return *builder.build();
}

Result<std::vector<DenseBatch>> rewritten(const Bytes& batch, int64_t from = 0) {
    return rewrite_dense(*RecordBatchView::open(batch), Offset(from));
}

/// "100+2 103+1" for a batch of two records at offset 100 and one of one record at 103.
std::string rows_of(const Result<std::vector<DenseBatch>>& rows) {
    if (rows.has_error()) {
        return rows.error().message();
    }
    std::string texts;
    for (const DenseBatch& row : *rows) {
        texts += texts.empty() ? "" : " ";
        texts += fmt::format("{}+{}", row.base_offset.value(), row.record_count);
    }
    return texts;
}

void restore_crc(Bytes& batch) {
    store_big_endian(batch.data() + protocol::batch_layout::kCrc,
                     crc32c(ByteView(batch).subspan(protocol::batch_layout::kAttributes)));
}

/// Its bytes are what it says of itself, and nothing of the source's but the codec is on it.
void expect_plain_batch(const DenseBatch& row, Codec codec) {
    const auto view = RecordBatchView::open(row.bytes);
    ASSERT_TRUE(view.has_value()) << view.error().message();
    EXPECT_EQ(view->base_offset(), row.base_offset);
    EXPECT_EQ(view->record_count(), row.record_count);
    EXPECT_GT(view->record_count(), 0);
    EXPECT_TRUE(view->is_dense());
    EXPECT_TRUE(view->verify_crc());
    EXPECT_EQ(view->attributes(), static_cast<int16_t>(codec));
}

TEST(RewriteDense, MakesOneBatch_WhenThereIsNoHole) {
    const Bytes source = batch_with({0, 1, 2, 3});
    EXPECT_EQ(rows_of(rewritten(source)), "100+4");
    EXPECT_EQ(records_of(*rewritten(source)), records_of(source));
}

TEST(RewriteDense, MakesABatchOfEachRow_WhenThereAreHoles) {
    const Bytes source = batch_with({0, 1, 3, 4, 5, 9});
    const auto rows = rewritten(source);
    EXPECT_EQ(rows_of(rows), "100+2 103+3 109+1");
    EXPECT_EQ(records_of(*rows), records_of(source));
}

TEST(RewriteDense, BeginsWithTheFirstRecord_WhenTheHoleIsAtTheStart) {
    const Bytes source = batch_with({4, 5});
    EXPECT_EQ(rows_of(rewritten(source)), "104+2");
    EXPECT_EQ(records_of(*rewritten(source)), records_of(source));
}

TEST(RewriteDense, EndsWithTheLastRecord_WhenTheHoleIsAtTheEnd) {
    RecordBatchBuilder builder({.base_offset = Offset(100)});
    builder.add(1, {});
    builder.add(2, {});
    builder.set_last_offset_delta(9);
    EXPECT_EQ(rows_of(rewritten(*builder.build())), "100+2");
}

TEST(RewriteDense, MakesNothing_OfABatchWithoutRecords) {
    RecordBatchBuilder builder({.base_offset = Offset(100)});
    builder.set_last_offset_delta(9);
    const auto rows = rewritten(*builder.build());
    ASSERT_TRUE(rows.has_value()) << rows.error().message();
    EXPECT_TRUE(rows->empty());
}

TEST(RewriteDense, LeavesOutWhatIsBelowFrom) {
    const Bytes source = batch_with({0, 1, 2, 5, 6});
    const std::pair<int64_t, const char*> table[] = {
        {0, "100+3 105+2"}, {100, "100+3 105+2"}, {101, "101+2 105+2"}, {102, "102+1 105+2"},
        {103, "105+2"},     {105, "105+2"},       {106, "106+1"},       {107, ""},
        {1'000, ""}};
    for (const auto& [from, expected] : table) {
        EXPECT_EQ(rows_of(rewritten(source, from)), expected) << from;
    }
    std::vector<Kept> rest = records_of(source);
    rest.erase(rest.begin());
    EXPECT_EQ(records_of(*rewritten(source, 101)), rest);
}

TEST(RewriteDense, KeepsCodecAndRecords_WithEveryCodec) {
    for (const Codec codec : kCodecs) {
        const Bytes source = batch_with({0, 1, 2, 7, 8, 20}, {.codec = codec});
        const auto rows = rewritten(source, 101);
        EXPECT_EQ(rows_of(rows), "101+2 107+2 120+1") << to_string(codec);
        std::vector<Kept> expected = records_of(source);
        expected.erase(expected.begin());
        EXPECT_EQ(records_of(*rows), expected) << to_string(codec);
        for (const DenseBatch& row : *rows) {
            expect_plain_batch(row, codec);
        }
    }
}

TEST(RewriteDense, KeepsNullAndEmpty_OfKeysValuesAndHeaders) {
    const std::vector<Kept> records{
        {100, 1, "key", "value", {}},
        {101, 2, std::nullopt, "no key", {{"a", "1"}, {"b", std::nullopt}, {"a", "2"}, {"", ""}}},
        {104, 3, "no value", std::nullopt, {{"empty", ""}}},
        {105, 4, "", "", {}},
        {106, 5, std::nullopt, std::nullopt, {}},
        {109, 6, std::string("\0\xff", 2), std::string(100'000, 'x'), {}}};
    for (const Codec codec : kCodecs) {
        RecordBatchBuilder builder({.base_offset = Offset(100), .codec = codec});
        for (const Kept& record : records) {
            add_to(builder, static_cast<int32_t>(record.offset - 100), record);
        }
        EXPECT_EQ(records_of(*rewritten(*builder.build())), records) << to_string(codec);
    }
}

TEST(RewriteDense, KeepsTimestamps_InWhateverOrder) {
    const std::vector<Kept> records{{100, 5'000, "k", "v", {}},
                                    {101, 4'000, "k", "v", {}},
                                    {102, 4'500, "k", "v", {}},
                                    {105, -1, "k", "v", {}},
                                    {106, 1'700'000'000'000, "k", "v", {}}};
    RecordBatchBuilder builder({.base_offset = Offset(100)});
    for (const Kept& record : records) {
        add_to(builder, static_cast<int32_t>(record.offset - 100), record);
    }
    const Bytes source = *builder.build();
    EXPECT_EQ(records_of(*rewritten(source)), records);

    // Without the record that the others' timestamps are counted from.
    const auto rows = rewritten(source, 101);
    EXPECT_EQ(records_of(*rows), std::vector<Kept>(records.begin() + 1, records.end()));
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ(RecordBatchView::open(rows->at(0).bytes)->max_timestamp(), 4'500);
    EXPECT_EQ(RecordBatchView::open(rows->at(1).bytes)->max_timestamp(), 1'700'000'000'000);
}

TEST(RewriteDense, GivesRecordsTheAppendTime_WhereTheSourceStampedIt) {
    for (const Codec codec : kCodecs) {
        Bytes source = batch_with(
            {0, 1, 4}, {.codec = codec, .attributes = protocol::batch_attribute::kLogAppendTime});
        // As brokers do it: the header has their time, the records keep the producer's.
        store_big_endian<int64_t>(source.data() + protocol::batch_layout::kMaxTimestamp, 77'000);
        restore_crc(source);
        const auto rows = rewritten(source);
        EXPECT_EQ(rows_of(rows), "100+2 104+1");
        for (const Kept& record : records_of(*rows)) {
            EXPECT_EQ(record.timestamp_ms, 77'000) << to_string(codec) << record.offset;
        }
        for (const DenseBatch& row : *rows) {
            expect_plain_batch(row, codec);
            EXPECT_EQ(RecordBatchView::open(row.bytes)->max_timestamp(), 77'000);
        }
    }
}

TEST(RewriteDense, LeavesOutAttributes_ThatClientsMayNotSet) {
    const Bytes source =
        batch_with({0, 1, 4}, {.producer_id = ProducerId(5),
                               .producer_epoch = ProducerEpoch(3),
                               .base_sequence = Sequence(70),
                               .codec = Codec::lz4,
                               .attributes = protocol::batch_attribute::kTransactional |
                                             protocol::batch_attribute::kDeleteHorizon});
    const auto rows = rewritten(source);
    ASSERT_EQ(rows_of(rows), "100+2 104+1");
    EXPECT_EQ(records_of(*rows), records_of(source));
    for (const DenseBatch& row : *rows) {
        expect_plain_batch(row, Codec::lz4);
    }
}

TEST(RewriteDense, MakesBatches_ThatRewriteForProduceTakes) {
    constexpr protocol::BatchRewrite kStamp{ProducerId((1LL << 62) | 77), ProducerEpoch(3),
                                            Sequence(123)};
    for (const Codec codec : kCodecs) {
        for (const int16_t attribute : {int16_t{0}, protocol::batch_attribute::kTransactional,
                                        protocol::batch_attribute::kLogAppendTime,
                                        protocol::batch_attribute::kDeleteHorizon}) {
            const Bytes source = batch_with({1, 2, 5}, {.codec = codec, .attributes = attribute});
            auto rows = rewritten(source);
            ASSERT_EQ(rows_of(rows), "101+2 105+1") << to_string(codec) << attribute;
            for (DenseBatch& row : *rows) {
                std::vector<Kept> expected = records_of(row.bytes);
                for (Kept& record : expected) {
                    record.offset -= row.base_offset.value();
                }
                const auto stamped = protocol::rewrite_for_produce(row.bytes, kStamp);
                ASSERT_TRUE(stamped.has_value()) << stamped.error().message();
                EXPECT_EQ(records_of(row.bytes), expected);
            }
        }
    }
}

TEST(RewriteDense, SaysChecksumMismatch_WhenAnyCoveredByteHasChanged) {
    Bytes source = batch_with({0, 1, 4});
    const RecordBatchView view = *RecordBatchView::open(source);
    for (size_t at = protocol::batch_layout::kCrc; at < source.size(); ++at) {
        source[at] ^= 0x10;
        const auto rows = rewrite_dense(view, Offset(0));
        ASSERT_TRUE(rows.has_error()) << at;
        ASSERT_TRUE(rows.error().is(Errc::checksum_mismatch)) << at;
        ASSERT_THAT(rows.error().message(), HasSubstr("batch at offset 100"));
        source[at] ^= 0x10;
    }
    EXPECT_EQ(rows_of(rewrite_dense(view, Offset(0))), "100+2 104+1");
}

TEST(RewriteDense, SaysMalformed_WhenTheCountIsWrong) {
    for (const Codec codec : kCodecs) {
        for (const int32_t count : {0, 2, 4, INT32_MAX}) {
            Bytes source = batch_with({0, 1, 4}, {.codec = codec});
            store_big_endian(source.data() + protocol::batch_layout::kRecordCount, count);
            restore_crc(source);
            const auto rows = rewritten(source);
            ASSERT_TRUE(rows.has_error()) << to_string(codec) << count;
            EXPECT_TRUE(rows.error().is(Errc::malformed)) << rows.error().message();
        }
    }
}

TEST(RewriteDense, SaysMalformed_WhenThePayloadIsNoise) {
    for (const Codec codec : kCodecs) {
        Bytes source = batch_with({0, 1, 4}, {.codec = codec});
        for (size_t at = protocol::batch_layout::kHeaderSize; at < source.size(); ++at) {
            source[at] = 0xff;
        }
        restore_crc(source);
        const auto rows = rewritten(source);
        ASSERT_TRUE(rows.has_error()) << to_string(codec);
        EXPECT_TRUE(rows.error().is(Errc::malformed)) << rows.error().message();
    }
}

TEST(RewriteDense, SaysMalformed_WhenAnOffsetComesTwice) {
    Bytes batch = batch_with({0, 1, 2});
    // The third record's offset delta: behind the sizes, attributes and time of three equal
    // records.
    const size_t record_size = (batch.size() - protocol::batch_layout::kHeaderSize) / 3;
    batch[batch.size() - record_size + 3] = 2;  // zigzag of 1
    store_big_endian(batch.data() + protocol::batch_layout::kCrc,
                     crc32c(ByteView(batch).subspan(protocol::batch_layout::kAttributes)));
    const auto rows = rewritten(batch);
    ASSERT_TRUE(rows.has_error());
    EXPECT_TRUE(rows.error().is(Errc::malformed)) << rows.error().message();
}

std::optional<std::string> random_text(Rng& rng) {
    if (rng.chance(0.15)) {
        return std::nullopt;
    }
    std::string text(rng.below(20), ' ');
    for (char& letter : text) {
        letter = static_cast<char>(rng.next());
    }
    return text;
}

/// A compacted batch of up to 40 offsets, from 100 on.
Bytes random_batch(Rng& rng, Codec codec) {
    RecordBatchBuilder builder({.base_offset = Offset(100), .codec = codec});
    const double kept_share = rng.unit();
    const auto offsets = static_cast<int32_t>(1 + rng.below(40));
    for (int32_t delta = 0; delta < offsets; ++delta) {
        if (!rng.chance(kept_share)) {
            continue;
        }
        const auto timestamp_ms = static_cast<int64_t>(rng.below(1'000'000));
        Kept record{0, timestamp_ms, random_text(rng), random_text(rng), {}};
        for (uint64_t headers = rng.below(3); headers > 0; --headers) {
            record.headers.emplace_back(random_text(rng).value_or(""), random_text(rng));
        }
        add_to(builder, delta, record);
    }
    builder.set_last_offset_delta(offsets - 1);
    return *builder.build();
}

TEST(RewriteDense, KeepsEveryRecordAtItsOffset_WhateverTheHoles) {
    Rng rng(1);
    size_t most_rows = 0;
    for (int i = 0; i < 2'000; ++i) {
        const Codec codec = kCodecs[rng.below(std::size(kCodecs))];
        const Bytes source = random_batch(rng, codec);
        const auto from = static_cast<int64_t>(95 + rng.below(50));
        std::vector<Kept> expected = records_of(source);
        std::erase_if(expected, [&](const Kept& record) { return record.offset < from; });

        const auto rows = rewritten(source, from);
        ASSERT_TRUE(rows.has_value()) << i << ": " << rows.error().message();
        ASSERT_EQ(records_of(*rows), expected) << i;
        for (size_t row = 0; row < rows->size(); ++row) {
            expect_plain_batch(rows->at(row), codec);
            // Two that touch would have been one.
            ASSERT_TRUE(row == 0 || rows->at(row - 1).base_offset + rows->at(row - 1).record_count <
                                        rows->at(row).base_offset)
                << i;
        }
        ASSERT_FALSE(HasFailure()) << i;
        most_rows = std::max(most_rows, rows->size());
    }
    EXPECT_GT(most_rows, 5U);  // else the batches would be too easy
}

/// Dense batches one behind the other.
std::vector<Bytes> random_neighbours(Rng& rng, Codec codec) {
    std::vector<Bytes> batches;
    int64_t next = 1'000;
    for (uint64_t left = 1 + rng.below(8); left > 0; --left) {
        RecordBatchBuilder builder({.base_offset = Offset(next), .codec = codec});
        const auto records = static_cast<int32_t>(1 + rng.below(5));
        for (int32_t delta = 0; delta < records; ++delta) {
            const auto timestamp_ms = static_cast<int64_t>(rng.below(1'000'000));
            add_to(builder, delta, {0, timestamp_ms, random_text(rng), random_text(rng), {}});
        }
        next += records;
        batches.push_back(*builder.build());
    }
    return batches;
}

TEST(MergeBatches, KeepsEveryRecordAtItsOffset_InOneBatch) {
    Rng rng(2);
    for (int i = 0; i < 500; ++i) {
        const Codec codec = kCodecs[rng.below(std::size(kCodecs))];
        const std::vector<Bytes> batches = random_neighbours(rng, codec);
        std::vector<RecordBatchView> views;
        std::vector<Kept> expected;
        for (const Bytes& batch : batches) {
            views.push_back(*RecordBatchView::open(batch));
            read_into(expected, batch);
        }
        const auto merged = merge_batches(views);
        ASSERT_TRUE(merged.has_value()) << merged.error().message();
        ASSERT_EQ(merged->size(), 1U);
        ASSERT_EQ(records_of(*merged), expected) << i;
        EXPECT_EQ(merged->front().base_offset, Offset(1'000));
        expect_plain_batch(merged->front(), codec);
        ASSERT_FALSE(HasFailure()) << i;
    }
}

/// Neighbours of one record each whose value is `value_bytes` long.
std::vector<Bytes> neighbours(int count, size_t value_bytes, Codec codec) {
    std::vector<Bytes> batches;
    for (int i = 0; i < count; ++i) {
        RecordBatchBuilder builder({.base_offset = Offset(i), .codec = codec});
        const std::string value(value_bytes, 'v');
        builder.add(1'000, {.value = as_bytes(value)});
        batches.push_back(*builder.build());
    }
    return batches;
}

TEST(MergeBatches, MakesNoneLargerThanWanted_BeforeItIsCompressed) {
    for (const Codec codec : {Codec::none, Codec::zstd}) {
        const auto batches = neighbours(10, 400, codec);
        std::vector<RecordBatchView> views;
        std::vector<Kept> expected;
        for (const Bytes& batch : batches) {
            views.push_back(*RecordBatchView::open(batch));
            read_into(expected, batch);
        }
        const auto merged = merge_batches(views, {.made_bytes = 1'400});
        ASSERT_TRUE(merged.has_value()) << merged.error().message();
        EXPECT_EQ(rows_of(merged), "0+3 3+3 6+3 9+1");
        EXPECT_EQ(records_of(*merged), expected);
        for (const DenseBatch& each : *merged) {
            EXPECT_LE(each.bytes.size(), 1'400U);
        }
    }
}

TEST(RewriteDense, MakesNoneLargerThanWanted_WhereItIsNotCompressedAnyMore) {
    RecordBatchBuilder builder({.codec = Codec::zstd});
    const std::string value(400, 'v');
    for (int i = 0; i < 10; ++i) {
        builder.add(1'000, {.value = as_bytes(value)});
    }
    const Bytes packed = *builder.build();
    ASSERT_LT(packed.size(), 1'400U);
    const auto rows = rewrite_dense(*RecordBatchView::open(packed), Offset(0),
                                    {.codec = Codec::none, .made_bytes = 1'400});
    EXPECT_EQ(rows_of(rows), "0+3 3+3 6+3 9+1");
    EXPECT_EQ(records_of(*rows), records_of(packed));
    for (const DenseBatch& each : *rows) {
        EXPECT_LE(each.bytes.size(), 1'400U);
    }
}

TEST(RewriteDense, LeavesARecordWhole_ThatIsLargerAlone) {
    const auto batches = neighbours(1, 5'000, Codec::none);
    const auto rows =
        rewrite_dense(*RecordBatchView::open(batches[0]), Offset(0), {.made_bytes = 1'400});
    EXPECT_EQ(rows_of(rows), "0+1");
}

TEST(MergeBatches, SaysChecksumMismatch_WhenOneIsDamaged) {
    std::vector<Bytes> batches{batch_with({0}), batch_with({0})};
    batches[1].back() ^= 1;
    const std::vector<RecordBatchView> views{*RecordBatchView::open(batches[0]),
                                             *RecordBatchView::open(batches[1])};
    const auto merged = merge_batches(views);
    ASSERT_TRUE(merged.has_error());
    EXPECT_TRUE(merged.error().is(Errc::checksum_mismatch));
}

TEST(CanMerge, WantsOneCodec_AndABound) {
    const Bytes plain = batch_with({0});
    const Bytes packed = batch_with({0}, {.codec = Codec::lz4});
    const RecordBatchView view = *RecordBatchView::open(plain);
    EXPECT_TRUE(is_tiny(view));
    const Bytes full = batch_with({0, 1, 2, 3, 4, 5, 6, 7, 8});
    EXPECT_FALSE(is_tiny(*RecordBatchView::open(full)));
    EXPECT_TRUE(can_merge(view, view, view.size_bytes()));
    EXPECT_FALSE(can_merge(view, *RecordBatchView::open(packed), view.size_bytes()));
    EXPECT_FALSE(can_merge(view, view, kMergedBytes));
}

}  // namespace
}  // namespace lockstep::replication
