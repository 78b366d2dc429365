#include "replication/group_place.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

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
        case GroupAction::to_target: return "target " + std::to_string(decision.offset.value());
        case GroupAction::to_source: return "source " + std::to_string(decision.offset.value());
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

}  // namespace
}  // namespace lockstep::replication
