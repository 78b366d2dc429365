#include "client/api_versions.h"

#include "client/backoff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::client {
namespace {

using protocol::ApiKey;
using std::chrono::milliseconds;
using testing::HasSubstr;

struct PickCase {
    VersionRange theirs;
    VersionRange ours;
    int16_t picked;  // -1: unsupported
};

ApiVersions offering(VersionRange range) {
    protocol::ApiVersionsResponse response;
    auto& api = response.api_keys.emplace_back();
    api.api_key = static_cast<int16_t>(ApiKey::fetch);
    api.min_version = range.lowest;
    api.max_version = range.highest;
    return ApiVersions(response);
}

class Pick : public testing::TestWithParam<PickCase> {};

TEST_P(Pick, IsTheHighestThatBothSpeak) {
    const PickCase& c = GetParam();
    const auto picked = offering(c.theirs).pick(ApiKey::fetch, c.ours);
    if (c.picked < 0) {
        ASSERT_TRUE(picked.has_error());
        EXPECT_TRUE(picked.error().is(Errc::unsupported));
    } else {
        ASSERT_TRUE(picked.has_value());
        EXPECT_EQ(*picked, c.picked);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Ranges, Pick,
    testing::Values(PickCase{{0, 12}, {0, 12}, 12}, PickCase{{0, 11}, {0, 18}, 11},
                    PickCase{{4, 18}, {0, 12}, 12}, PickCase{{4, 18}, {0, 4}, 4},
                    PickCase{{4, 18}, {0, 3}, -1}, PickCase{{0, 3}, {4, 18}, -1},
                    PickCase{{0, 4}, {4, 18}, 4}, PickCase{{7, 7}, {7, 7}, 7},
                    PickCase{{5, 3}, {0, 18}, -1}));

TEST(ApiVersions, SaysUnsupported_ForAnApiThatIsNotOffered) {
    const auto picked = offering({0, 12}).pick(ApiKey::produce, {0, 13});
    ASSERT_TRUE(picked.has_error());
    EXPECT_TRUE(picked.error().is(Errc::unsupported));
    EXPECT_THAT(picked.error().message(), HasSubstr(std::string(to_string(ApiKey::produce))));
}

TEST(ApiVersions, SaysBothRanges_WhenTheyDoNotMeet) {
    const auto picked = offering({4, 17}).pick(ApiKey::fetch, {0, 3});
    ASSERT_TRUE(picked.has_error());
    EXPECT_THAT(picked.error().message(), HasSubstr("4 to 17"));
    EXPECT_THAT(picked.error().message(), HasSubstr("0 to 3"));
}

TEST(ApiVersions, SpeaksWhatIsOffered) {
    EXPECT_TRUE(offering({0, 1}).speaks(ApiKey::fetch));
    EXPECT_FALSE(offering({0, 1}).speaks(ApiKey::produce));
    EXPECT_FALSE(ApiVersions().speaks(ApiKey::fetch));
}

TEST(ApiVersions, KnowsFinalizedFeatures) {
    protocol::ApiVersionsResponse response;
    auto& feature = response.finalized_features.emplace_back();
    feature.name = "transaction.version";
    feature.max_version_level = 2;
    const ApiVersions versions(response);
    EXPECT_EQ(versions.finalized_feature("transaction.version"), 2);
    EXPECT_EQ(versions.finalized_feature("group.version"), 0);
}

TEST(Backoff, DoublesUpToTheLongest_SpreadByAFifth) {
    Rng rng(1);
    for (int run = 0; run < 200; ++run) {
        Backoff backoff(milliseconds(50), milliseconds(3000));
        for (const int64_t base : {50, 100, 200, 400, 800, 1600, 3000, 3000, 3000}) {
            const double wait =
                std::chrono::duration<double, std::milli>(backoff.next(rng)).count();
            ASSERT_GE(wait, 0.8 * static_cast<double>(base) - 0.001);
            ASSERT_LE(wait, 1.2 * static_cast<double>(base) + 0.001);
        }
    }
}

TEST(Backoff, IsSpreadOverTheWholeRange) {
    Rng rng(2);
    double shortest = 1e9;
    double longest = 0;
    for (int run = 0; run < 1'000; ++run) {
        Backoff backoff(milliseconds(100), milliseconds(1000));
        const double wait = std::chrono::duration<double, std::milli>(backoff.next(rng)).count();
        shortest = std::min(shortest, wait);
        longest = std::max(longest, wait);
    }
    EXPECT_LT(shortest, 82);
    EXPECT_GT(longest, 118);
}

TEST(Backoff, BeginsAgain_WhenReset) {
    Rng rng(3);
    Backoff backoff(milliseconds(50), milliseconds(3000));
    EXPECT_TRUE(backoff.is_fresh());
    for (int i = 0; i < 10; ++i) {
        backoff.next(rng);
    }
    EXPECT_FALSE(backoff.is_fresh());
    backoff.reset();
    EXPECT_TRUE(backoff.is_fresh());
    EXPECT_LE(backoff.next(rng), milliseconds(60));
}

}  // namespace
}  // namespace lockstep::client
