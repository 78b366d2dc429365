#include "replication/topic_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::HasSubstr;

struct FilterCase {
    std::vector<std::string> topics;
    std::vector<std::string> exclude;
    const char* topic;
    bool matches;
};

void PrintTo(const FilterCase& c, std::ostream* out) {
    *out << testing::PrintToString(c.topics) << " without " << testing::PrintToString(c.exclude)
         << ": " << c.topic;
}

class Filter : public testing::TestWithParam<FilterCase> {};

TEST_P(Filter, SaysWhatIsCopied) {
    const FilterCase& c = GetParam();
    const auto filter = TopicFilter::make(c.topics, c.exclude);
    ASSERT_TRUE(filter.has_value()) << filter.error().message();
    EXPECT_EQ(filter->matches(c.topic), c.matches);
}

INSTANTIATE_TEST_SUITE_P(Names, Filter,
                         testing::Values(FilterCase{{"orders"}, {}, "orders", true},
                                         FilterCase{{"orders"}, {}, "orders2", false},
                                         FilterCase{{"orders"}, {}, "my-orders", false},
                                         FilterCase{{"orders"}, {}, "Orders", false},
                                         FilterCase{{"a", "b"}, {}, "b", true},
                                         FilterCase{{}, {}, "orders", false},
                                         // All of them characters of names, so no expressions.
                                         FilterCase{{"a.b"}, {}, "a.b", true},
                                         FilterCase{{"a.b"}, {}, "axb", false},
                                         FilterCase{{"a_b-c.D9"}, {}, "a_b-c.D9", true},
                                         FilterCase{{"."}, {}, "x", false}));

INSTANTIATE_TEST_SUITE_P(
    Expressions, Filter,
    testing::Values(FilterCase{{"orders.*"}, {}, "orders", true},
                    FilterCase{{"orders.*"}, {}, "orders-eu", true},
                    FilterCase{{"orders.*"}, {}, "my-orders", false},
                    FilterCase{{"(a|b)"}, {}, "b", true}, FilterCase{{"(a|b)"}, {}, "ab", false},
                    FilterCase{{"a|bc"}, {}, "bc", true}, FilterCase{{"a|bc"}, {}, "ac", false},
                    FilterCase{{"a|bc"}, {}, "axc", false},
                    FilterCase{{"^orders$"}, {}, "orders", true},
                    FilterCase{{"t[0-9]+"}, {}, "t12", true},
                    FilterCase{{"t[0-9]+"}, {}, "t12x", false}, FilterCase{{".*"}, {}, "x", true}));

INSTANTIATE_TEST_SUITE_P(Exclude, Filter,
                         testing::Values(FilterCase{{".*"}, {"secret"}, "secret", false},
                                         FilterCase{{".*"}, {"secret"}, "secrets", true},
                                         FilterCase{{"orders"}, {"orders"}, "orders", false},
                                         FilterCase{{".*"}, {"x.*", "y.*"}, "yes", false},
                                         FilterCase{{".*"}, {"x.*", "y.*"}, "no", true}));

INSTANTIATE_TEST_SUITE_P(
    Internal, Filter,
    testing::Values(FilterCase{{".*"}, {}, "__consumer_offsets", false},
                    FilterCase{{".*"}, {}, "__transaction_state", false},
                    FilterCase{{".*"}, {}, "__share_group_state", false},
                    FilterCase{{".*"}, {}, "__cluster_metadata", false},
                    FilterCase{{".*"}, {}, "__lockstep_x", false},
                    FilterCase{{"__consumer_offsets"}, {}, "__consumer_offsets", false},
                    FilterCase{{"__lockstep_x"}, {}, "__lockstep_x", false},
                    FilterCase{{".*"}, {}, "__mine", true},
                    FilterCase{{".*"}, {}, "__consumer_offsets2", true}));

TEST(TopicFilter, IsRefused_WhenAnEntryIsNeitherNameNorExpression) {
    for (const char* entry : {"*", "a(", "[z-a]", "a{2,1}", "(?=x)y"}) {
        for (const bool is_exclude : {false, true}) {
            const std::vector<std::string> bad{"fine", entry};
            const auto filter =
                is_exclude ? TopicFilter::make({"a"}, bad) : TopicFilter::make(bad, {});
            ASSERT_TRUE(filter.has_error()) << entry;
            EXPECT_TRUE(filter.error().is(Errc::invalid_argument));
            EXPECT_THAT(filter.error().message(), HasSubstr("\"" + std::string(entry) + "\""));
        }
    }
}

struct PrefixCase {
    const char* entry;
    const char* prefix;
    bool may_match;
};

class TopicPrefix : public testing::TestWithParam<PrefixCase> {};

TEST_P(TopicPrefix, MayMatch_WhereSomeNameHasIt) {
    const std::vector<std::string> entries{GetParam().entry};
    const auto filter = TopicFilter::make(entries, {});
    ASSERT_TRUE(filter.has_value());
    EXPECT_EQ(filter->may_match_prefix(GetParam().prefix), GetParam().may_match)
        << GetParam().entry << " with " << GetParam().prefix;
}

INSTANTIATE_TEST_SUITE_P(
    Prefixes, TopicPrefix,
    testing::Values(PrefixCase{"orders", "ord", true}, PrefixCase{"orders", "orders", true},
                    PrefixCase{"orders", "orders-", false}, PrefixCase{"orders", "", true},
                    PrefixCase{"payments-.*", "payments-eu-", true},
                    PrefixCase{"payments-.*", "pay", true},
                    PrefixCase{"payments-.*", "orders", false},
                    PrefixCase{"payments-.*", "payments.", false},
                    PrefixCase{"(a|c)x.*", "c", true}, PrefixCase{"(a|c)x.*", "d", false},
                    PrefixCase{".*", "anything", true}, PrefixCase{".*-eu", "orders", true}));

}  // namespace
}  // namespace lockstep::replication
