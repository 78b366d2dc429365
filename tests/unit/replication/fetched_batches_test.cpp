#include "replication/fetched_batches.h"

#include "protocol/record_batch_builder.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using testing::HasSubstr;

struct Span {
    int64_t base;
    int count;
};

Bytes batch_of(const Span& span) {
    protocol::RecordBatchBuilder builder({.base_offset = Offset(span.base)});
    for (int i = 0; i < span.count; ++i) {
        builder.add(1000, {});
    }
    return *builder.build();
}

Bytes answer_of(const std::vector<Span>& spans) {
    Bytes records;
    for (const Span& span : spans) {
        const Bytes batch = batch_of(span);
        records.insert(records.end(), batch.begin(), batch.end());
    }
    return records;
}

/// "10+5 15+5", and what stands against the rest.
std::string text_of(const FetchedBatches& fetched) {
    std::string text;
    for (const protocol::RecordBatchView& batch : fetched.batches) {
        text += fmt::format("{}{}+{}", text.empty() ? "" : " ", batch.base_offset().value(),
                            batch.record_count());
    }
    return fetched.rest.has_error() ? text + "! " + fetched.rest.error().context : text;
}

struct FetchCase {
    const char* name;
    int64_t next;
    std::vector<Span> answer;
    const char* refusing;  // holes, that is
    const char* passing;
};

void PrintTo(const FetchCase& c, std::ostream* out) {
    *out << c.name;
}

class CheckFetched : public testing::TestWithParam<FetchCase> {};

TEST_P(CheckFetched, TakesWhatStandsWhereItShould) {
    const FetchCase& c = GetParam();
    const Bytes records = answer_of(c.answer);
    const auto refusing = check_fetched(records, Offset(c.next), HoleRule::refuse);
    const auto passing = check_fetched(records, Offset(c.next), HoleRule::pass);
    EXPECT_THAT(text_of(refusing), testing::StartsWith(c.refusing));
    EXPECT_THAT(text_of(passing), testing::StartsWith(c.passing));
    EXPECT_EQ(refusing.rest.has_error(), std::string(c.refusing).find('!') != std::string::npos);
    EXPECT_EQ(passing.rest.has_error(), std::string(c.passing).find('!') != std::string::npos);
    EXPECT_FALSE(passing.is_hole);
}

INSTANTIATE_TEST_SUITE_P(
    Healthy, CheckFetched,
    testing::Values(FetchCase{"Nothing", 10, {}, "", ""},
                    FetchCase{"OneBehindTheOther",
                              10,
                              {{10, 5}, {15, 1}, {16, 4}},
                              "10+5 15+1 16+4",
                              "10+5 15+1 16+4"},
                    FetchCase{"FromInside", 12, {{10, 5}, {15, 1}}, "10+5 15+1", "10+5 15+1"},
                    FetchCase{"FromInsideAlone", 12, {{10, 5}}, "10+5", "10+5"},
                    FetchCase{"BeginsEarlier", 15, {{5, 5}, {10, 5}, {15, 1}}, "15+1", "15+1"}));

INSTANTIATE_TEST_SUITE_P(
    Holes, CheckFetched,
    testing::Values(
        FetchCase{"AtTheStart", 10, {{20, 5}}, "! offsets [10, 20) are missing", "20+5"},
        FetchCase{"Inside",
                  10,
                  {{10, 5}, {20, 5}, {25, 5}},
                  "10+5! offsets [15, 20) are missing",
                  "10+5 20+5 25+5"},
        FetchCase{"BehindWhatBeganBefore",
                  12,
                  {{10, 5}, {20, 5}},
                  "! offsets [15, 20) are missing",
                  "10+5 20+5"}));

// A base offset that is wrong casts doubt on the batch that has it, and stops what is behind it.
INSTANTIATE_TEST_SUITE_P(
    WrongBaseOffsets, CheckFetched,
    testing::Values(
        FetchCase{"TooHigh",
                  10,
                  {{10, 5}, {79, 5}, {20, 5}},
                  "10+5! offsets [15, 79) are missing",
                  "10+5! the batch at offset 20 begins before"},
        FetchCase{"TooHighAtTheStart",
                  10,
                  {{74, 5}, {15, 5}},
                  "! offsets [10, 74) are missing",
                  "! the batch at offset 15 begins before"},
        FetchCase{"TooLow",
                  10,
                  {{10, 5}, {3, 5}, {20, 5}},
                  "10+5! the batch at offset 3 begins before the end of the one before it, offset "
                  "15",
                  "10+5! the batch at offset 3 begins before"},
        FetchCase{"ALittleTooLow",
                  10,
                  {{10, 5}, {13, 5}, {20, 5}},
                  "10+5! the batch at offset 13 begins before",
                  "10+5! the batch at offset 13 begins before"},
        FetchCase{"ALittleTooLowAtTheStart",
                  10,
                  {{8, 5}, {15, 5}},
                  "! offsets [13, 15) are missing",
                  "8+5 15+5"}));

TEST(FetchedAnswer, SaysWhatIsOnlyForTheRuleOfHoles) {
    const Bytes hole = answer_of({{10, 5}, {20, 5}});
    EXPECT_TRUE(check_fetched(hole, Offset(10), HoleRule::refuse).is_hole);
    const Bytes overlap = answer_of({{10, 5}, {12, 5}});
    EXPECT_FALSE(check_fetched(overlap, Offset(10), HoleRule::refuse).is_hole);
}

TEST(FetchedAnswer, LeavesAnIncompleteBatchAtTheEnd_ForTheNextFetch) {
    Bytes records = answer_of({{10, 5}, {15, 5}});
    records.pop_back();
    EXPECT_EQ(text_of(check_fetched(records, Offset(10), HoleRule::refuse)), "10+5");
}

TEST(FetchedAnswer, DoesNotWait_WhereNoBatchIsWhole) {
    Bytes records = answer_of({{10, 5}});
    records.pop_back();
    EXPECT_EQ(text_of(check_fetched(records, Offset(10), HoleRule::pass)),
              fmt::format("! {} bytes that are no whole batch", records.size()));
}

TEST(FetchedAnswer, StopsAtAHeaderThatMakesNoSense) {
    Bytes records = answer_of({{10, 5}, {15, 5}});
    const size_t second = batch_of({10, 5}).size();
    records[second + protocol::batch_layout::kMagic] = 9;
    const auto fetched = check_fetched(records, Offset(10), HoleRule::refuse);
    EXPECT_THAT(text_of(fetched), HasSubstr("10+5! batch at offset 15: magic 9"));
    EXPECT_TRUE(fetched.rest.error().is(Errc::unsupported));
}

}  // namespace
}  // namespace lockstep::replication
