#include "replication/group_place.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lockstep::replication {
namespace {

using Committed = std::optional<Offset>;

const LogRange kLog{Offset(0), Offset(1000)};

Committed at(int64_t offset) {
    return Offset(offset);
}

struct PlaceCase {
    const char* name;
    GroupSide source;
    GroupSide target;
    std::optional<LastSeen> last;
    const char* decision;
};

void PrintTo(const PlaceCase& c, std::ostream* out) {
    *out << c.name;
}

std::string text_of(const GroupDecision& decision) {
    switch (decision.action) {
        case GroupAction::none: return "none";
        case GroupAction::to_target: return "target " + std::to_string(decision.place.value());
        case GroupAction::to_source: return "source " + std::to_string(decision.place.value());
        case GroupAction::conflict: return "conflict";
        case GroupAction::undecided: return "undecided";
    }
    return "?";
}

class Decide : public testing::TestWithParam<PlaceCase> {};

TEST_P(Decide, WhoFollowsWhom) {
    const PlaceCase& c = GetParam();
    EXPECT_EQ(text_of(decide({c.source, c.target, c.last, kLog, kLog})), c.decision);
}

const std::optional<LastSeen> kFirstLook;

GroupSide with(std::string text, bool is_active = false) {
    return {at(5), is_active, std::move(text)};
}

INSTANTIATE_TEST_SUITE_P(
    WithMembers, Decide,
    testing::Values(
        PlaceCase{"AtTheSource", {at(5), true}, {at(3), false}, kFirstLook, "target 5"},
        PlaceCase{"AtTheSourceRewound", {at(5), true}, {at(9), false}, kFirstLook, "target 5"},
        PlaceCase{"AtTheSourceInStep", {at(5), true}, {at(5), false}, kFirstLook, "none"},
        PlaceCase{"OnTheTarget", {at(5), false}, {at(9), true}, kFirstLook, "source 9"},
        PlaceCase{"OnTheTargetRewound", {at(9), false}, {at(5), true}, kFirstLook, "source 5"},
        PlaceCase{"OnTheTargetWithoutOffset", {at(5), false}, {{}, true}, kFirstLook, "none"},
        PlaceCase{"OnBoth", {at(5), true}, {at(9), true}, kFirstLook, "conflict"},
        PlaceCase{"OnlyTheTargetKnowsIt", {{}, false}, {at(9), true}, kFirstLook, "none"}));

INSTANTIATE_TEST_SUITE_P(
    WithoutMembers, Decide,
    testing::Values(
        PlaceCase{"NewOnTheTarget", {at(5), false}, {{}, false}, kFirstLook, "target 5"},
        PlaceCase{"FirstLookSourceAhead", {at(9), false}, {at(5), false}, kFirstLook, "target 9"},
        PlaceCase{"FirstLookTargetAhead", {at(5), false}, {at(9), false}, kFirstLook, "undecided"},
        PlaceCase{
            "SourceMoved", {at(7), false}, {at(5), false}, LastSeen{at(5), at(5)}, "target 7"},
        PlaceCase{
            "SourceRewound", {at(2), false}, {at(5), false}, LastSeen{at(5), at(5)}, "target 2"},
        PlaceCase{
            "TargetMoved", {at(5), false}, {at(8), false}, LastSeen{at(5), at(5)}, "source 8"},
        PlaceCase{
            "TargetRewound", {at(5), false}, {at(1), false}, LastSeen{at(5), at(5)}, "source 1"},
        PlaceCase{"BothMovedTheSourceLeads",
                  {at(7), false},
                  {at(8), false},
                  LastSeen{at(5), at(5)},
                  "target 7"},
        PlaceCase{"StillUndecided",
                  {at(5), false},
                  {at(9), false},
                  LastSeen{at(5), at(9)},
                  "undecided"}));

INSTANTIATE_TEST_SUITE_P(
    Metadata, Decide,
    testing::Values(
        PlaceCase{"Same", with("a"), with("a"), kFirstLook, "none"},
        PlaceCase{"FirstLook", with("a"), with("b"), kFirstLook, "none"},
        PlaceCase{"ActiveAtTheSource", with("b", true), with("a"), kFirstLook, "target 5"},
        PlaceCase{"ActiveOnTheTarget", with("a"), with("b", true), kFirstLook, "source 5"},
        PlaceCase{"SourceChanged", with("b"), with("a"), LastSeen{at(5), at(5), "a", "a"},
                  "target 5"},
        PlaceCase{"TargetChanged", with("a"), with("b"), LastSeen{at(5), at(5), "a", "a"},
                  "source 5"},
        PlaceCase{"NeitherChanged", with("a"), with("b"), LastSeen{at(5), at(5), "a", "b"},
                  "none"}));

TEST(DecideInTheLog, GoesNoFurtherThanTheTargetsLog_AndFollowsItAsItGrows) {
    GroupPlace place{{at(500), true}, {{}, false}, {}, kLog, {Offset(0), Offset(200)}};
    EXPECT_EQ(text_of(decide(place)), "target 200");
    place.target.committed = at(200);
    EXPECT_EQ(text_of(decide(place)), "none");
    place.source.is_active = false;
    place.last = LastSeen{at(500), at(200)};
    place.target_log.end = Offset(900);
    EXPECT_EQ(text_of(decide(place)), "target 500");
}

TEST(DecideInTheLog, BeginsNoEarlierThanTheLog) {
    const GroupPlace place{{at(5), true}, {{}, false}, {}, kLog, {Offset(50), Offset(200)}};
    EXPECT_EQ(text_of(decide(place)), "target 50");
}

/// Records 0 to 9 at the source's offsets 100 to 104 and 110 to 114, on the target at 40 to 43 and
/// 50 to 55; the source is copied up to 117.
class TranslatedRanges : public testing::Test {
protected:
    TranslatedRanges() {
        map_.source.add({Ordinal(0), Offset(100)});
        map_.source.add({Ordinal(5), Offset(110)});
        map_.target.add({Ordinal(0), Offset(40)});
        map_.target.add({Ordinal(4), Offset(50)});
        map_.next = Ordinal(10);
    }

    StreamMap map_;
    PartitionRanges ranges_{
        {Offset(100), Offset(120)}, {Offset(40), Offset(56)}, map_, Offset(117)};
};

TEST_F(TranslatedRanges, TellTheSameRecordOnBothSides) {
    for (const auto& [source, target] : std::vector<std::pair<int64_t, int64_t>>{
             {100, 40}, {103, 43}, {104, 50}, {110, 51}, {114, 55}, {117, 56}}) {
        const Offset place = ranges_.place_at_source(Offset(source));
        EXPECT_EQ(ranges_.target_offset(place), Offset(target)) << source;
        EXPECT_EQ(ranges_.place_on_target(Offset(target)), place) << target;
        EXPECT_EQ(ranges_.source_offset(place), Offset(source)) << source;
    }
}

TEST_F(TranslatedRanges, TakeAPlaceInAHole_ForThatOfTheNextRecord) {
    EXPECT_EQ(ranges_.place_at_source(Offset(107)), ranges_.place_at_source(Offset(110)));
    EXPECT_EQ(ranges_.place_on_target(Offset(47)), ranges_.place_on_target(Offset(50)));
    EXPECT_EQ(ranges_.place_at_source(Offset(115)), Offset(10)) << "behind the last record";
    EXPECT_EQ(ranges_.place_at_source(Offset(117)), Offset(10));
    EXPECT_EQ(ranges_.place_at_source(Offset(118)), Offset(11)) << "not copied yet";
}

TEST_F(TranslatedRanges, HaveNoPlaceForWhatWasThereBefore_ByAnotherMirror) {
    EXPECT_TRUE(ranges_.has_place_at_source(Offset(50))) << "neither log has it any more";
    const PartitionRanges shared{
        {Offset(10), Offset(120)}, {Offset(5), Offset(56)}, map_, Offset(117)};
    EXPECT_TRUE(shared.has_place_at_source(Offset(50))) << "others' records are no mirror's";
    map_.is_behind_mirror = true;
    const PartitionRanges taken_over{
        {Offset(10), Offset(120)}, {Offset(5), Offset(56)}, map_, Offset(117)};
    EXPECT_FALSE(taken_over.has_place_at_source(Offset(99)));
    EXPECT_TRUE(taken_over.has_place_at_source(Offset(100)));
    EXPECT_FALSE(taken_over.has_place_on_target(Offset(39)));
    EXPECT_TRUE(taken_over.has_place_on_target(Offset(40)));
    StreamMap once_more;  // taken over again, behind records that the link had copied
    once_more.source.add({Ordinal(7), Offset(100)});
    once_more.target.add({Ordinal(7), Offset(40)});
    once_more.next = Ordinal(9);
    once_more.is_behind_mirror = true;
    const PartitionRanges again{
        {Offset(10), Offset(120)}, {Offset(5), Offset(56)}, once_more, Offset(102)};
    EXPECT_FALSE(again.has_place_at_source(Offset(99)));
    EXPECT_TRUE(again.has_place_at_source(Offset(100)));
    EXPECT_EQ(again.target_offset(again.place_at_source(Offset(101))), Offset(41));
    const PartitionRanges from_its_start{
        {Offset(10), Offset(120)}, {Offset(40), Offset(56)}, map_, Offset(117)};
    EXPECT_TRUE(from_its_start.has_place_at_source(Offset(50))) << "the target begins with it";
}

TEST_F(TranslatedRanges, AreNumbersOfRecords) {
    EXPECT_EQ(ranges_.source().start, Offset(0));
    EXPECT_EQ(ranges_.target().start, Offset(0));
    EXPECT_EQ(ranges_.target().end, Offset(10));
}

}  // namespace
}  // namespace lockstep::replication
