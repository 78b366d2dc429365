#include "sandbox/topic_pattern.h"

#include <gtest/gtest.h>

namespace lockstep::sandbox {
namespace {

TEST(TopicPattern, HasToMatchTheWholeName) {
    const TopicPattern pattern("ord(ers)?|bills-[0-9]+");
    EXPECT_TRUE(pattern.is_valid());
    EXPECT_TRUE(pattern.matches("orders"));
    EXPECT_TRUE(pattern.matches("bills-17"));
    EXPECT_FALSE(pattern.matches("my-orders"));
    EXPECT_FALSE(pattern.matches("bills-"));
}

TEST(TopicPattern, WhatIsNoExpressionMatchesNothing) {
    for (const std::string text : {"(", "[", "*", "(a)\\1", "(?=a)a"}) {
        const TopicPattern pattern(text);
        EXPECT_FALSE(pattern.is_valid()) << text;
        EXPECT_FALSE(pattern.matches(text));
    }
    EXPECT_FALSE(TopicPattern(std::string(1'001, 'a')).is_valid());
    EXPECT_FALSE(TopicPattern("((a{1000}){1000}){1000}").is_valid());
}

TEST(TopicPattern, TakesWhatBrokersTake) {
    EXPECT_TRUE(TopicPattern("(?i)orders").matches("Orders"));
    EXPECT_TRUE(TopicPattern("(?P<kind>orders|bills)").matches("bills"));
    EXPECT_TRUE(TopicPattern("\\Qa.b\\E").matches("a.b"));
    EXPECT_FALSE(TopicPattern("\\Qa.b\\E").matches("axb"));
}

TEST(TopicPattern, EvilExpressionsEnd) {
    const TopicPattern pattern("(a*)*(a|aa)*b");
    EXPECT_FALSE(pattern.matches(std::string(249, 'a')));
}

}  // namespace
}  // namespace lockstep::sandbox
