#include "replication/followed_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::HasSubstr;

TEST(FollowedRecord, IsReadable) {
    EXPECT_EQ(join_parts({"c1", "config", "orders"}), "c1|config|orders");
    EXPECT_EQ(encode_settings({{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}}),
              "1|cleanup.policy=compact,delete|retention.ms=-1");
    EXPECT_EQ(encode_settings({}), "1");
}

TEST(FollowedRecord, KeepsEveryByte) {
    const Settings settings{{"a=b|c%", "50%|x=y\n\x7f"}, {"", ""}, {"umlaut", "\xc3\xa4"}};
    const auto decoded = decode_settings(encode_settings(settings));
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(*decoded, settings);
    const std::vector<std::string> parts{"a|b", "", "c%7c"};
    EXPECT_EQ(split_parts(join_parts(parts)), parts);
}

TEST(FollowedRecord, RefusesWhatItDoesNotUnderstand) {
    EXPECT_TRUE(decode_settings("2|a=b").error().is(Errc::unsupported));
    EXPECT_TRUE(decode_settings("").error().is(Errc::unsupported));
    EXPECT_TRUE(decode_settings("1|nothing").error().is(Errc::malformed));
    EXPECT_THAT(decode_settings("1|nothing").error().message(), HasSubstr("without '='"));
}

}  // namespace
}  // namespace lockstep::replication
