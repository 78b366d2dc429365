#include "app/continue_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ForeignMirror mirror() {
    ForeignMirror mirror;
    mirror.source = "east";
    mirror.target = "west";
    mirror.prefix = "east.";
    mirror.group = "east-mm2";
    return mirror;
}

LinkSpec link(const std::string& source, const std::string& target) {
    LinkSpec link;
    link.name = source + "-to-" + target;
    link.source = source;
    link.target = target;
    link.names.prefix = source + ".";
    link.offsets = OffsetsMode::translate;
    return link;
}

TEST(MatchMirrors, FindsTheLinkOfEach_AndLeavesOthers) {
    const auto matched =
        match_mirrors({link("north", "west"), link("east", "west"), link("west", "east")},
                      {mirror()});
    ASSERT_EQ(matched.links.size(), 1U);
    EXPECT_EQ(matched.links[0].name, "east-to-west");
    ASSERT_EQ(matched.mirrors.size(), 1U);
    EXPECT_EQ(matched.mirrors[0].group, "east-mm2");
    EXPECT_THAT(matched.problems, IsEmpty());
}

TEST(MatchMirrors, TakesEachOfSeveralLinks_BetweenTheSameClusters) {
    LinkSpec second = link("east", "west");
    second.name = "second";
    const auto matched = match_mirrors({link("east", "west"), second}, {mirror()});
    EXPECT_EQ(matched.links.size(), 2U);
    EXPECT_EQ(matched.mirrors.size(), 2U);
}

TEST(MatchMirrors, SaysWhichLinkIsMissing_ButForWhatWasHeldBack) {
    ForeignMirror held_back = mirror();
    held_back.is_held_back = true;
    EXPECT_THAT(match_mirrors({link("west", "east")}, {held_back}).problems, IsEmpty());
    EXPECT_THAT(match_mirrors({link("west", "east")}, {mirror()}).problems,
                ElementsAre(HasSubstr("no link from \"east\" to \"west\"")));
}

TEST(MatchMirrors, SaysWhereNamesAreOthers) {
    LinkSpec other = link("east", "west");
    other.names.prefix = "old.";
    const auto matched = match_mirrors({other}, {mirror()});
    EXPECT_THAT(matched.links, IsEmpty());
    EXPECT_THAT(matched.problems, ElementsAre(HasSubstr("prefix: \"east.\"")));
    other.names = {{{"orders", "east.orders"}}, "east."};
    EXPECT_EQ(match_mirrors({other}, {mirror()}).problems.size(), 1U);
}

TEST(MatchMirrors, SaysThatOffsetsCannotBeKept) {
    LinkSpec keeping = link("east", "west");
    keeping.offsets = OffsetsMode::preserve;
    EXPECT_THAT(match_mirrors({keeping}, {mirror()}).problems,
                ElementsAre(HasSubstr("offsets: translate")));
}

}  // namespace
}  // namespace lockstep::app
