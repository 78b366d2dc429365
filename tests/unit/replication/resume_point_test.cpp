#include "replication/resume_point.h"

#include "model/tagged_producer_id.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

constexpr int64_t kTagged = int64_t{1} << 62;
constexpr ProducerId kStream{kTagged + 5};
constexpr ResumeRules kRules{kStream, false};

/// The source has offsets [from, to), the target ends at `end`; its last batch is as we wrote it.
PartitionLogs logs_with(int64_t from, int64_t to, int64_t end) {
    PartitionLogs logs{Offset(from), Offset(to), Offset(0), Offset(end), {}};
    if (end > 0) {
        logs.target_tail = StreamTail{kStream, ProducerEpoch(0), Sequence(3), false};
    }
    return logs;
}

PartitionLogs with_tail(PartitionLogs logs, int64_t producer_id) {
    logs.target_tail = StreamTail{ProducerId(producer_id), ProducerEpoch(0), Sequence(19), false};
    return logs;
}

PartitionLogs without_tail(PartitionLogs logs) {
    logs.target_start = logs.target_end;
    logs.target_tail.reset();
    return logs;
}

struct ResumeCase {
    const char* name;
    PartitionLogs logs;
    int64_t next;  // -1: must not go on
    const char* reason;
};

void PrintTo(const ResumeCase& c, std::ostream* out) {
    *out << c.name;
}

class Resume : public testing::TestWithParam<ResumeCase> {};

TEST_P(Resume, IsToldByTheLogs) {
    const ResumeCase& c = GetParam();
    const ResumePoint resume = resume_point(c.logs, kRules);
    EXPECT_EQ(resume.next.has_value(), c.next >= 0);
    EXPECT_EQ(resume.next.value_or(Offset(-1)), Offset(c.next));
    EXPECT_EQ(resume.reason, c.reason);
    EXPECT_FALSE(resume.raise_to.has_value());
}

std::optional<int64_t> raised_to(const PartitionLogs& logs) {
    const ResumePoint resume = resume_point(logs, kRules);
    EXPECT_FALSE(resume.next.has_value());
    EXPECT_EQ(resume.reason, "");
    return resume.raise_to ? std::optional(resume.raise_to->value()) : std::nullopt;
}

TEST(ResumePoint, RaisesTheLogStartOfAnEmptyTarget) {
    EXPECT_EQ(raised_to(logs_with(30, 50, 0)), 30);
    EXPECT_EQ(raised_to(without_tail(logs_with(30, 50, 20))), 30);
}

TEST(ResumePoint, Stops_WhereRetentionHasEmptiedTheTarget_AndTheSourceHasDeletedMore) {
    PartitionLogs logs = logs_with(30, 50, 20);
    logs.target_start = logs.target_end;
    EXPECT_EQ(resume_point(logs, kRules).reason,
              "the source has deleted offsets [20, 30) before they were copied");
    EXPECT_EQ(resume_point(logs, {kStream, true}).raise_to, Offset(30));
}

TEST(ResumePoint, PassesOverWhatTheSourceHasDeleted_WhereTheOperatorSaysSo) {
    const ResumeRules rules{kStream, true};
    EXPECT_EQ(resume_point(logs_with(30, 50, 20), rules).raise_to, Offset(30));
    EXPECT_EQ(resume_point(logs_with(10, 50, 20), rules).next, Offset(20));
    EXPECT_FALSE(resume_point(logs_with(0, 50, 51), rules).raise_to.has_value());
}

TEST(ResumePoint, GoesOnRaising_WhereItWasEndedInTheMiddle) {
    EXPECT_EQ(raised_to(with_tail(logs_with(30, 50, 20), filler_producer_id(kStream).value())), 30);
    EXPECT_EQ(raised_to(with_tail(logs_with(30, 50, 30), filler_producer_id(kStream).value())), 30);
}

INSTANTIATE_TEST_SUITE_P(
    GoesOn, Resume,
    testing::Values(ResumeCase{"BothEmpty", logs_with(0, 0, 0), 0, ""},
                    ResumeCase{"TargetEmpty", logs_with(0, 50, 0), 0, ""},
                    ResumeCase{"InTheMiddle", logs_with(0, 50, 20), 20, ""},
                    ResumeCase{"CaughtUp", logs_with(0, 50, 50), 50, ""},
                    ResumeCase{"AtTheSourcesStart", logs_with(20, 50, 20), 20, ""},
                    ResumeCase{"SourceEmptyBehindDeletedRecords", logs_with(50, 50, 50), 50, ""},
                    ResumeCase{"TargetsRecordsDeleted", without_tail(logs_with(10, 50, 20)), 20,
                               ""},
                    ResumeCase{"UnderALaterIdOfTheStream",
                               with_tail(logs_with(0, 50, 20), kTagged + 9), 20, ""}));

INSTANTIATE_TEST_SUITE_P(
    MustNotGoOn, Resume,
    testing::Values(
        ResumeCase{"SourceDeletedWhatIsMissing", logs_with(21, 50, 20), -1,
                   "the source has deleted offsets [20, 21) before they were copied"},
        ResumeCase{"TargetIsAhead", logs_with(0, 50, 51), -1,
                   "the target ends at offset 51, the source already at 50: the source has lost "
                   "offsets [50, 51), or someone else wrote to the target"},
        ResumeCase{
            "SomeoneElseWroteLast", with_tail(logs_with(0, 50, 20), 4711), -1,
            "the target's last record (offset 19) was written by someone else (producer id "
            "4711, Lockstep's for this partition is 4611686018427387909): its offsets cannot "
            "be trusted to be the source's"},
        ResumeCase{
            "APlainProducerWroteLast", with_tail(logs_with(0, 50, 20), -1), -1,
            "the target's last record (offset 19) was written by someone else (producer id "
            "-1, Lockstep's for this partition is 4611686018427387909): its offsets cannot be "
            "trusted to be the source's"},
        ResumeCase{
            "LockstepWroteAnotherTopicThere", with_tail(logs_with(0, 50, 20), kTagged + 4), -1,
            "the target's last record (offset 19) was written by Lockstep for another topic or "
            "cluster (producer id 4611686018427387908, Lockstep's for this partition is "
            "4611686018427387909): its offsets cannot be trusted to be the source's"}));

constexpr TranslatedRules kLater{.may_have_changed = true};

/// A stream of 50 records, from offset 100 of the source on, the last ten of them at 300.
StreamMap map_with_a_hole() {
    StreamMap map;
    map.source.add({Ordinal(0), Offset(100)});
    map.source.add({Ordinal(40), Offset(300)});
    map.next = Ordinal(50);
    return map;
}

/// The same, with the place of the record behind them.
StreamMap map_with_next_at(int64_t offset) {
    StreamMap map = map_with_a_hole();
    map.source.add({Ordinal(50), Offset(offset)});
    return map;
}

TEST(ResumeTranslated, BeginsAtTheStart_WhereNothingWasCopied) {
    const auto resume = resume_translated(logs_with(70, 400, 0), {}, kLater);
    ASSERT_TRUE(resume.place);
    EXPECT_EQ(resume.place->next, Ordinal(0));
    EXPECT_EQ(resume.place->source, Offset(70));
    EXPECT_EQ(resume.place->expected_at, std::nullopt);
}

TEST(ResumeTranslated, GoesOnBehindTheLastRecord) {
    const auto resume = resume_translated(logs_with(70, 400, 10), map_with_a_hole(), kLater);
    ASSERT_TRUE(resume.place);
    EXPECT_EQ(resume.place->next, Ordinal(50));
    EXPECT_EQ(resume.place->source, Offset(310));
    EXPECT_EQ(resume.place->expected_at, Offset(310));
}

TEST(ResumeTranslated, StopsOrGoesOn_WhereTheSourceHasDeletedRecords) {
    const auto logs = logs_with(350, 400, 10);
    const auto stopped = resume_translated(logs, map_with_a_hole(), kLater);
    EXPECT_FALSE(stopped.place);
    EXPECT_EQ(stopped.reason, "the source has deleted offsets [310, 350) before they were copied");
    const auto going_on =
        resume_translated(logs, map_with_a_hole(), {.continue_past_overrun = true});
    ASSERT_TRUE(going_on.place);
    EXPECT_EQ(going_on.place->source, Offset(350));
    EXPECT_EQ(going_on.lost, 40);
}

TEST(ResumeTranslated, Stops_WhereTheSourceIsShorterThanWhatWasCopied) {
    const auto resume = resume_translated(logs_with(0, 305, 10), map_with_a_hole(),
                                          {.continue_past_overrun = true});
    EXPECT_FALSE(resume.place);
    EXPECT_EQ(resume.reason,
              "offsets up to 310 have been copied, the source already ends at 305: it has lost "
              "offsets [305, 310)");
}

/// The place of a record is stored before it is sent. It was not, and an unclean election at the
/// source took it back.
TEST(ResumeTranslated, GoesOnBehindWhatWasCopied_WhereTheSourceHasLostOnlyWhatWasNot) {
    const StreamMap map = map_with_next_at(330);
    const auto resume = resume_translated(logs_with(70, 320, 10), map, kLater);
    ASSERT_TRUE(resume.place);
    EXPECT_EQ(resume.place->next, Ordinal(50));
    EXPECT_EQ(resume.place->source, Offset(310));
    EXPECT_EQ(resume.place->expected_at, std::nullopt);
}

/// The source has lost it, and has written on since: what is in its place, and before, was not
/// looked at.
TEST(ResumeTranslated, LooksAtWhatIsBetweenAgain_WhereThatIsLittle) {
    const StreamMap map = map_with_next_at(330);
    const auto resume = resume_translated(logs_with(70, 400, 10), map, kLater);
    ASSERT_TRUE(resume.place);
    EXPECT_EQ(resume.place->next, Ordinal(50));
    EXPECT_EQ(resume.place->source, Offset(310));
    EXPECT_EQ(resume.place->expected_at, Offset(330));
    const auto deleted = resume_translated(logs_with(320, 400, 10), map, kLater);
    EXPECT_EQ(deleted.place.value().source, Offset(320));
    EXPECT_EQ(deleted.lost, 0);
    const auto far =
        resume_translated(logs_with(70, 2'000'000, 10), map_with_next_at(1'000'000), kLater);
    EXPECT_EQ(far.place.value().source, Offset(1'000'000));
}

TEST(ResumeTranslated, PassesOverWhatIsBetween_WhereTheSourceHasNotChanged) {
    const StreamMap map = map_with_next_at(330);
    const auto resume = resume_translated(logs_with(70, 400, 10), map, {});
    EXPECT_EQ(resume.place.value().source, Offset(330));
}

TEST(ResumeTranslated, Stops_WhereTheSourceHasLostTheLastOneThatWasCopied) {
    const StreamMap map = map_with_next_at(330);
    EXPECT_TRUE(resume_translated(logs_with(70, 310, 10), map, kLater).place);
    EXPECT_FALSE(resume_translated(logs_with(70, 309, 10), map, kLater).place);
}

}  // namespace
}  // namespace lockstep::replication
