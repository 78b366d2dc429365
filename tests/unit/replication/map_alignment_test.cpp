#include "replication/map_alignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

namespace lockstep::replication {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// One record for each letter, from `first` on; a blank is a place without one.
std::vector<HashedRecord> records(int64_t first, std::string_view letters) {
    std::vector<HashedRecord> made;
    for (const char letter : letters) {
        if (letter != ' ') {
            made.push_back({first, static_cast<uint64_t>(letter)});
        }
        ++first;
    }
    return made;
}

OffsetRun run(int64_t record, int64_t offset) {
    return {Ordinal(record), Offset(offset)};
}

TEST(MapAlignment, IsOneRun_WhereTheSourceHasNoHoles) {
    const MapAlignment found = align_copy(records(100, "abcdefgh"), records(0, "abcde"));
    EXPECT_EQ(found.problem, "");
    EXPECT_THAT(found.runs, ElementsAre(run(0, 100)));
}

TEST(MapAlignment, HasARunBehindEachHole) {
    const MapAlignment found = align_copy(records(100, "ab  cd e"), records(0, "abcde"));
    EXPECT_THAT(found.runs, ElementsAre(run(0, 100), run(2, 104), run(4, 107)));
}

TEST(MapAlignment, KnowsThatTheCopysLogBeginsLater) {
    const MapAlignment found = align_copy(records(100, "abcdefgh"), records(3, "def"));
    EXPECT_THAT(found.runs, ElementsAre(run(3, 103)));
}

TEST(MapAlignment, KnowsThatTheSourcesLogBeginsLater) {
    const MapAlignment found = align_copy(records(103, "defgh"), records(0, "abcdef"));
    EXPECT_EQ(found.problem, "");
    EXPECT_THAT(found.runs, ElementsAre(run(3, 103)));
}

TEST(MapAlignment, BearsWithCompaction_OnBothSides) {
    const MapAlignment found = align_copy(records(100, "a cdef h"), records(0, "ab d  fg h"));
    EXPECT_EQ(found.problem, "");
    EXPECT_THAT(found.runs, ElementsAre(run(0, 100), run(6, 105), run(9, 107)));
}

TEST(MapAlignment, KeepsEqualNeighboursInOrder) {
    const MapAlignment found = align_copy(records(10, "axxxb"), records(0, "axxxb"));
    EXPECT_THAT(found.runs, ElementsAre(run(0, 10)));
}

TEST(MapAlignment, DoesNotGuess_WhichOfEqualRecordsIsMeant) {
    const MapAlignment found = align_copy(records(10, "axxxx"), records(0, "axx"));
    EXPECT_THAT(found.problem, HasSubstr("copied record number 1 looks like several"));
    EXPECT_THAT(found.runs, IsEmpty());
}

TEST(MapAlignment, DoesNotGuess_WhereAnEarlierRecordComesAgain) {
    const MapAlignment found = align_copy(records(10, "abx"), records(0, "xab"));
    EXPECT_THAT(found.problem, HasSubstr("looks like several"));
}

TEST(MapAlignment, NeedsTheNewestRecord) {
    EXPECT_THAT(align_copy(records(10, "abc"), records(0, "abd")).problem,
                HasSubstr("is not at the source any more"));
    EXPECT_THAT(align_copy(records(10, "abc"), {}).problem,
                HasSubstr("is not at the source any more"));
}

TEST(MapAlignment, SaysWhetherEitherLogLacksAnything) {
    EXPECT_TRUE(align_copy(records(100, "ab  cd e"), records(0, "abcd")).is_whole);
    EXPECT_TRUE(align_copy(records(103, "defgh"), records(0, "abcdef")).is_whole);
    EXPECT_TRUE(align_copy(records(100, "abcdef"), records(3, "def")).is_whole);
    EXPECT_FALSE(align_copy(records(100, "abcxde"), records(0, "abcde")).is_whole);
    EXPECT_FALSE(align_copy(records(100, "abde"), records(0, "abcde")).is_whole);
    EXPECT_FALSE(align_copy(records(100, "xbcde"), records(0, "abcde")).is_whole);
    EXPECT_FALSE(align_copy(records(100, "abc"), records(0, "abcde")).is_whole);
}

RunList list_of(const std::vector<OffsetRun>& runs) {
    RunList list;
    for (const OffsetRun& each : runs) {
        list.add(each);
    }
    return list;
}

TEST(MapAlignment, TellsWhichRunsAreMissing) {
    const std::vector<OffsetRun> right{run(0, 100), run(5, 110), run(9, 120)};
    EXPECT_THAT(*missing_runs(list_of({right[0]}), right), ElementsAre(right[1], right[2]));
    EXPECT_THAT(*missing_runs(list_of({right[0], right[1]}), right), ElementsAre(right[2]));
    EXPECT_THAT(*missing_runs(list_of(right), right), IsEmpty());
    // Of what neither log has any more, only one of them says where it was.
    EXPECT_THAT(*missing_runs(list_of({run(0, 80), right[1]}), {right[1], right[2]}),
                ElementsAre(right[2]));
    EXPECT_THAT(*missing_runs(list_of({run(0, 100)}), {run(3, 103), run(5, 110)}),
                ElementsAre(run(5, 110)));
    // Where the next record was only expected behind what had been passed over.
    EXPECT_THAT(*missing_runs(list_of({run(0, 100), run(5, 107)}), right),
                ElementsAre(right[1], right[2]));
}

TEST(MapAlignment, LeavesAMapThatSaysOtherwise) {
    EXPECT_EQ(missing_runs(list_of({run(0, 101)}), {run(0, 100)}), std::nullopt);
    EXPECT_EQ(missing_runs(list_of({run(0, 100), run(4, 200)}), {run(0, 100)}), std::nullopt);
    EXPECT_EQ(missing_runs(list_of({run(0, 100), run(4, 200)}), {run(0, 100), run(3, 103 + 1)}),
              std::nullopt);
    EXPECT_EQ(missing_runs(list_of({run(3, 100)}), {run(0, 97)}), std::nullopt);
    EXPECT_EQ(missing_runs(RunList(), {run(0, 97)}), std::nullopt);
}

}  // namespace
}  // namespace lockstep::replication
