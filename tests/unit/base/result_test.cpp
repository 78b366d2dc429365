#include "base/result.h"

#include "base/assert.h"
#include "base/log.h"

#include <gtest/gtest.h>

#include <memory>

namespace lockstep {
namespace {

Result<int> number(int value) {
    if (value < 0) {
        return Error(Errc::invalid_argument, "negative");
    }
    return value;
}

Result<void> nothing(int value) {
    if (value < 0) {
        return Error(Errc::timeout, "late");
    }
    return {};
}

Result<int> sum(int a, int b) {
    LS_TRY(left, number(a));
    LS_TRY(right, number(b));
    return left + right;
}

Result<int> checked_twice(int a, int b) {
    LS_CHECK(nothing(a));
    LS_CHECK(nothing(b));
    return 7;
}

Result<std::unique_ptr<int>> boxed(int value) {
    LS_TRY(got, number(value));
    return std::make_unique<int>(got);
}

Result<int> unboxed(int value) {
    LS_TRY(box, boxed(value));
    return *box;
}

TEST(LsTry, DeclaresTheValue) {
    EXPECT_EQ(*sum(3, 4), 7);
    EXPECT_EQ(*unboxed(5), 5);
}

TEST(LsTry, ReturnsTheFirstError) {
    EXPECT_TRUE(sum(-1, 4).error().is(Errc::invalid_argument));
    EXPECT_EQ(sum(3, -1).error().message(), "negative");
    EXPECT_TRUE(unboxed(-5).has_error());
}

TEST(LsCheck, ReturnsTheError_AndElseGoesOn) {
    EXPECT_EQ(*checked_twice(1, 1), 7);
    EXPECT_TRUE(checked_twice(-1, 1).error().is(Errc::timeout));
    EXPECT_TRUE(checked_twice(1, -1).error().is(Errc::timeout));
}

TEST(Error, Within_PutsTheOuterContextInFront) {
    Error error = Error(Errc::disconnected, "read").within("fetch").within("link a");
    EXPECT_EQ(error.message(), "link a: fetch: read");
    EXPECT_TRUE(error.is(Errc::disconnected));
}

TEST(Error, Message_HasTheCode_WhereTheContextDoesNotSayIt) {
    EXPECT_EQ(Error(Errc::timeout, "read").message(), "read: timed out");
    EXPECT_EQ(Error(Errc::not_found, "no topic matches").message(), "no topic matches");
    EXPECT_EQ(Error(Errc::not_found, "").within("look").within("link a").message(),
              "link a: look: not found");
}

TEST(Error, Message_NeedsNoContext) {
    EXPECT_EQ(Error(Errc::timeout, "").message(), "timed out");
    EXPECT_EQ(Error(Errc::timeout, "").within("connect").message(), "connect: timed out");
}

TEST(Error, IsOfItsOwnKindOnly) {
    const Error error(std::make_error_code(std::errc::timed_out), "x");
    EXPECT_FALSE(error.is(Errc::timeout));
    EXPECT_FALSE(error.is(Errc::stopped));
}

TEST(LockstepCategory, HasATextForEveryCode) {
    for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
        EXPECT_NE(lockstep_category().message(code), "unknown error") << code;
    }
    EXPECT_EQ(lockstep_category().message(999), "unknown error");
}

TEST(Result, Throws_WhenItsMissingValueIsTaken) {
    EXPECT_THROW((void)number(-1).value(), std::runtime_error);
}

TEST(LsAssertDeathTest, EndsTheProcess_AndSaysWhy) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_DEATH(LS_ASSERT(1 + 1 == 3), "assertion failed: 1 \\+ 1 == 3 .*result_test.cpp");
}

TEST(LogLevel, IsReadFromItsWord) {
    log::Level level = log::Level::info;
    EXPECT_TRUE(log::parse_level("trace", level));
    EXPECT_EQ(level, log::Level::trace);
    EXPECT_TRUE(log::parse_level("off", level));
    EXPECT_EQ(level, log::Level::off);
    EXPECT_FALSE(log::parse_level("Info", level));
    EXPECT_FALSE(log::parse_level("", level));
    EXPECT_EQ(level, log::Level::off);
}

TEST(LogLevel, DropsWhatIsBelow) {
    log::set_level(log::Level::warn);
    EXPECT_FALSE(log::enabled(log::Level::info));
    EXPECT_TRUE(log::enabled(log::Level::warn));
    EXPECT_TRUE(log::enabled(log::Level::error));
    log::set_level(log::Level::off);
    EXPECT_FALSE(log::enabled(log::Level::error));
    log::set_level(log::Level::info);
}

}  // namespace
}  // namespace lockstep
