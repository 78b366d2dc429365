#include "replication/resume_point.h"

#include "model/tagged_producer_id.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

constexpr int64_t kTagged = int64_t{1} << 62;
constexpr ProducerId kStream{kTagged + 5};
constexpr ResumeRules kRules{kStream, ProducerId(kTagged + 99), false};

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

TEST(ResumePoint, PassesOverWhatTheSourceHasDeleted_WhereTheOperatorSaysSo) {
    const ResumeRules rules{kStream, ProducerId(kTagged + 99), true};
    EXPECT_EQ(resume_point(logs_with(30, 50, 20), rules).raise_to, Offset(30));
    EXPECT_EQ(resume_point(logs_with(10, 50, 20), rules).next, Offset(20));
    EXPECT_FALSE(resume_point(logs_with(0, 50, 51), rules).raise_to.has_value());
}

TEST(ResumePoint, GoesOnRaising_WhereItWasEndedInTheMiddle) {
    EXPECT_EQ(raised_to(with_tail(logs_with(30, 50, 20), kTagged + 99)), 30);
    EXPECT_EQ(raised_to(with_tail(logs_with(30, 50, 30), kTagged + 99)), 30);
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

}  // namespace
}  // namespace lockstep::replication
