#include "replication/name_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::UnorderedElementsAre;

TEST(NameProblems, AreNone_WhereNamesAreKept) {
    EXPECT_THAT(name_problems({}, {"a", "b"}), IsEmpty());
    EXPECT_THAT(name_problems({{{"a", "x"}}, "p."}, {"a", "b", "c"}), IsEmpty());
}

TEST(NameProblems, AreOfAllTopics_ThatWouldHaveOneName) {
    const auto problems = name_problems({{{"orders", "sales"}}, ""}, {"orders", "sales", "other"});
    EXPECT_THAT(problems, UnorderedElementsAre(Key("orders"), Key("sales")));
    EXPECT_THAT(problems.at("sales"), HasSubstr("orders, sales would all be called sales"));
    EXPECT_THAT(name_problems({{{"orders", "sales"}}, ""}, {"orders", "other"}), IsEmpty())
        << "the other one is not copied";
}

TEST(NameProblems, AreNamesThatNoTopicMayHave) {
    const std::string longest(249, 'x');
    const auto problems = name_problems({{}, "p."}, {longest, "short"});
    EXPECT_THAT(problems, UnorderedElementsAre(Key(longest)));
    EXPECT_THAT(problems.at(longest), HasSubstr("has 251 characters"));
    const auto reserved = name_problems({{}, "__lockstep_"}, {"offsets"});
    EXPECT_THAT(reserved.at("offsets"), HasSubstr("__lockstep_offsets, which is Kafka's or"));
}

}  // namespace
}  // namespace lockstep::replication
