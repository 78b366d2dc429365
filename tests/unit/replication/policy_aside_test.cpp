#include "replication/policy_aside.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

OwnConfigs with(OwnConfigs own, const client::ConfigChanges& changes) {
    for (const auto& [key, value] : changes) {
        if (value) {
            own[key] = *value;
        } else {
            own.erase(key);
        }
    }
    return own;
}

TEST(PolicyAside, IsPutBackAsItWas) {
    for (const OwnConfigs& before : std::vector<OwnConfigs>{
             {{"cleanup.policy", "compact"}},
             {{"cleanup.policy", "compact"}, {"retention.ms", "86400000"}},
             {{"cleanup.policy", "compact"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}},
             {{"cleanup.policy", "compact"}, {"retention.bytes", "0"}, {"segment.ms", "7"}}}) {
        const OwnConfigs aside = with(before, set_aside(before));
        EXPECT_EQ(aside.at("cleanup.policy"), "compact,delete");
        EXPECT_GT(std::stoll(aside.at("retention.ms")), int64_t{1} << 61);
        EXPECT_GT(std::stoll(aside.at("retention.bytes")), int64_t{1} << 61);
        const auto back = put_back(aside);
        ASSERT_TRUE(back.has_value());
        EXPECT_EQ(with(aside, *back), before);
    }
}

TEST(PolicyAside, IsTheSame_WhenTwoPartitionsSetItAside) {
    const OwnConfigs before{{"cleanup.policy", "compact"}, {"retention.ms", "5"}};
    const OwnConfigs aside = with(before, set_aside(before));
    EXPECT_EQ(with(aside, set_aside(aside)), aside);
}

TEST(PolicyAside, IsNotTakenForSet_WhereSomeoneElseChoseIt) {
    EXPECT_FALSE(put_back({}));
    EXPECT_FALSE(put_back({{"cleanup.policy", "compact"}}));
    EXPECT_FALSE(put_back(
        {{"cleanup.policy", "compact,delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}}));
    EXPECT_FALSE(put_back({{"cleanup.policy", "compact,delete"}, {"retention.ms", "soon"}}));
}

}  // namespace
}  // namespace lockstep::replication
