#include "app/import_properties.h"

#include <gtest/gtest.h>

namespace lockstep::app {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(std::string_view text) {
    Pairs pairs;
    for (const ForeignSetting& setting : parse_properties(text)) {
        pairs.emplace_back(setting.key, setting.value);
    }
    return pairs;
}

}  // namespace

TEST(Properties, ReadsKeysAndValues_WithEachSeparator) {
    EXPECT_EQ(pairs_of("a=1\nb = 2\nc: 3\nd 4\n  e\t=\t5  \r\nf"),
              (Pairs{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}, {"f", ""}}));
}

TEST(Properties, KeepsSeparatorsWithinValues) {
    EXPECT_EQ(pairs_of("jaas=Module required user=\"a:b\";\nurl = http://x:1"),
              (Pairs{{"jaas", "Module required user=\"a:b\";"}, {"url", "http://x:1"}}));
}

TEST(Properties, PassesOverCommentsAndEmptyLines) {
    EXPECT_EQ(pairs_of("# a=1\n\n  ! b=2\n#c\\\nd=4\n"), (Pairs{{"d", "4"}}));
}

TEST(Properties, JoinsContinuedLines_AndNamesTheFirst) {
    const auto settings = parse_properties("x=0\ntopics = one, \\\n    two, \\\n    three\ny=1");
    ASSERT_EQ(settings.size(), 3U);
    EXPECT_EQ(settings[1].value, "one, two, three");
    EXPECT_EQ(settings[1].line, 2);
    EXPECT_EQ(settings[2].line, 5);
}

TEST(Properties, TwoBackslashesAtTheEndContinueNothing) {
    EXPECT_EQ(pairs_of("a=b\\\\\nc=d"), (Pairs{{"a", "b\\"}, {"c", "d"}}));
}

TEST(Properties, UndoesEscapes) {
    EXPECT_EQ(pairs_of("a\\:b\\ c=\\u00e9\\t\\u20AC|\\.x"),
              (Pairs{{"a:b c", "\xC3\xA9\t\xE2\x82\xAC|.x"}}));
    EXPECT_EQ(pairs_of("a=\\u12"), (Pairs{{"a", "u12"}}));
}

TEST(Properties, KeepsBothOfADouble) {
    EXPECT_EQ(pairs_of("a=1\na=2"), (Pairs{{"a", "1"}, {"a", "2"}}));
}

TEST(Properties, LastLineMayLackItsEnd) {
    EXPECT_EQ(pairs_of("a=b\\"), (Pairs{{"a", "b"}}));
    EXPECT_EQ(pairs_of(""), Pairs{});
}

}  // namespace lockstep::app
