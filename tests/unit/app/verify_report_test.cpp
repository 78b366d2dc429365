#include "app/verify_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::LinkVerification;
using replication::VerifiedPartition;

VerifiedPartition identical() {
    VerifiedPartition partition;
    partition.topic = "orders";
    partition.partition = 2;
    partition.from = 7;
    partition.to = 1'007;
    partition.records = 1'000;
    partition.untouched_batches = 90;
    return partition;
}

VerifiedPartition different(uint64_t differences) {
    VerifiedPartition partition = identical();
    partition.differences = differences;
    for (uint64_t i = 0; i < differences; ++i) {
        partition.first.push_back(
            {Offset(20) + static_cast<int64_t>(i), Difference::Kind::only_at_source});
    }
    return partition;
}

LinkVerification link_of(std::vector<VerifiedPartition> partitions) {
    LinkVerification link;
    link.name = "east-to-west";
    link.source = "east";
    link.target = "west";
    link.partitions = std::move(partitions);
    return link;
}

TEST(VerifyReport, SaysIdentical) {
    EXPECT_EQ(render_verified(identical()),
              "  orders-2: identical; offsets [7, 1,007): 1,000 identical records, 90 batches the "
              "same byte by byte\n");
    EXPECT_EQ(render_verification({link_of({identical(), identical()})}),
              "east-to-west: east -> west: 2 of 2 partitions identical, 2,000 identical records, "
              "0 differences\n");
}

TEST(VerifyReport, LeavesLinksOut_WithoutTheTopicsAskedFor) {
    LinkVerification without = link_of({});
    without.has_no_topics = true;
    without.problem = "no topic matches";
    const auto left = without_topicless({without, link_of({identical()})});
    ASSERT_EQ(left.size(), 1U);
    EXPECT_FALSE(has_trouble(left));
    EXPECT_TRUE(has_trouble(without_topicless({without, without})));
}

TEST(VerifyReport, ShowsTheFirstDifferences) {
    const std::string text = render_verified(different(12));
    EXPECT_NE(text.find("  orders-2: 12 differences; offsets [7, 1,007): "), std::string::npos);
    EXPECT_NE(text.find("\n    offset 20: only at the source\n"), std::string::npos);
    EXPECT_NE(text.find("    offset 29: only at the source\n    and 2 more\n"), std::string::npos);
    EXPECT_EQ(text.find("offset 30"), std::string::npos);
}

TEST(VerifyReport, CountsCompactedOnesApart) {
    VerifiedPartition partition = identical();
    partition.compacted = 3;
    EXPECT_TRUE(partition.is_identical());
    EXPECT_NE(render_verified(partition).find(", 3 records compacted on one side\n"),
              std::string::npos);
}

TEST(VerifyReport, DoesNotCallIdentical_WhatIsNotCopiedYet) {
    VerifiedPartition none;
    none.topic = "orders";
    none.not_copied = 5'028;
    EXPECT_EQ(render_verified(none),
              "  orders-0: 5,028 records not copied yet; offsets [0, 0): 0 identical records\n");
    const std::vector<LinkVerification> links{link_of({identical(), none})};
    EXPECT_TRUE(has_trouble(links));
    EXPECT_EQ(render_verification(links),
              "east-to-west: east -> west: 1 of 2 partitions identical, 1,000 identical records, "
              "0 differences, 5,028 records not copied yet\n");
    const auto json = nlohmann::json::parse(verification_json(links));
    EXPECT_EQ(json["identical"], false);
    const auto& partitions = json["links"][0]["partitions"];
    EXPECT_EQ(partitions[0]["records_not_copied"], 0);
    EXPECT_EQ(partitions[1]["records_not_copied"], 5'028);
    EXPECT_EQ(partitions[1]["identical"], false);
}

TEST(VerifyReport, IsTrouble_WhenSomethingDiffersOrCouldNotBeRead) {
    EXPECT_FALSE(has_trouble({link_of({identical()})}));
    EXPECT_TRUE(has_trouble({link_of({identical(), different(1)})}));
    VerifiedPartition unread = identical();
    unread.problem = "no leader";
    EXPECT_TRUE(has_trouble({link_of({unread})}));
    LinkVerification away = link_of({});
    away.problem = "no broker of east can be reached";
    EXPECT_TRUE(has_trouble({away}));
    EXPECT_NE(render_verification({away}).find("no broker of east"), std::string::npos);
}

TEST(VerifyReport, HasEverything_ForScripts) {
    const auto json =
        nlohmann::json::parse(verification_json({link_of({identical(), different(1)})}));
    EXPECT_EQ(json["identical"], false);
    const auto& partitions = json["links"][0]["partitions"];
    EXPECT_EQ(partitions[0]["identical"], true);
    EXPECT_EQ(partitions[0]["records"], 1'000);
    EXPECT_EQ(partitions[1]["first_differences"][0]["offset"], 20);
    EXPECT_EQ(partitions[1]["first_differences"][0]["kind"], "only at the source");
}

}  // namespace
}  // namespace lockstep::app
