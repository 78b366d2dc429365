#include "replication/translated_stream.h"

#include "base/rng.h"
#include "protocol/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace lockstep::replication {
namespace {

using protocol::Codec;
using protocol::RecordBatchBuilder;
using protocol::RecordBatchView;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ProducerId kStream{int64_t{1} << 62 | 77};
const std::string kBig(600, 'x');  // four of them are not tiny

/// What arrived: the record's value, under its number.
using Arrived = std::map<int64_t, std::string>;

class TranslatedStreamTest : public testing::Test {
protected:
    static StreamPlace place(int64_t next = 0, int64_t source = 0) {
        return {Ordinal(next), Offset(source), std::nullopt};
    }

    static Bytes batch(std::initializer_list<int64_t> offsets, Codec codec = Codec::none) {
        const int64_t base = *offsets.begin();
        RecordBatchBuilder builder({.base_offset = Offset(base), .codec = codec});
        for (const int64_t offset : offsets) {
            const std::string value = std::to_string(offset) + kBig;
            builder.add_at(static_cast<int32_t>(offset - base), 1000 + offset,
                           {.value = as_bytes(value)});
        }
        return *builder.build();
    }

    static Bytes one_record(int64_t offset) {
        RecordBatchBuilder builder({.base_offset = Offset(offset)});
        const std::string value = std::to_string(offset) + kBig;
        builder.add(1000 + offset, {.value = as_bytes(value)});
        return *builder.build();
    }

    void take(TranslatedStream& stream, Bytes bytes, bool is_aborted = false) {
        const Slice frame = owned_slice(std::move(bytes));
        const auto view = RecordBatchView::open(frame.view());
        ASSERT_TRUE(view.has_value());
        const auto taken = stream.take(FetchedBatch{*view, is_aborted, frame});
        ASSERT_TRUE(taken.has_value()) << taken.error().message();
    }

    /// Takes what is to be sent as a broker would: by sequence, one behind the other.
    void send(TranslatedStream& stream) {
        ASSERT_TRUE(stream.flush().has_value());
        for (Outgoing& next : stream.take_outgoing()) {
            const auto& outgoing = std::get<client::OutgoingBatch>(next);
            const auto view = RecordBatchView::open(outgoing.bytes.view());
            ASSERT_TRUE(view.has_value());
            ASSERT_TRUE(view->verify_crc() && view->is_dense());
            EXPECT_EQ(view->producer_id(), kStream);
            EXPECT_EQ(outgoing.record_count, view->record_count());
            EXPECT_EQ(outgoing.max_timestamp_ms, view->max_timestamp());
            sizes_.push_back(view->record_count());
            auto reader = protocol::RecordReader::open(*view);
            ASSERT_TRUE(reader.has_value());
            int64_t number = view->base_sequence().value();
            for (auto record = *reader->next(); record; record = *reader->next()) {
                const std::string value(as_text(*record->value));
                const std::string offset = value.substr(0, value.size() - kBig.size());
                EXPECT_TRUE(arrived_.emplace(number, offset).second) << number;
                EXPECT_EQ(reader->timestamp_of(*record), 1000 + std::stoll(offset));
                ++number;
            }
        }
        for (const OffsetRun& run : stream.take_new_runs()) {
            runs_.add(run);
        }
    }

    TranslatedStream fresh(BatchLimits limits = {}) {
        return TranslatedStream(place(), kStream, limits);
    }

    Arrived arrived_;
    std::vector<int32_t> sizes_;
    RunList runs_;
};

TEST_F(TranslatedStreamTest, ForwardsDenseBatches_WithTheirNumbers) {
    auto stream = fresh();
    take(stream, batch({40, 41, 42, 43}));
    take(stream, batch({44, 45, 46, 47}));
    send(stream);
    EXPECT_EQ(arrived_, (Arrived{{0, "40"},
                                 {1, "41"},
                                 {2, "42"},
                                 {3, "43"},
                                 {4, "44"},
                                 {5, "45"},
                                 {6, "46"},
                                 {7, "47"}}));
    EXPECT_THAT(sizes_, ElementsAre(4, 4));
    EXPECT_THAT(runs_.runs(), ElementsAre(OffsetRun{Ordinal(0), Offset(40)}));
    EXPECT_EQ(stream.next_fetch(), Offset(48));
    EXPECT_FALSE(stream.has_merged());
}

TEST_F(TranslatedStreamTest, ClosesHoles_AndNotesThem) {
    auto stream = fresh();
    take(stream, batch({10, 11, 15, 19}));
    take(stream, batch({25, 26, 27, 28}));
    send(stream);
    EXPECT_EQ(arrived_, (Arrived{{0, "10"},
                                 {1, "11"},
                                 {2, "15"},
                                 {3, "19"},
                                 {4, "25"},
                                 {5, "26"},
                                 {6, "27"},
                                 {7, "28"}}));
    EXPECT_THAT(runs_.runs(),
                ElementsAre(OffsetRun{Ordinal(0), Offset(10)}, OffsetRun{Ordinal(2), Offset(15)},
                            OffsetRun{Ordinal(3), Offset(19)}, OffsetRun{Ordinal(4), Offset(25)}));
}

TEST_F(TranslatedStreamTest, LeavesOutWhatIsAborted_AndControl) {
    auto stream = fresh();
    take(stream, batch({0, 1, 2, 3}));
    take(stream, batch({4, 5, 6, 7}), true);
    take(stream, protocol::make_control_batch({.offset = Offset(8)}));
    take(stream, batch({13, 14, 15, 16}));
    send(stream);
    EXPECT_EQ(
        arrived_,
        (Arrived{
            {0, "0"}, {1, "1"}, {2, "2"}, {3, "3"}, {4, "13"}, {5, "14"}, {6, "15"}, {7, "16"}}));
    EXPECT_EQ(stream.next_fetch(), Offset(17));
}

TEST_F(TranslatedStreamTest, MergesTinyBatches_AcrossHolesToo) {
    auto stream = fresh();
    for (const int64_t offset : {3, 4, 7, 8}) {
        take(stream, one_record(offset));
    }
    send(stream);
    EXPECT_THAT(sizes_, ElementsAre(4));
    EXPECT_TRUE(stream.has_merged());
    EXPECT_THAT(runs_.runs(),
                ElementsAre(OffsetRun{Ordinal(0), Offset(3)}, OffsetRun{Ordinal(2), Offset(7)}));
}

TEST_F(TranslatedStreamTest, DoesNotMerge_WhereTheTargetRefusedIt) {
    auto stream = fresh({.may_merge = false});
    take(stream, one_record(3));
    take(stream, one_record(4));
    send(stream);
    EXPECT_THAT(sizes_, ElementsAre(1, 1));
}

TEST_F(TranslatedStreamTest, CompressesAnew_WhereAnotherCodecIsWanted) {
    auto stream = fresh({.may_merge = false, .codec = Codec::zstd});
    take(stream, batch({0, 1, 2, 3}, Codec::lz4));
    take(stream, batch({4, 5, 6, 7}, Codec::zstd));
    ASSERT_TRUE(stream.flush().has_value());
    const auto sent = stream.take_outgoing();
    ASSERT_EQ(sent.size(), 2U);
    for (const Outgoing& each : sent) {
        const auto& bytes = std::get<client::OutgoingBatch>(each).bytes;
        EXPECT_EQ(RecordBatchView::open(bytes.view())->codec(), Codec::zstd);
    }
}

TEST_F(TranslatedStreamTest, SplitsWhatIsTooLarge) {
    for (const Codec codec : {Codec::none, Codec::zstd}) {
        arrived_.clear();
        auto stream = fresh({.may_merge = false, .most_bytes = codec == Codec::none ? 1500U : 75U});
        take(stream, batch({0, 1, 2, 3, 4, 5}, codec));
        send(stream);
        EXPECT_EQ(arrived_.size(), 6U);
        EXPECT_GT(sizes_.size(), 2U);
        sizes_.clear();
    }
}

TEST_F(TranslatedStreamTest, TakesOnlyTheRestOfABatch_ThatItIsInTheMiddleOf) {
    TranslatedStream stream({Ordinal(5), Offset(12), Offset(12)}, kStream, {});
    take(stream, batch({10, 11, 12, 13}));
    send(stream);
    EXPECT_EQ(arrived_, (Arrived{{5, "12"}, {6, "13"}}));
    EXPECT_THAT(runs_.runs(), IsEmpty()) << "the map has it already";
}

TEST_F(TranslatedStreamTest, NotesARun_WhereTheExpectedRecordIsGone) {
    TranslatedStream stream({Ordinal(5), Offset(12), Offset(12)}, kStream, {});
    take(stream, batch({14, 15, 16, 17}));
    send(stream);
    EXPECT_THAT(runs_.runs(), ElementsAre(OffsetRun{Ordinal(5), Offset(14)}));
}

TEST_F(TranslatedStreamTest, RefusesDamagedBatches_AndStillSendsWhatCameBefore) {
    auto stream = fresh();
    take(stream, batch({0, 1, 2, 3}));
    for (Bytes damaged : {batch({4, 5, 6, 7}), batch({4, 5, 9, 10})}) {
        damaged.back() ^= 1;
        const Slice frame = owned_slice(std::move(damaged));
        const auto view = RecordBatchView::open(frame.view());
        EXPECT_TRUE(
            stream.take(FetchedBatch{*view, false, frame}).error().is(Errc::checksum_mismatch));
    }
    send(stream);
    EXPECT_EQ(arrived_.size(), 4U);
    EXPECT_EQ(stream.next_fetch(), Offset(4));
}

TEST_F(TranslatedStreamTest, MapsEveryRecord_ForAnyMixtureOfBatches) {
    Rng rng(11);
    for (int round = 0; round < 100; ++round) {
        arrived_.clear();
        runs_ = {};
        auto stream = fresh();
        int64_t offset = 0;
        int64_t records = 0;
        for (int i = 0; i < 30; ++i) {
            RecordBatchBuilder builder({.base_offset = Offset(offset),
                                        .codec = rng.below(2) == 0 ? Codec::none : Codec::lz4});
            const bool is_aborted = rng.below(5) == 0;
            const bool has_holes = rng.below(2) == 0;
            int64_t at = offset;
            for (uint64_t n = 1 + rng.below(6); n > 0; --n) {
                const std::string value = std::to_string(at) + kBig;
                builder.add_at(static_cast<int32_t>(at - offset), 1000 + at,
                               {.value = as_bytes(value)});
                records += is_aborted ? 0 : 1;
                at += 1 + (has_holes ? static_cast<int64_t>(rng.below(3)) : 0);
            }
            take(stream, *builder.build(), is_aborted);
            offset = at + static_cast<int64_t>(rng.below(2));
            if (rng.below(6) == 0) {
                send(stream);
            }
        }
        send(stream);
        ASSERT_EQ(static_cast<int64_t>(arrived_.size()), records);
        for (const auto& [number, text] : arrived_) {
            ASSERT_EQ(runs_.offset_of(Ordinal(number)), Offset(std::stoll(text)));
        }
    }
}

}  // namespace
}  // namespace lockstep::replication
