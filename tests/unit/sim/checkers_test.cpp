#include "sim/checkers.h"

#include "sim/routes_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int64_t kTimeMs = 1'700'000'000'000;
constexpr char kLost[] = "the source has lost offsets [2, 3) that were copied";
constexpr char kDeleted[] = "the source has deleted offsets [2, 3) before they were copied";

TrueRecord written(const std::string& value, Fate fate = Fate::committed) {
    TrueRecord record;
    record.key = "key of " + value;
    record.value = value;
    record.timestamp_ms = kTimeMs;
    record.fate = fate;
    return record;
}

SeenRecord seen(int64_t offset, const std::string& value) {
    return {offset, "key of " + value, value, kTimeMs, ""};
}

/// A partition with "a" to "d" at 0 to 3; "b" is of an aborted transaction, "d" of an open one.
class CopyCheckTest : public testing::Test {
protected:
    CopyCheckTest() {
        truth_.records = {{0, written("a")},
                          {1, written("b", Fate::aborted)},
                          {2, written("c")},
                          {3, written("d", Fate::open)}};
    }

    std::vector<std::string> safety(const std::vector<SeenRecord>& copied) const {
        return CopyCheck(plan_, rules_).safety(truth_, copied);
    }

    std::vector<std::string> completeness(const std::vector<SeenRecord>& copied) const {
        const std::vector<SeenRecord> source{seen(0, "a"), seen(2, "c")};
        return CopyCheck(plan_, rules_).completeness(source, copied);
    }

    TruePartition truth_;
    TopicPlan plan_{"orders", TopicKind::plain, 1};
    CopyRules rules_;
};

TEST_F(CopyCheckTest, SaysNothing_OfWhatIsCopiedSoFar) {
    EXPECT_THAT(safety({}), IsEmpty());
    EXPECT_THAT(safety({seen(0, "a"), seen(2, "c")}), IsEmpty());
}

TEST_F(CopyCheckTest, NamesWhatIsWrong) {
    EXPECT_THAT(safety({seen(0, "a"), seen(0, "a")}), ElementsAre(StartsWith("nothing doubled")));
    EXPECT_THAT(safety({seen(2, "c"), seen(0, "a")}), ElementsAre(StartsWith("order kept")));
    EXPECT_THAT(safety({seen(0, "x")}), ElementsAre(StartsWith("nothing invented")));
    EXPECT_THAT(safety({seen(1, "b")}), ElementsAre(StartsWith("nothing aborted")));
    EXPECT_THAT(safety({seen(3, "d")}), ElementsAre(StartsWith("nothing aborted")));
    EXPECT_THAT(safety({seen(1, "c")}), ElementsAre(StartsWith("offsets equal")));
}

TEST_F(CopyCheckTest, LooksAtKeysTimesAndHeaders) {
    SeenRecord other = seen(0, "a");
    other.key = "another";
    EXPECT_THAT(safety({other}), ElementsAre(StartsWith("nothing invented")));
    other = seen(0, "a");
    ++other.timestamp_ms;
    EXPECT_THAT(safety({other}), ElementsAre(StartsWith("nothing invented")));
    other = seen(0, "a");
    other.headers = "name=value;";
    EXPECT_THAT(safety({other}), ElementsAre(StartsWith("nothing invented")));
}

TEST_F(CopyCheckTest, LetsOffsetsDiffer_WhereTheyAreNotKept) {
    rules_.offsets = OffsetsMode::translate;
    EXPECT_THAT(safety({seen(0, "a"), seen(1, "c")}), IsEmpty());
}

TEST_F(CopyCheckTest, WantsAllRecordsInTheEnd_AndNoFiller) {
    EXPECT_THAT(completeness({seen(0, "a"), seen(2, "c")}), IsEmpty());
    EXPECT_THAT(completeness({seen(0, "a")}), ElementsAre(StartsWith("nothing lost")));
    EXPECT_THAT(completeness({SeenRecord{}, seen(0, "a"), seen(2, "c")}),
                ElementsAre(StartsWith("nothing invented")));
}

TEST_F(CopyCheckTest, WantsThere_WhatIsSaidToBeCopied) {
    const std::vector<SeenRecord> source{seen(0, "a"), seen(2, "c")};
    EXPECT_THAT(CopyCheck::honesty(source, {seen(0, "a")}, Offset(2)), IsEmpty());
    EXPECT_THAT(CopyCheck::honesty(source, {seen(0, "a")}, Offset(3)),
                ElementsAre(StartsWith("nothing said early")));
}

TEST_F(CopyCheckTest, WantsRecordsThatTheSourceHasLost_ToBeTold) {
    truth_.lose_from(2);
    truth_.was_cut = true;
    const CopyCheck check(plan_, rules_);
    const std::vector<SeenRecord> copied{seen(0, "a"), seen(2, "c")};
    EXPECT_THAT(check.silence(truth_, copied, {}), ElementsAre(StartsWith("nothing silent")));
    EXPECT_THAT(check.silence(truth_, copied, {.blocked_because = kLost}), IsEmpty());
}

TEST_F(CopyCheckTest, LetsBlock_OnlyWhatHasRecordsThatTheSourceLost_AndForThat) {
    const CopyCheck check(plan_, rules_);
    const std::vector<SeenRecord> copied{seen(0, "a"), seen(2, "c")};
    EXPECT_FALSE(check.may_block(truth_, copied, kLost));
    truth_.lose_from(2);
    truth_.was_cut = true;
    EXPECT_TRUE(check.may_block(truth_, copied, kLost));
    EXPECT_FALSE(check.may_block(truth_, copied, "someone else writes to it"));
    EXPECT_FALSE(check.may_block(truth_, {seen(0, "a")}, kLost));  // it never had them
}

TEST_F(CopyCheckTest, LetsBlock_WhatWasOvertaken_WhereItIsToStop) {
    truth_.overtaken_records = 1;
    EXPECT_TRUE(CopyCheck(plan_, rules_).may_block(truth_, {seen(0, "a")}, kDeleted));
    EXPECT_FALSE(CopyCheck(plan_, rules_).may_block(truth_, {seen(0, "a")}, kLost));
    rules_.on_overrun = OverrunRule::continue_past;
    EXPECT_FALSE(CopyCheck(plan_, rules_).may_block(truth_, {seen(0, "a")}, kDeleted));
}

TEST_F(CopyCheckTest, WantsLostOffsetsToBeCounted_WhereItIsToGoOn) {
    rules_.on_overrun = OverrunRule::continue_past;
    truth_.overtaken_records = 3;
    const CopyCheck check(plan_, rules_);
    EXPECT_THAT(check.silence(truth_, {}, {.lost_offsets = 2}),
                ElementsAre(StartsWith("nothing silent: 3 records")));
    EXPECT_THAT(check.silence(truth_, {}, {.lost_offsets = 3}), IsEmpty());
    EXPECT_THAT(check.silence(truth_, {}, {.lost_offsets = 5}), IsEmpty());  // holes between them
}

TEST_F(CopyCheckTest, WantsNoOffsetsToBeCalledLost_WhereNoneWere) {
    EXPECT_THAT(CopyCheck(plan_, rules_).silence(truth_, {}, {.lost_offsets = 1}),
                ElementsAre(StartsWith("no false alarm")));
}

TEST_F(CopyCheckTest, TellsNullFromEmpty) {
    SeenRecord copied = seen(0, "a");
    truth_.records[0].key = kNullKey;
    copied.key = "";
    EXPECT_THAT(safety({copied}), ElementsAre(StartsWith("nothing invented")));
    copied.key = kNullKey;
    EXPECT_THAT(safety({copied}), IsEmpty());
}

TEST_F(CopyCheckTest, WantsNothingNew_BehindWhatTheSourceHasLost) {
    truth_.lose_from(2);
    truth_.was_cut = true;
    truth_.records[2] = written("e");
    truth_.records[2].history = truth_.history;
    truth_.records[3] = written("f");
    truth_.records[3].history = truth_.history;
    EXPECT_THAT(safety({seen(0, "a"), seen(2, "e"), seen(3, "f")}), IsEmpty());
    EXPECT_THAT(safety({seen(0, "a"), seen(2, "c"), seen(3, "f")}),
                ElementsAre(StartsWith("nothing mixed")));
}

TEST(RefusalCheck, SaysNothing_WhileTheCountStays) {
    RefusalCheck check;
    EXPECT_EQ(check.look(3), std::nullopt);  // of before it had begun
    EXPECT_EQ(check.look(3), std::nullopt);
}

TEST(RefusalCheck, TellsOfEachNewFailureOnce) {
    RefusalCheck check;
    EXPECT_EQ(check.look(0), std::nullopt);
    EXPECT_EQ(check.look(1), "nothing refused: 1 errors, 0 before");
    EXPECT_EQ(check.look(1), std::nullopt);
    EXPECT_EQ(check.look(3), "nothing refused: 3 errors, 1 before");
}

TEST(MemoryProblem, AllowsOneAnswerOfEachReaderBeyondTheLimit) {
    constexpr int64_t kAnswer = 256 << 10;
    const MemoryRule rule{1'000'000, 2};
    EXPECT_EQ(memory_problem("worker", 1'000'000 + 2 * kAnswer, rule), std::nullopt);
    EXPECT_THAT(memory_problem("worker", 1'000'001 + 2 * kAnswer, rule).value_or(""),
                StartsWith("bounded memory: worker holds "));
}

/// Clusters "eu" and "us", with "a" and "b" written on the one, "c" on the other.
class RoutesCheckTest : public testing::Test {
protected:
    RoutesCheckTest() {
        eu_.records = {{0, written("a")}, {1, written("b")}};
        us_.records = {{0, written("c")}};
    }

    RoutesCheck check() const { return RoutesCheck({{"eu", &eu_}, {"us", &us_}}); }

    TruePartition eu_;
    TruePartition us_;
};

TEST_F(RoutesCheckTest, LetsRecordsOfDifferentClustersComeInAnyOrder) {
    const std::vector<std::vector<std::string>> orders{
        {"a", "b", "c"}, {"c", "a", "b"}, {"a", "c", "b"}};
    for (const std::vector<std::string>& order : orders) {
        std::vector<SeenRecord> there;
        for (const std::string& value : order) {
            there.push_back(seen(static_cast<int64_t>(there.size()), value));
        }
        EXPECT_THAT(check().safety(there), IsEmpty());
        EXPECT_THAT(check().completeness(there), IsEmpty());
    }
}

TEST_F(RoutesCheckTest, NamesWhatIsWrong) {
    EXPECT_THAT(check().safety({seen(0, "a"), seen(1, "a")}),
                ElementsAre(StartsWith("nothing doubled")));
    EXPECT_THAT(check().safety({seen(0, "b"), seen(1, "a")}),
                ElementsAre(StartsWith("order kept")));
    EXPECT_THAT(check().safety({seen(0, "x")}), ElementsAre(StartsWith("nothing invented")));
    EXPECT_THAT(check().completeness({seen(0, "a"), seen(1, "c")}),
                ElementsAre(StartsWith("nothing lost")));
    us_.records.at(0).fate = Fate::aborted;
    EXPECT_THAT(check().safety({seen(0, "c")}), ElementsAre(StartsWith("nothing aborted")));
}

}  // namespace
}  // namespace lockstep::sim
