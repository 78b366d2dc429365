#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace lockstep {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

struct SizeCase {
    const char* text;
    int64_t bytes;
};

class ByteSize : public testing::TestWithParam<SizeCase> {};

TEST_P(ByteSize, IsRead) {
    const auto parsed = parse_byte_size(GetParam().text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
    EXPECT_EQ(*parsed, GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, ByteSize,
    testing::Values(SizeCase{"0", 0}, SizeCase{"1536", 1536}, SizeCase{"1536B", 1536},
                    SizeCase{"64MiB", 64 << 20}, SizeCase{"10 MB", 10'000'000},
                    SizeCase{"1.5GiB", 3LL << 29}, SizeCase{"  2 KiB ", 2048},
                    SizeCase{"1KB", 1000}, SizeCase{"1kB", 1000}, SizeCase{"1GB", 1'000'000'000},
                    SizeCase{"0.5KiB", 512},
                    SizeCase{"9000000000000000000", 9'000'000'000'000'000'000}));

class BadByteSize : public testing::TestWithParam<const char*> {};

TEST_P(BadByteSize, IsRefused_WithTheText) {
    const auto parsed = parse_byte_size(GetParam());
    ASSERT_TRUE(parsed.has_error()) << *parsed;
    EXPECT_TRUE(parsed.error().is(Errc::invalid_argument));
    EXPECT_THAT(parsed.error().message(), HasSubstr("\"" + std::string(GetParam()) + "\""));
}

INSTANTIATE_TEST_SUITE_P(Texts, BadByteSize,
                         testing::Values("", " ", "MiB", "64mib", "64 M", "-1", "-1MiB", "+5",
                                         "1 2", "1MiBs", "0x10", "1,5MiB", "ten", "nan", "nanMiB",
                                         "inf", "infinity", "1e400", "9.1e18", "9999999999GiB"));

struct DurationCase {
    const char* text;
    int64_t ms;
};

class DurationText : public testing::TestWithParam<DurationCase> {};

TEST_P(DurationText, IsRead) {
    const auto parsed = parse_duration(GetParam().text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message();
    EXPECT_EQ(*parsed, milliseconds(GetParam().ms));
}

INSTANTIATE_TEST_SUITE_P(Texts, DurationText,
                         testing::Values(DurationCase{"500ms", 500}, DurationCase{"2s", 2000},
                                         DurationCase{"5m", 300'000}, DurationCase{"1h", 3'600'000},
                                         DurationCase{"7d", 604'800'000}, DurationCase{"0s", 0},
                                         DurationCase{"1.5s", 1500}, DurationCase{" 2 s ", 2000}));

class BadDuration : public testing::TestWithParam<const char*> {};

TEST_P(BadDuration, IsRefused_WithTheText) {
    const auto parsed = parse_duration(GetParam());
    ASSERT_TRUE(parsed.has_error()) << parsed->count();
    EXPECT_TRUE(parsed.error().is(Errc::invalid_argument));
    EXPECT_THAT(parsed.error().message(), HasSubstr("\"" + std::string(GetParam()) + "\""));
}

INSTANTIATE_TEST_SUITE_P(Texts, BadDuration,
                         testing::Values("", "5", "s", "-5s", "5S", "5sec", "1h30m", "nans", "infs",
                                         "1e300d", "200000000000d"));

TEST(NearestWord, IsTheOneThatWasMeant) {
    static constexpr std::array<std::string_view, 4> kWords{"topics", "exclude", "offsets",
                                                            "replication_factor"};
    EXPECT_EQ(nearest_word("topic", kWords), "topics");
    EXPECT_EQ(nearest_word("tpoics", kWords), "topics");
    EXPECT_EQ(nearest_word("offset", kWords), "offsets");
    EXPECT_EQ(nearest_word("replication_fcator", kWords), "replication_factor");
    EXPECT_EQ(nearest_word("replicationfactor", kWords), "replication_factor");
    EXPECT_EQ(nearest_word("exclude", kWords), "exclude");
}

TEST(NearestWord, IsTheNearest_WhenSeveralAreNear) {
    static constexpr std::array<std::string_view, 3> kWords{"sources", "source", "course"};
    EXPECT_EQ(nearest_word("sorce", kWords), "source");
}

TEST(NearestWord, IsEmpty_WhenNoneIsNear) {
    static constexpr std::array<std::string_view, 2> kWords{"topics", "exclude"};
    EXPECT_EQ(nearest_word("bootstrap", kWords), "");
    EXPECT_EQ(nearest_word("topics", {}), "");
}

TEST(FormatBytes, HasOneDigitAndTheLargestUnit) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(1024), "1.0 KiB");
    EXPECT_EQ(format_bytes(1536), "1.5 KiB");
    EXPECT_EQ(format_bytes(64.0 * (1 << 20)), "64.0 MiB");
    EXPECT_EQ(format_bytes(1.5 * (1 << 30)), "1.5 GiB");
    EXPECT_EQ(format_bytes(5000.0 * (1LL << 40)), "5000.0 TiB");
}

TEST(FormatBytes, NeverRoundsUpTo1024OfAUnit) {
    EXPECT_EQ(format_bytes((1 << 20) - 1), "1.0 MiB");
    EXPECT_EQ(format_bytes(1023.7), "1.0 KiB");
    EXPECT_EQ(format_bytes(1023.9 * 1024), "1023.9 KiB");
}

TEST(FormatCount, HasACommaBeforeEachThreeDigits) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(1000), "1,000");
    EXPECT_EQ(format_count(1'234'567), "1,234,567");
    EXPECT_EQ(format_count(-999), "-999");
    EXPECT_EQ(format_count(-123'456), "-123,456");
    EXPECT_EQ(format_count(INT64_MAX), "9,223,372,036,854,775,807");
    EXPECT_EQ(format_count(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(FormatDuration, HasTheTwoLargestUnits) {
    EXPECT_EQ(format_duration(seconds(0)), "0s");
    EXPECT_EQ(format_duration(seconds(59)), "59s");
    EXPECT_EQ(format_duration(seconds(60)), "1m00s");
    EXPECT_EQ(format_duration(seconds(95)), "1m35s");
    EXPECT_EQ(format_duration(seconds(3599)), "59m59s");
    EXPECT_EQ(format_duration(seconds(3600)), "1h00m");
    EXPECT_EQ(format_duration(seconds(90'061)), "25h01m");
}

TEST(Split, KeepsEmptyParts) {
    EXPECT_THAT(split("a,b,c", ','), ElementsAre("a", "b", "c"));
    EXPECT_THAT(split("", ','), ElementsAre(""));
    EXPECT_THAT(split(",a,,", ','), ElementsAre("", "a", "", ""));
}

TEST(Trim, TakesBlanksFromBothEnds) {
    EXPECT_EQ(trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(trim("a"), "a");
    EXPECT_EQ(trim(" \n "), "");
    EXPECT_EQ(trim(""), "");
}

}  // namespace
}  // namespace lockstep
