#include "app/progress.h"

#include "tests/unit/app/sample_links.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

Progress catching_up() {
    Progress progress;
    progress.links = 1;
    progress.partitions = 12;
    progress.lag_records = 4'000'000;
    progress.copied_records = 6'000'000;
    progress.records_per_second = 312'000;
    progress.bytes_per_second = 47'290'000;
    return progress;
}

struct Line {
    const char* name;
    Progress progress;
    double done;
    size_t width;
    const char* line;
};

void PrintTo(const Line& line, std::ostream* out) {
    *out << line.name;
}

class ProgressLines : public testing::TestWithParam<Line> {};

TEST_P(ProgressLines, AreRendered) {
    const Line& line = GetParam();
    EXPECT_EQ(render_progress(line.progress, line.done, line.width), line.line);
}

template <typename Change>
Progress with(Change change) {
    Progress progress = catching_up();
    change(progress);
    return progress;
}

INSTANTIATE_TEST_SUITE_P(
    Progress, ProgressLines,
    testing::Values(
        Line{"CatchingUp", catching_up(), 0.6, 80,
             "[##################------------]  60.0 %  312,000 records/s  45.1 MiB/s  ETA 13s"},
        Line{"Narrow", catching_up(), 0.6, 40, "[######----]  60.0 %  312,000 records/s "},
        Line{"Wide", catching_up(), 0.25, 200,
             "[##########------------------------------]  25.0 %  312,000 records/s  45.1 MiB/s  "
             "ETA 13s"},
        Line{"NeverQuite100", with([](auto& p) { p.lag_records = 400'000; }), 0.9999, 80,
             "[#############################-]  99.9 %  312,000 records/s  45.1 MiB/s  ETA 2s"},
        Line{"Stalled", with([](auto& p) { p.records_per_second = p.bytes_per_second = 0; }), 0, 80,
             "[----------------------------------------]   0.0 %  0 records/s  0 B/s  ETA ?"},
        Line{"WithTrouble", with([](auto& p) {
                 p.blocked = 1;
                 p.retrying = 2;
             }),
             0.6, 100,
             "[############--------]  60.0 %  312,000 records/s  45.1 MiB/s  ETA 13s  1 blocked, "
             "2 retrying"},
        Line{"InStep", with([](auto& p) { p.lag_records = 0; }), 1, 80,
             "in step: 12 partitions  312,000 records/s  45.1 MiB/s"},
        Line{"InStepWithABlockedOne", with([](auto& p) {
                 p.lag_records = 0;
                 p.blocked = 1;
             }),
             1, 80, "in step: 12 partitions  312,000 records/s  45.1 MiB/s  1 blocked"},
        Line{"AllBlocked", with([](auto& p) { p.blocked = 12; }), 0, 80,
             "all 12 partitions blocked; lockstep status says why"},
        Line{"Starting", with([](auto& p) {
                 p.lag_records = 0;
                 p.starting = 4;
             }),
             0, 80, "starting: 4 of 12 partitions"},
        Line{"Down", with([](auto& p) {
                 p.links_in_trouble = 1;
                 p.problem = "east-to-west: east cannot be reached";
             }),
             0, 80, "waiting: east-to-west: east cannot be reached"},
        Line{"OneOfTwoDown", with([](auto& p) {
                 p.links = 2;
                 p.links_in_trouble = 1;
                 p.lag_records = 0;
             }),
             0, 80, "in step: 12 partitions  312,000 records/s  45.1 MiB/s  1 link down"},
        Line{"Searching", with([](auto& p) { p.links_undiscovered = 1; }), 0, 80,
             "looking for topics ..."},
        Line{"NoTopics", with([](auto& p) { p.partitions = 0; }), 0, 80, "no topics to copy yet"}),
    [](const auto& line) { return std::string(line.param.name); });

TEST(Progress, IsInStep_WhenLessThanASecondBehind) {
    Progress progress = catching_up();
    progress.lag_records = 312'000;
    EXPECT_TRUE(progress.is_in_step());
    progress.lag_records = 312'001;
    EXPECT_FALSE(progress.is_in_step());
}

TEST(Progress, IsNotInStep_WhilePartitionsStartOrRetry) {
    Progress progress = catching_up();
    progress.lag_records = 0;
    progress.starting = 1;
    EXPECT_FALSE(progress.is_in_step());
    progress.starting = 0;
    progress.retrying = 1;
    EXPECT_FALSE(progress.is_in_step());
}

TEST(Progress, SumsUpLinks_AndCountsTheBlockedApart) {
    PartitionStatus blocked = running_partition("a", 1, 500, 0);
    blocked.state = PartitionState::blocked;
    LinkStatus one = sample_link({running_partition("a", 0, 100, 90), blocked});
    one.partitions[0].copied_records = 90;
    LinkStatus two = sample_link({sample_partition("b", 0, PartitionState::starting),
                                  sample_partition("b", 1, PartitionState::retrying)});
    two.name = "two";
    two.problem = "west is down";
    two.discovered = false;
    const Progress sum = sum_up({one, two}, Rates());
    EXPECT_EQ(progress_log_line(sum),
              "progress in_step=false links=2 links_in_trouble=1 partitions=4 blocked=1 retrying=1 "
              "lag_records=10 blocked_lag_records=500 copied_records=90 records_per_second=0 "
              "bytes_per_second=0 problem=\"two: west is down\"");
    EXPECT_EQ(sum.starting, 1u);
    EXPECT_EQ(sum.links_undiscovered, 1u);
    EXPECT_EQ(sum.problem, "two: west is down");
}

TEST(CatchUp, GoesFromZeroToOne) {
    CatchUp catch_up;
    Progress progress = catching_up();
    progress.copied_records = 0;
    progress.lag_records = 1'000'000;
    EXPECT_DOUBLE_EQ(catch_up.update(progress), 0);
    progress.copied_records = 250'000;
    progress.lag_records = 750'000;
    EXPECT_DOUBLE_EQ(catch_up.update(progress), 0.25);
    progress.copied_records = 1'000'000;
    progress.lag_records = 0;
    EXPECT_DOUBLE_EQ(catch_up.update(progress), 1);
}

TEST(CatchUp, BeginsAgainAtZero_AfterHavingBeenInStep) {
    CatchUp catch_up;
    Progress progress = catching_up();
    progress.lag_records = 0;
    catch_up.update(progress);
    progress.lag_records = 1'000'000;
    EXPECT_DOUBLE_EQ(catch_up.update(progress), 0);
    progress.copied_records += 500'000;
    progress.lag_records = 500'000;
    EXPECT_DOUBLE_EQ(catch_up.update(progress), 0.5);
}

}  // namespace
}  // namespace lockstep::app
