#include "base/whole_number.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace lockstep {
namespace {

TEST(WholeNumber, IsRead_FromTheWholeText) {
    EXPECT_EQ(parse_whole_number("0"), 0);
    EXPECT_EQ(parse_whole_number("604800000"), 604'800'000);
    EXPECT_EQ(parse_whole_number("-1"), -1);
    EXPECT_EQ(parse_whole_number("9223372036854775807"), std::numeric_limits<int64_t>::max());
}

TEST(WholeNumber, IsNone_WhereAnythingElseIsThere) {
    for (const char* text : {"", " 1", "1 ", "+1", "1.0", "1x", "x", "-", "0x1f"}) {
        EXPECT_EQ(parse_whole_number(text), std::nullopt) << text;
    }
    EXPECT_EQ(parse_whole_number("9223372036854775808"), std::nullopt);
}

}  // namespace
}  // namespace lockstep
