#include "app/demo_report.h"

#include "tests/unit/app/sample_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PartitionStatus proved_partition(std::string topic, int32_t partition, int64_t end) {
    PartitionStatus status = running_partition(std::move(topic), partition, end, end);
    status.verified = VerifiedStatus();
    status.verified->to = Offset(end);
    status.verified->compared_to = Offset(end);
    status.verified->records = static_cast<uint64_t>(end);
    return status;
}

DemoPartitionLogs ends_at(int64_t source, int64_t target) {
    return {Offset(0), Offset(source), Offset(source), Offset(target)};
}

/// orders-0 with 100 and orders-1 with 50 records: copied and proved.
DemoLinkView perfect_link() {
    DemoLinkView link;
    link.status =
        sample_link({proved_partition("orders", 0, 100), proved_partition("orders", 1, 50)});
    link.logs[{"orders", PartitionIndex(0)}] = ends_at(100, 100);
    link.logs[{"orders", PartitionIndex(1)}] = ends_at(50, 50);
    return link;
}

DemoPartitionLogs& log_of(DemoLinkView& link, int32_t partition) {
    return link.logs[{"orders", PartitionIndex(partition)}];
}

void block(DemoLinkView& link, size_t partition, std::string reason) {
    link.status.partitions[partition].state = PartitionState::blocked;
    link.status.partitions[partition].reason = std::move(reason);
}

void retry(DemoLinkView& link, size_t partition) {
    link.status.partitions[partition].state = PartitionState::retrying;
    link.status.partitions[partition].reason = "broker 1 is away";
}

DemoLink described(const DemoLinkView& link) {
    return describe_demo_link(link, Rates());
}

TEST(DemoLinkState, IsInStep) {
    const DemoLink link = described(perfect_link());
    EXPECT_EQ(link.state, "in step");
    EXPECT_EQ(link.mood, DemoMood::good);
    EXPECT_EQ(link.behind, 0);
    EXPECT_EQ(link.verified, 150u);
    EXPECT_DOUBLE_EQ(link.verified_part, 1);
    EXPECT_FALSE(link.is_in_trouble);
}

TEST(DemoLinkState, IsCatchingUp_ByTheLogsThemselves) {
    DemoLinkView view = perfect_link();
    log_of(view, 0) = ends_at(400, 100);  // Lockstep has not yet heard of it
    const DemoLink link = described(view);
    EXPECT_EQ(link.state, "catching up");
    EXPECT_EQ(link.behind, 300);
    EXPECT_FALSE(link.is_in_trouble);
}

TEST(DemoLinkState, CountsNoOpenTransactionsAsBehind) {
    DemoLinkView view = perfect_link();
    log_of(view, 0) = {Offset(0), Offset(100), Offset(180), Offset(100)};
    EXPECT_EQ(described(view).behind, 0);
    EXPECT_EQ(described(view).state, "in step");
}

TEST(DemoLinkState, NamesTheWorstThing) {
    DemoLinkView view = perfect_link();
    retry(view, 0);
    EXPECT_EQ(described(view).state, "1 retrying");
    block(view, 1, "no");
    EXPECT_EQ(described(view).state, "1 blocked");
    view.status.problem = "east is away";
    EXPECT_EQ(described(view).state, "unreachable");
    EXPECT_EQ(described(view).problem, "east is away");
    view.is_cut = true;
    EXPECT_EQ(described(view).state, "cut");
    view.is_paused = true;
    EXPECT_EQ(described(view).state, "paused");
    EXPECT_EQ(described(view).problem, "");
    EXPECT_TRUE(described(view).is_in_trouble);
}

TEST(DemoLinkState, IsStarting_UntilTopicsAreKnown) {
    DemoLinkView view;
    view.status.name = "east-to-west";
    EXPECT_EQ(described(view).state, "starting");
    EXPECT_DOUBLE_EQ(described(view).verified_part, 0);
}

TEST(DemoLinkState, SaysWhichPartIsVerified) {
    DemoLinkView view = perfect_link();
    view.status.partitions[0].verified->to = Offset(25);
    view.status.partitions[1].verified.reset();
    EXPECT_DOUBLE_EQ(described(view).verified_part, 25.0 / 150);
    EXPECT_EQ(described(view).verified, 100u);
}

/// orders-0 at a cluster that is written to, too: of 100 offsets there 60 are berlin's records, and
/// 30 paris's. Copied without their offsets and proved.
DemoLinkView relaying_link() {
    DemoLinkView link;
    link.status = sample_link({proved_partition("orders", 0, 100)});
    link.status.partitions[0].is_translated = true;
    link.status.partitions[0].verified->records = 90;
    DemoPartitionLogs logs = ends_at(100, 333);
    logs.origins = {{"berlin", 60, 0, 0, true}, {"paris", 30, 0, 0, true}};
    link.logs[{"orders", PartitionIndex(0)}] = std::move(logs);
    return link;
}

TEST(DemoLinkState, OfTranslatedOffsets_IsToldByOrigins) {
    DemoLinkView view = relaying_link();
    EXPECT_EQ(described(view).state, "in step");
    EXPECT_EQ(described(view).behind, 0);
    EXPECT_EQ(described(view).verified, 90u);
    EXPECT_DOUBLE_EQ(described(view).verified_part, 1);
    log_of(view, 0).origins[0].missing = 5;
    log_of(view, 0).origins[1].missing = 2;
    EXPECT_EQ(described(view).behind, 7);
    EXPECT_EQ(described(view).state, "catching up");
    view.status.partitions[0].next_offset = Offset(80);
    view.status.partitions[0].verified->to = Offset(20);
    EXPECT_DOUBLE_EQ(described(view).verified_part, 0.25);
}

TEST(DemoFaults, OfTranslatedOffsets_AreToldByOrigins) {
    const DemoLinkView good = relaying_link();
    EXPECT_THAT(demo_link_faults(good), IsEmpty());
    DemoLinkView view = good;
    log_of(view, 0).origins[1].missing = 2;
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-0 lacks 2 records of paris"));
    view = good;
    log_of(view, 0).origins[0].surplus = 1;
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-0 has 1 record of berlin too many"));
    view = good;
    log_of(view, 0).origins[0].is_same = false;
    EXPECT_THAT(demo_link_faults(view),
                ElementsAre("orders-0 has other records of berlin, or in another order"));
    view = good;
    view.status.partitions[0].verified->differences = 1;
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-0 has 1 difference"));
}

TEST(DemoFaults, OfTranslatedOffsets_WantAProofOfEachRecord) {
    DemoLinkView view = relaying_link();
    view.status.partitions[0].verified->to = Offset(99);
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-0 was verified only up to 99 of 100"));
    view = relaying_link();
    view.status.partitions[0].verified->records = 60;  // only of one origin
    EXPECT_THAT(demo_link_faults(view),
                ElementsAre("orders-0 was verified only in 60 of 90 records"));
    log_of(view, 0).cleanup = DemoCleanup::compacted;  // older ones of a key may be gone
    EXPECT_THAT(demo_link_faults(view), IsEmpty());
    log_of(view, 0).cleanup = DemoCleanup::deleted;
    log_of(view, 0).source_start = Offset(40);  // by retention
    EXPECT_THAT(demo_link_faults(view), IsEmpty());
}

TEST(DemoFaults, AreNone_WhenAllIsTheSameAndProved) {
    EXPECT_THAT(demo_link_faults(perfect_link()), IsEmpty());
}

TEST(DemoFaults, AreNone_ForLogsThatNeverHadARecord) {
    DemoLinkView view = perfect_link();
    view.status.partitions.push_back(running_partition("orders", 2, 0, 0));
    log_of(view, 2) = ends_at(0, 0);
    EXPECT_THAT(demo_link_faults(view), IsEmpty());
}

TEST(DemoFaults, NameWhatIsWrongWithTheLink) {
    DemoLinkView view = perfect_link();
    view.status.discovered = false;
    EXPECT_THAT(demo_link_faults(view), ElementsAre("it has not reached both clusters yet"));
    view.status.problem = "west is away";
    EXPECT_THAT(demo_link_faults(view), ElementsAre("west is away"));
    view.is_cut = true;
    EXPECT_THAT(demo_link_faults(view), ElementsAre("it is cut"));
    view.is_paused = true;
    EXPECT_THAT(demo_link_faults(view), ElementsAre("Lockstep is paused"));
}

TEST(DemoFaults, NameWhatIsWrongWithAPartition) {
    DemoLinkView view = perfect_link();
    log_of(view, 2) = ends_at(5, 0);
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-2 is not copied"));
    view = perfect_link();
    block(view, 0, "it differs");
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-0 is blocked: it differs"));
    view = perfect_link();
    log_of(view, 0) = ends_at(101, 100);
    log_of(view, 1) = ends_at(50, 52);
    EXPECT_THAT(demo_link_faults(view),
                ElementsAre("orders-0 lacks 1 record", "orders-1 has 2 records too many"));
    view = perfect_link();
    view.status.partitions[0].verified->differences = 1;
    view.status.partitions[1].verified->to = Offset(49);
    EXPECT_THAT(demo_link_faults(view), ElementsAre("orders-0 has 1 difference",
                                                    "orders-1 was verified only up to 49 of 50"));
    view.status.partitions[1].verified.reset();
    EXPECT_EQ(demo_link_faults(view).back(), "orders-1 was verified only up to 0 of 50");
}

TEST(DemoTroubles, AreGroupedByReason_BlockedOnesFirst) {
    DemoLinkView one = perfect_link();
    retry(one, 0);
    block(one, 1, "lost");
    DemoLinkView two = perfect_link();
    two.status.name = "east-to-north";
    block(two, 0, "lost");
    block(two, 1, "lost");
    const auto troubles = demo_troubles({one, two});
    ASSERT_EQ(troubles.size(), 2u);
    EXPECT_TRUE(troubles[0].is_blocked);
    EXPECT_EQ(troubles[0].reason, "lost");
    EXPECT_THAT(troubles[0].partitions, ElementsAre("orders-1", "orders-0"));
    EXPECT_THAT(troubles[0].links, ElementsAre("east-to-west", "east-to-north"));
    EXPECT_EQ(troubles[1].state, "retrying");
    EXPECT_THAT(troubles[1].partitions, ElementsAre("orders-0"));
}

TEST(DemoTroubles, AreNone_WhilePaused) {
    DemoLinkView view = perfect_link();
    block(view, 0, "lost");
    view.is_paused = true;
    EXPECT_THAT(demo_troubles({view}), IsEmpty());
}

class DemoNewsTest : public testing::Test {
protected:
    std::vector<std::string> at(double seconds) { return news_.update(seconds, {view_}, Rates()); }

    DemoNews news_;
    DemoLinkView view_ = perfect_link();
};

TEST_F(DemoNewsTest, TellsTheBeginning_AndIsQuietThen) {
    EXPECT_THAT(at(1), ElementsAre("east-to-west: 2 partitions are being copied",
                                   "east-to-west: in step for the first time"));
    EXPECT_THAT(at(2), IsEmpty());
}

TEST_F(DemoNewsTest, IsQuietAboutCatchingUp) {
    at(1);
    log_of(view_, 0) = ends_at(900, 100);
    EXPECT_THAT(at(2), IsEmpty());
    log_of(view_, 0) = ends_at(900, 900);
    EXPECT_THAT(at(3), IsEmpty());
}

TEST_F(DemoNewsTest, TellsTroubleAndItsEnd) {
    at(1);
    retry(view_, 0);
    EXPECT_THAT(at(2), ElementsAre("east-to-west: orders-0 is retrying: broker 1 is away"));
    view_ = perfect_link();
    EXPECT_THAT(at(4.5), ElementsAre("east-to-west: in step again, after 2.5 s"));
}

TEST_F(DemoNewsTest, TellsAProblemOnce_WithoutThoseOfItsPartitions) {
    at(1);
    view_.status.problem = "source: east is away";
    retry(view_, 0);
    EXPECT_THAT(at(2), ElementsAre("east-to-west: source: east is away"));
    EXPECT_THAT(at(3), IsEmpty());
    view_ = perfect_link();
    EXPECT_THAT(at(4), ElementsAre("east-to-west: in step again, after 2.0 s"));
}

TEST_F(DemoNewsTest, TellsWhatIsBlocked_AndWhatGoesOn) {
    at(1);
    block(view_, 0, "lost");
    EXPECT_THAT(at(2), ElementsAre("east-to-west: orders-0 is blocked: lost"));
    view_ = perfect_link();
    EXPECT_THAT(at(3), ElementsAre("east-to-west: orders-0 is being copied again",
                                   "east-to-west: in step again, after 1.0 s"));
}

TEST_F(DemoNewsTest, TellsWhenItIsInStepAfterAPause) {
    at(1);
    view_.is_paused = true;
    EXPECT_THAT(at(2), IsEmpty());
    view_.is_paused = false;
    EXPECT_THAT(at(5), ElementsAre("east-to-west: 2 partitions are being copied",
                                   "east-to-west: in step again, after 3.0 s"));
}

}  // namespace
}  // namespace lockstep::app
