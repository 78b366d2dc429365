#include "replication/stream_map.h"

#include "base/rng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OffsetRun run(int64_t first, int64_t offset) {
    return {Ordinal(first), Offset(offset)};
}

RunList list_of(std::initializer_list<OffsetRun> runs) {
    RunList list;
    for (const OffsetRun& each : runs) {
        list.add(each);
    }
    return list;
}

TEST(RunList, KnowsNothing_WhileItIsEmpty) {
    const RunList list;
    EXPECT_EQ(list.offset_of(Ordinal(0)), std::nullopt);
    EXPECT_EQ(list.first_at(Offset(0)), std::nullopt);
}

TEST(RunList, FindsRecordsAndPlacesBetweenThem) {
    const RunList list = list_of({run(0, 100), run(3, 105)});
    EXPECT_EQ(list.offset_of(Ordinal(2)), Offset(102));
    EXPECT_EQ(list.offset_of(Ordinal(3)), Offset(105));
    EXPECT_EQ(list.offset_of(Ordinal(9)), Offset(111)) << "the last run goes on";
    EXPECT_EQ(list.first_at(Offset(7)), Ordinal(0)) << "before the first";
    EXPECT_EQ(list.first_at(Offset(102)), Ordinal(2));
    EXPECT_EQ(list.first_at(Offset(103)), Ordinal(3)) << "in the hole";
    EXPECT_EQ(list.first_at(Offset(104)), Ordinal(3));
    EXPECT_EQ(list.first_at(Offset(105)), Ordinal(3));
}

TEST(RunList, AddsNothing_WhereARunGoesOn) {
    EXPECT_THAT(list_of({run(0, 10), run(5, 15)}).runs(), ElementsAre(run(0, 10)));
}

TEST(RunList, ForgetsWhatIsSaidAnew) {
    EXPECT_THAT(list_of({run(0, 10), run(5, 20), run(8, 30), run(5, 21)}).runs(),
                ElementsAre(run(0, 10), run(5, 21)));
    EXPECT_THAT(list_of({run(0, 10), run(5, 20), run(5, 15)}).runs(), ElementsAre(run(0, 10)));
}

TEST(RunList, CutsRunsOfRecordsThatNeverCame) {
    RunList list = list_of({run(0, 10), run(5, 20), run(8, 30)});
    list.cut_behind(Ordinal(5));
    EXPECT_THAT(list.runs(), ElementsAre(run(0, 10), run(5, 20)));
}

TEST(RunList, SurvivesBeingStoredChunkByChunk) {
    RunList list;
    for (int64_t i = 0; i < 200; ++i) {
        list.add(run(i * 10, i * 12));
    }
    ASSERT_EQ(list.chunks_end(), 4U);
    RunList read;
    for (size_t index = 0; index < list.chunks_end(); ++index) {
        read.put_chunk(index, list.chunk(index));
    }
    EXPECT_EQ(read.runs(), list.runs());
    const std::vector<OffsetRun> shorter{run(640, 1000)};
    read.put_chunk(1, shorter);
    EXPECT_EQ(read.runs().size(), RunList::kChunk + 1) << "what was behind is forgotten";
}

TEST(RunList, KeepsItsChunks_WhenOldRunsAreForgotten) {
    RunList list;
    for (int64_t i = 0; i < 200; ++i) {
        list.add(run(i * 10, i * 12));
    }
    list.forget_before(Offset(100 * 12));
    EXPECT_EQ(list.forgotten(), RunList::kChunk);
    EXPECT_EQ(list.first_at(Offset(100 * 12)), Ordinal(1000));
    EXPECT_THAT(list.chunk(0), IsEmpty());
    RunList read;
    for (size_t index = 1; index < list.chunks_end(); ++index) {
        read.put_chunk(index, list.chunk(index));
    }
    EXPECT_EQ(read.runs(), list.runs());
    EXPECT_EQ(read.chunks_end(), list.chunks_end());
}

TEST(RunList, IsExact_ForAnyHoles) {
    Rng rng(7);
    for (int round = 0; round < 50; ++round) {
        RunList list;
        std::vector<int64_t> offsets;
        int64_t offset = static_cast<int64_t>(rng.below(100));
        for (int64_t record = 0; record < 300; ++record) {
            offset += rng.below(4) == 0 ? static_cast<int64_t>(rng.below(5)) : 0;
            offsets.push_back(offset);
            list.add(run(record, offset));
            ++offset;
        }
        for (size_t i = 0; i < offsets.size(); ++i) {
            ASSERT_EQ(list.offset_of(Ordinal(static_cast<int64_t>(i))), Offset(offsets[i]));
        }
        for (int64_t at = 0; at <= offsets.back(); ++at) {
            const auto first = std::ranges::lower_bound(offsets, at) - offsets.begin();
            ASSERT_EQ(list.first_at(Offset(at)), Ordinal(first)) << at;
        }
    }
}

TEST(RunList, TakesSixteenBytesARun) {
    EXPECT_EQ(sizeof(OffsetRun), 16U);
}

}  // namespace
}  // namespace lockstep::replication
