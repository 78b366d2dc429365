#include "replication/commit_alignment.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <deque>

namespace lockstep::replication {
namespace {

using End = ScannedTransaction::End;
using Records = ScannedTransaction::Records;
using testing::ElementsAre;
using Where = CommitPlace::Where;

/// One producer, one partition, one coordinator's log. Markers are at the offsets 10, 20, ...
class CommitAlignmentTest : public testing::Test {
protected:
    CommitAlignmentTest() {
        history_.complete_from = {Offset(0)};
        scan_.end = Offset(1000);
        scan_.is_from_log_start = true;
    }

    ScannedTransaction& commit(Records records = Records::seen) {
        ScannedTransaction& seen = seen_.emplace_back();
        seen.producer_id = ProducerId(1);
        seen.epoch = seen.marker_epoch = ProducerEpoch(0);
        seen.end = End::committed;
        seen.records = records;
        seen.marker = Offset(static_cast<int64_t>(10 * seen_.size()));
        seen.stamp_ms = 1'000'000;
        return seen;
    }

    ScannedTransaction& open() {
        ScannedTransaction& seen = commit();
        seen.end = End::open;
        return seen;
    }

    LoggedCommit& logged(int64_t prepared, int64_t completed) {
        LoggedCommit& commit = history_.commits[ProducerId(1)].emplace_back();
        commit.epoch = ProducerEpoch(0);
        commit.prepared = Offset(prepared);
        commit.completed = Offset(completed);
        commit.prepared_ms = 1'000'000;
        return commit;
    }

    /// Where the log ended, then the partition, then the log again.
    void moment(int64_t before, int64_t partition, int64_t after) {
        moments_.push_back({{Offset(before)}, {Offset(partition)}, {Offset(after)}});
    }

    /// For each logged commit the offset of its marker, or where it is else.
    std::vector<std::string> align() {
        ProducerInPartition in;
        in.producer_id = ProducerId(1);
        for (const ScannedTransaction& seen : seen_) {
            if (seen.end == End::open) {
                in.open = &seen;
            } else {
                in.commits.push_back(&seen);
            }
        }
        for (size_t i = 0; i < history_.commits[ProducerId(1)].size(); ++i) {
            in.logged.push_back(i);
        }
        const CommitAlignment aligned = align_commits(in, scan_, history_, moments_);
        is_open_undecided_ = aligned.is_open_undecided;
        std::vector<std::string> texts;
        for (const CommitPlace& place : aligned.places) {
            texts.push_back(text_of(place));
        }
        return texts;
    }

    static std::string text_of(const CommitPlace& place) {
        switch (place.where) {
            case Where::found: return std::to_string(place.found->marker.value());
            case Where::before_scan: return "before";
            case Where::deleted: return "deleted";
            case Where::behind_scan: return "behind";
            case Where::unsure: return "?";
        }
        return "";
    }

    std::deque<ScannedTransaction> seen_;
    PartitionScan scan_;
    TransactionHistory history_;
    std::vector<SourceMoment> moments_;
    bool is_open_undecided_ = false;
};

TEST_F(CommitAlignmentTest, CountsFromAMoment_BackAndForth) {
    commit();
    commit();
    commit();
    commit();
    logged(0, 1);
    logged(2, 3);
    logged(10, 11);
    logged(12, 13);
    moment(5, 25, 8);
    EXPECT_THAT(align(), ElementsAre("10", "20", "30", "40"));
}

TEST_F(CommitAlignmentTest, TakesTheMarkersOfThatMoment_NotAllThatThereAre) {
    commit();
    commit();
    logged(0, 1);
    moment(5, 15, 8);  // the marker at 20 came later, and its decision is not in the log yet
    EXPECT_THAT(align(), ElementsAre("10"));
}

TEST_F(CommitAlignmentTest, IsUnsure_WhenNoMomentWasQuiet) {
    commit();
    logged(0, 9);
    moment(5, 25, 8);   // not completed before
    moment(9, 25, 10);  // the log ends before the completion
    EXPECT_THAT(align(), ElementsAre("?"));
    moment(10, 25, 12);
    EXPECT_THAT(align(), ElementsAre("10"));
    moments_.pop_back();
    history_.commits.clear();
    logged(6, 7);
    moments_.front().logs_before = {Offset(6)};  // decided while the moment lasted
    EXPECT_THAT(align(), ElementsAre("10"));     // but not while the second one did
    moments_.pop_back();
    EXPECT_THAT(align(), ElementsAre("?"));
}

TEST_F(CommitAlignmentTest, IsUnsure_WithoutAnyMoment) {
    commit();
    logged(0, 1);
    EXPECT_THAT(align(), ElementsAre("?"));
}

TEST_F(CommitAlignmentTest, FindsNothing_ForWhatWasDecidedLater) {
    commit();
    logged(0, 1);
    logged(20, 21);
    moment(5, 25, 8);
    EXPECT_THAT(align(), ElementsAre("10", "behind"));
}

TEST_F(CommitAlignmentTest, FindsNothing_ForWhatIsBeforeTheScan) {
    commit();
    logged(0, 1);
    logged(2, 3);
    moment(5, 25, 8);
    scan_.is_from_log_start = false;
    EXPECT_THAT(align(), ElementsAre("before", "10"));
    scan_.is_from_log_start = true;
    EXPECT_THAT(align(), ElementsAre("deleted", "10"));
}

TEST_F(CommitAlignmentTest, FindsNothing_WhereThereIsNoMarkerAtAll) {
    logged(0, 1);
    moment(5, 25, 8);
    scan_.is_from_log_start = false;
    EXPECT_THAT(align(), ElementsAre("before"));
}

TEST_F(CommitAlignmentTest, LeavesOutOlderMarkers_ThanTheHistory) {
    commit();
    commit();
    logged(2, 3);
    moment(5, 25, 8);
    EXPECT_THAT(align(), ElementsAre("20"));
}

TEST_F(CommitAlignmentTest, StopsAtAMarkerWithoutRecords) {
    commit();
    commit();
    commit(Records::none);  // the one at 20 once more, or a transaction of nothing
    commit();
    logged(0, 1);
    logged(2, 3);
    logged(10, 11);
    moment(12, 45, 13);
    EXPECT_THAT(align(), ElementsAre("?", "?", "40"));
    moments_.clear();
    moment(5, 25, 8);
    EXPECT_THAT(align(), ElementsAre("10", "20", "?"));
}

TEST_F(CommitAlignmentTest, StopsAtAHole) {
    commit();
    commit();
    logged(0, 1);
    logged(2, 3);
    moment(5, 25, 8);
    scan_.dense_from = Offset(15);
    EXPECT_THAT(align(), ElementsAre("?", "20"));
    logged(4, 4);
    scan_.dense_from = Offset(5);  // one of three is missing, and it may be in the hole
    EXPECT_THAT(align(), ElementsAre("?", "10", "20"));
}

TEST_F(CommitAlignmentTest, StopsWhereEpochsDoNotFit) {
    commit();
    commit();
    logged(0, 1);
    logged(2, 3).epoch = ProducerEpoch(1);
    moment(5, 25, 8);
    EXPECT_THAT(align(), ElementsAre("?", "?"));
}

TEST_F(CommitAlignmentTest, StopsWhereAMarkerIsOlderThanItsDecision) {
    commit();
    LoggedCommit& late = logged(0, 1);
    moment(5, 25, 8);
    late.prepared_ms = 1'000'000 + kClockSlackMs;
    EXPECT_THAT(align(), ElementsAre("10"));
    late.prepared_ms += 1;
    EXPECT_THAT(align(), ElementsAre("?"));
}

TEST_F(CommitAlignmentTest, GivesWhatIsOpenToTheNextCommit) {
    commit();
    open();
    logged(0, 1);
    logged(10, LoggedCommit::kNotCompleted.value());
    moment(5, 15, 8);
    EXPECT_THAT(align(), ElementsAre("10", "20"));  // where its marker would be in this test
    EXPECT_FALSE(is_open_undecided_);
}

TEST_F(CommitAlignmentTest, KnowsThatWhatIsOpenIsNotCommitted) {
    commit();
    open();
    logged(0, 1);
    moment(5, 15, 8);
    EXPECT_THAT(align(), ElementsAre("10"));
    EXPECT_TRUE(is_open_undecided_);
    commit(Records::none);
    EXPECT_THAT(align(), ElementsAre("10"));
    EXPECT_FALSE(is_open_undecided_);  // counting did not reach it
}

TEST_F(CommitAlignmentTest, NeedsAHistoryThatReachesBackToTheMoment) {
    commit();
    logged(4, 4);
    moment(5, 25, 8);
    history_.complete_from = {Offset(6)};
    EXPECT_THAT(align(), ElementsAre("?"));
    history_.complete_from = {Offset(5)};
    EXPECT_THAT(align(), ElementsAre("10"));
    history_.unexplained[ProducerId(1)] = Offset(5);  // something was under way at the moment
    EXPECT_THAT(align(), ElementsAre("?"));
    history_.unexplained[ProducerId(1)] = Offset(4);
    EXPECT_THAT(align(), ElementsAre("10"));
}

TEST_F(CommitAlignmentTest, SaysNothing_OfAProducerThatTheHistoryDoesNotKnow) {
    commit();
    open();
    moment(5, 25, 8);
    history_.commits.clear();
    ProducerInPartition in;
    in.producer_id = ProducerId(1);
    in.open = &seen_.back();
    const CommitAlignment aligned = align_commits(in, scan_, history_, moments_);
    EXPECT_TRUE(aligned.places.empty());
    EXPECT_FALSE(aligned.is_open_undecided);
}

}  // namespace
}  // namespace lockstep::replication
