#include "replication/mirror_alignment.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

/// Records by letters, each an offset further: what is the same has the same letter. A small one
/// may be left out by a mirror.
MirrorLogs logs(const std::string& source, const std::string& target,
                std::optional<int64_t> noted = {}) {
    MirrorLogs logs;
    for (size_t i = 0; i < source.size(); ++i) {
        const bool is_small = source[i] >= 'a';
        logs.source.push_back(
            {static_cast<int64_t>(i), static_cast<uint64_t>(source[i]), is_small});
    }
    for (size_t i = 0; i < target.size(); ++i) {
        logs.target.push_back({static_cast<int64_t>(1000 + i), static_cast<uint64_t>(target[i])});
    }
    logs.is_whole_target = true;
    logs.source_end = Offset(static_cast<int64_t>(source.size()));
    if (noted) {
        logs.noted = Offset(*noted);
    }
    return logs;
}

int64_t next_of(const MirrorLogs& logs) {
    const MirrorEnd end = find_mirror_end(logs);
    EXPECT_EQ(end.problem, "");
    EXPECT_FALSE(end.needs_more);
    return end.next.value_or(Offset(-1)).value();
}

TEST(MirrorEnd, IsBehindTheLastRecordThatIsThere) {
    EXPECT_EQ(next_of(logs("ABCDEFGH", "ABCDE")), 5);
    EXPECT_EQ(next_of(logs("ABCDEFGH", "ABCDEFGH", 7)), 8);
}

TEST(MirrorEnd, IsBeyondWhatWasNoted_WhereMoreIsThere) {
    EXPECT_EQ(next_of(logs("ABCDEFGH", "ABCDE", 1)), 5);
    EXPECT_EQ(next_of(logs("ABCDEFGH", "CDE", 2)), 5) << "the target has deleted the rest";
}

TEST(MirrorEnd, IsWhereTheFurthestOfSeveralBeginningsHasCome) {
    EXPECT_EQ(next_of(logs("ABCDEFGH", "ABCDEFBC", 0)), 6) << "killed early the second time";
    EXPECT_EQ(next_of(logs("ABCDEFGH", "ABCDBCBCDEFG", 0)), 7) << "killed twice";
    EXPECT_EQ(next_of(logs("ABCDEFGH", "ABCABCABC")), 3) << "never noted anything";
}

TEST(MirrorEnd, CountsRecordsThatLookTheSame) {
    EXPECT_EQ(next_of(logs("AZZZZZZB", "AZZZ", 0)), 4);
    EXPECT_EQ(next_of(logs("AXYXYXYB", "AXYX", 0)), 4);
    EXPECT_EQ(next_of(logs("ZZZZZZZZ", "ZZZ")), 3);
    EXPECT_EQ(next_of(logs("ZZZZZZZZ", "ZZZZ", 2)), 4);
}

TEST(MirrorEnd, PassesOverWhatAMirrorMayLeaveOut) {
    EXPECT_EQ(next_of(logs("ABxyCDzE", "ABCD", 1)), 6) << "aborted";
    EXPECT_EQ(next_of(logs("ABxyCDzE", "ABxyCD", 1)), 6) << "copied all the same";
    EXPECT_EQ(next_of(logs("ABcdefG", "ABce", 0)), 5) << "compacted";
}

TEST(MirrorEnd, PassesOverWhatTheSourceHasCompactedAwaySince) {
    MirrorLogs compacted = logs("bdfghi", "abcdefg");
    compacted.is_compacted = true;
    EXPECT_EQ(next_of(compacted), 4);
    compacted = logs("bdfghi", "abcdefgbcdez", 1);
    compacted.is_compacted = true;
    EXPECT_EQ(next_of(compacted), 4) << "begun anew";
    EXPECT_NE(find_mirror_end(logs("bdfghi", "abcdefg")).problem, "");
}

TEST(MirrorEnd, IsNeverBeforeWhatWasNoted) {
    EXPECT_EQ(next_of(logs("ABCDEFGH", "", 4)), 5) << "all was deleted again";
    EXPECT_EQ(next_of(logs("ABCDEFGH", "", {})), -1) << "nothing is known, and nothing there";
    EXPECT_EQ(next_of(logs("ABcdEFGH", "AB", 3)), 4);
}

TEST(MirrorEnd, IsNotTold_OfWhatIsEmptyNow) {
    MirrorLogs emptied = logs("ABCDEFGH", "");
    emptied.has_lost_records = true;
    EXPECT_NE(find_mirror_end(emptied).problem.find("nothing was noted"), std::string::npos);
    emptied.noted = Offset(4);
    EXPECT_EQ(next_of(emptied), 5);
}

/// As `logs`, of a source that has deleted all before `start`.
MirrorLogs deleted_before(int64_t start, const std::string& source, const std::string& target,
                          std::optional<int64_t> noted) {
    MirrorLogs deleted = logs(source, target, noted);
    for (OriginalRecord& record : deleted.source) {
        record.offset += start;
    }
    deleted.source_start = Offset(start);
    deleted.source_end = Offset(start + static_cast<int64_t>(source.size()));
    return deleted;
}

TEST(MirrorEnd, IsTheSourcesEnd_WhereNothingIsLeftThere) {
    EXPECT_EQ(next_of(deleted_before(100, "", "ABC", 99)), 100);
    MirrorLogs part = deleted_before(100, "", "ABC", 99);
    part.is_whole_target = false;
    EXPECT_EQ(next_of(part), 100) << "whatever the target has";
    EXPECT_NE(find_mirror_end(deleted_before(100, "", "ABC", {})).problem, "")
        << "nothing tells that it is a copy";
}

TEST(MirrorEnd, IsBehindWhatWasNoted_WhereNoneOfThatIsAtTheSourceAnyMore) {
    EXPECT_EQ(next_of(deleted_before(100, "UVW", "ABC", 99)), 100);
    EXPECT_EQ(next_of(deleted_before(100, "UVW", "ABCUV", 99)), 102) << "more is there";
    EXPECT_EQ(next_of(deleted_before(100, "UVW", "ABCUV", 50)), 102);
    MirrorLogs part = deleted_before(100, "UVW", "ABC", 99);
    part.is_whole_target = false;
    EXPECT_TRUE(find_mirror_end(part).needs_more) << "the end may be one of a second beginning";
    EXPECT_NE(find_mirror_end(deleted_before(100, "UVW", "ABC", 101)).problem, "")
        << "what was noted is there, and the target has not it";
    EXPECT_NE(find_mirror_end(deleted_before(100, "UVW", "ABCUX", 99)).problem, "");
}

TEST(MirrorEnd, SaysWhatMayBeMissing) {
    const MirrorEnd sure = find_mirror_end(deleted_before(100, "UVW", "ABC", 99));
    EXPECT_EQ(sure.may_lack_from, std::nullopt);
    for (const std::string source : {"UVW", ""}) {
        for (const std::string target : {"ABC", ""}) {
            const MirrorEnd end = find_mirror_end(deleted_before(100, source, target, 50));
            EXPECT_EQ(end.next, Offset(100)) << source << target;
            EXPECT_EQ(end.may_lack_from, Offset(51)) << source << target;
        }
    }
}

TEST(MirrorEnd, TakesWhatMayBeBoth_ForBeginningAnew) {
    EXPECT_EQ(next_of(logs("Xuadcu", "Xuaduad", 0)), 4) << "not for the u at the end";
    EXPECT_EQ(next_of(logs("Xuadcuef", "Xuaduef", 0)), 8) << "what goes on longer";
}

TEST(MirrorEnd, NeedsARecordThatWasNoted) {
    MirrorLogs part = logs("ABCDEFGH", "DEF", 1);
    part.is_whole_target = false;
    EXPECT_TRUE(find_mirror_end(part).needs_more);
    part = logs("ABCDEFGH", "BCDEF", 1);
    part.is_whole_target = false;
    EXPECT_EQ(next_of(part), 6);
    part = logs("ZZZZZZZZ", "ZZZZ", 5);
    part.is_whole_target = false;
    EXPECT_TRUE(find_mirror_end(part).needs_more) << "any of them might be any";
    part = logs("ABCDEFGH", "?B?ABCD", 1);
    part.is_whole_target = false;
    EXPECT_EQ(next_of(part), 4) << "an older record looks like B";
}

TEST(MirrorEnd, IsNotTold_WhereSomebodyElseHasWritten) {
    const MirrorEnd end = find_mirror_end(logs("ABCDEFGH", "ABC?D", 0));
    EXPECT_FALSE(end.next);
    EXPECT_NE(end.problem.find("its record at offset 1003 is none of the source's"),
              std::string::npos)
        << end.problem;
    EXPECT_NE(find_mirror_end(logs("ABCDEFGH", "????")).problem, "");
    EXPECT_NE(find_mirror_end(logs("ABCDEFGH", "ABCEF", 0)).problem, "") << "one was left out";
}

}  // namespace
}  // namespace lockstep::replication
