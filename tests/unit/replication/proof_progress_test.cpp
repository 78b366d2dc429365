#include "replication/proof_progress.h"

#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using Verdict = ProofProgress::Verdict;
using Move = ProofProgress::Move;
using Kind = Difference::Kind;

ProofProgress begun_at(int64_t start) {
    ProofProgress progress;
    progress.begin(Offset(start));
    return progress;
}

ComparedRecords same(uint64_t records) {
    ComparedRecords found;
    found.records = records;
    return found;
}

ComparedRecords different_at(int64_t offset, Kind kind = Kind::content) {
    ComparedRecords found = same(5);
    found.differences = 2;
    found.first = {{Offset(offset), kind}, {Offset(offset + 1), kind}};
    return found;
}

/// Both logs, by their starts and ends.
PartitionLogs logs_of(int64_t source_start, int64_t source_end, int64_t target_start,
                      int64_t target_end) {
    return {Offset(source_start), Offset(source_end), Offset(target_start), Offset(target_end), {}};
}

TEST(IsCatchingUp, WhenMoreThanASecondBehind) {
    EXPECT_TRUE(is_catching_up(1'000'000, 200'000));
    EXPECT_FALSE(is_catching_up(150'000, 200'000));
    EXPECT_TRUE(is_catching_up(20'000, 0));  // nothing was copied yet
}

TEST(IsCatchingUp, IsNot_ForAHandfulOfRecords) {
    EXPECT_FALSE(is_catching_up(10'000, 0));
    EXPECT_FALSE(is_catching_up(0, 0));
}

TEST(ProofProgress, HasNothingToShow_BeforeItBegins) {
    EXPECT_FALSE(ProofProgress().status().has_value());
}

TEST(ProofProgress, CountsOn_WhileAllIsTheSame) {
    ProofProgress progress = begun_at(7);
    EXPECT_EQ(progress.take(same(10), Offset(17)), Verdict::same);
    EXPECT_EQ(progress.take(same(3), Offset(25)), Verdict::same);
    EXPECT_EQ(progress.next(), Offset(25));
    EXPECT_EQ(progress.status()->from, Offset(7));
    EXPECT_EQ(progress.status()->to, Offset(25));
    EXPECT_EQ(progress.status()->records, 13U);
    EXPECT_EQ(progress.status()->differences, 0U);
}

TEST(ProofProgress, DoubtsTheFirstDifference_AndCountsNothingYet) {
    ProofProgress progress = begun_at(0);
    EXPECT_EQ(progress.take(different_at(12), Offset(20)), Verdict::doubted);
    EXPECT_EQ(progress.next(), Offset(0));
    EXPECT_EQ(progress.status()->records, 0U);
    EXPECT_EQ(progress.status()->differences, 0U);
    EXPECT_EQ(progress.take(same(20), Offset(20)), Verdict::same);
    EXPECT_EQ(progress.take(different_at(22), Offset(30)), Verdict::doubted);  // anew
}

TEST(ProofProgress, IsSure_AtTheSecondLook_AndStaysBeforeTheDifference) {
    ProofProgress progress = begun_at(0);
    progress.take(different_at(12, Kind::only_at_source), Offset(20));
    EXPECT_EQ(progress.take(different_at(12, Kind::only_at_source), Offset(20)), Verdict::differs);
    EXPECT_EQ(progress.status()->to, Offset(12));
    EXPECT_EQ(progress.status()->compared_to, Offset(20));
    EXPECT_EQ(progress.status()->first_difference->offset, Offset(12));
    EXPECT_EQ(progress.status()->first_difference->kind, Kind::only_at_source);
    EXPECT_EQ(progress.take(different_at(25), Offset(30)), Verdict::differs_still);
    EXPECT_EQ(progress.take(same(10), Offset(40)), Verdict::same);
    EXPECT_EQ(progress.next(), Offset(40));
    EXPECT_EQ(progress.status()->to, Offset(12));
    EXPECT_EQ(progress.status()->first_difference->offset, Offset(12));
    EXPECT_EQ(progress.status()->differences, 4U);
    EXPECT_EQ(progress.status()->records, 20U);
}

TEST(ProofProgress, CountsWhatWasCompacted) {
    ProofProgress progress = begun_at(0);
    ComparedRecords found = same(3);
    found.compacted = 7;
    EXPECT_EQ(progress.take(found, Offset(10)), Verdict::same);
    EXPECT_EQ(progress.status()->compacted, 7U);
}

TEST(ProofProgress, GoesOn_BehindWhatWasDeleted) {
    ProofProgress progress = begun_at(0);
    progress.take(same(10), Offset(10));
    EXPECT_EQ(progress.on_logs(logs_of(30, 100, 20, 90)), Move::passed);
    EXPECT_EQ(progress.next(), Offset(30));
    EXPECT_EQ(progress.status()->from, Offset(30));
    EXPECT_EQ(progress.status()->to, Offset(30));
    EXPECT_EQ(progress.status()->records, 10U);
}

TEST(ProofProgress, KeepsTheFirstDifference_WhenItIsDeleted) {
    ProofProgress progress = begun_at(0);
    progress.take(different_at(5), Offset(10));
    progress.take(different_at(5), Offset(10));
    EXPECT_EQ(progress.on_logs(logs_of(30, 100, 30, 90)), Move::passed);
    EXPECT_EQ(progress.next(), Offset(30));
    EXPECT_EQ(progress.status()->to, Offset(5));
    EXPECT_EQ(progress.status()->first_difference->offset, Offset(5));
}

TEST(ProofProgress, BeginsAnew_WhenALogEndsBeforeIt) {
    ProofProgress progress = begun_at(0);
    progress.take(different_at(5), Offset(50));
    progress.take(different_at(5), Offset(50));
    EXPECT_EQ(progress.on_logs(logs_of(3, 100, 0, 40)), Move::anew);
    EXPECT_EQ(progress.next(), Offset(3));
    EXPECT_EQ(progress.status()->differences, 0U);
    EXPECT_FALSE(progress.status()->first_difference.has_value());
}

TEST(ProofProgress, Stays_WhereBothLogsHoldWhatIsNext) {
    ProofProgress progress = begun_at(0);
    progress.take(same(50), Offset(50));
    EXPECT_EQ(progress.on_logs(logs_of(0, 100, 0, 50)), Move::stays);
    EXPECT_EQ(progress.next(), Offset(50));
}

TEST(ProofProgress, Waits_WhileTheLogsHaveNothingInCommon) {
    ProofProgress progress = begun_at(30);
    EXPECT_EQ(progress.on_logs(logs_of(30, 100, 0, 20)), Move::waits);
    EXPECT_EQ(progress.next(), Offset(30));
}

}  // namespace
}  // namespace lockstep::replication
