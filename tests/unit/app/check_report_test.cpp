#include "app/check_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::LinkPlan;
using replication::PlannedTopic;

LinkPlan sample_plan() {
    PlannedTopic created;
    created.name = "orders";
    created.action = PlannedTopic::Action::create;
    created.replication_factor = 1;
    created.configs = {{"cleanup.policy", "compact"}, {"retention.ms", "86400000"}};
    created.notes = {"replication factor 3 is lowered to 1: west has 1 broker"};
    created.partitions = {{0, 0, 1200000, ""}, {1, 0, 34567, ""}};
    PlannedTopic grown;
    grown.name = "payments";
    grown.action = PlannedTopic::Action::grow;
    grown.partitions = {{0, 70, 5, ""}, {1, 0, 0, "the source's log begins at 1200, not at 0"}};
    LinkPlan plan;
    plan.name = "east-to-west";
    plan.source = "east";
    plan.target = "west";
    plan.source_cluster_id = "c1";
    plan.target_cluster_id = "c2";
    plan.topics = {created, grown};
    return plan;
}

LinkPlan plan_with_problem() {
    LinkPlan plan;
    plan.name = "east-to-west";
    plan.source = "east";
    plan.target = "west";
    plan.problem = "cluster west: connect to 127.0.0.1:29092: Connection refused";
    return plan;
}

TEST(CheckTable, WarnsOfEntries_ThatMatchNoTopic) {
    LinkPlan plan = sample_plan();
    plan.topics.clear();
    plan.unmatched = {{"ordrs", "orders"}};
    EXPECT_THAT(render_check_table({plan}),
                testing::HasSubstr("  warning: no topic of east matches \"ordrs\"; did you mean "
                                   "\"orders\"?\n"));
    const auto json = nlohmann::json::parse(check_json({plan}));
    EXPECT_EQ(json["links"][0]["unmatched_topics"],
              nlohmann::json::parse(R"([{"entry": "ordrs", "nearest": "orders"}])"));
}

TEST(CheckTable, WarnsOfNoEntry_ThatAnotherLinkOfTheReplicationBrings) {
    std::vector<LinkPlan> plans{sample_plan(), sample_plan()};
    plans[0].unmatched = {{"orders", ""}, {"ordrs", "orders"}};
    plans[1].unmatched = {{"ordrs", "orders"}};
    std::vector<LinkSpec> links(2);
    replication::forget_matched_elsewhere(plans, links);
    EXPECT_EQ(plans[0].unmatched.size(), 2U) << "links of their own";
    links[0].replication = links[1].replication = "all";
    replication::forget_matched_elsewhere(plans, links);
    EXPECT_EQ(plans[0].unmatched, (std::vector<UnmatchedEntry>{{"ordrs", "orders"}}));
    EXPECT_EQ(plans[1].unmatched, (std::vector<UnmatchedEntry>{{"ordrs", "orders"}}));
}

TEST(CheckTable, ShowsWhatWouldBeDone) {
    EXPECT_EQ(render_check_table({sample_plan()}),
              R"(The configuration is valid. Nothing was changed.

east-to-west: east -> west
  2 topics, 4 partitions, 1,234,572 records to copy, 1 blocked

  TOPIC     ACTION         PARTITIONS       TO COPY
  orders    create                  2     1,234,567
      with replication factor 1, cleanup.policy=compact, retention.ms=86400000
      note: replication factor 3 is lowered to 1: west has 1 broker
  payments  add partitions          2             5
      partition 1 is blocked: the source's log begins at 1200, not at 0
)");
}

TEST(CheckTable, SaysWhyAWindowForTimestampsIsWidened) {
    LinkPlan plan = sample_plan();
    plan.topics[0].configs = {{"message.timestamp.after.max.ms", "9223372036854775807"}};
    EXPECT_THAT(render_check_table({plan}),
                testing::HasSubstr(
                    "message.timestamp.after.max.ms=9223372036854775807 (no limit: a copy is\n"
                    "      made later than its record)\n"));
}

TEST(CheckTable, NamesTheTopicsThatLockstepMakesForItself) {
    LinkPlan plan = sample_plan();
    plan.own_topics = {"__lockstep_followed", "__lockstep_offsets"};
    EXPECT_THAT(
        render_check_table({plan}),
        testing::EndsWith(
            "\n\n  Lockstep keeps topics of its own on west: __lockstep_followed,\n"
            "  __lockstep_offsets; with the first pause or resume also __lockstep_audit\n"));
    EXPECT_EQ(nlohmann::json::parse(check_json({plan}))["links"][0]["own_topics"].size(), 2U);
}

TEST(CheckTable, WarnsOfOtherOffsets_ThatNobodyAskedFor) {
    LinkPlan plan = sample_plan();
    plan.topics[0].partitions[1].is_translated = true;
    plan.topics[0].partitions[1].translated_why = "someone else wrote to it";
    const std::string text = render_check_table({plan});
    EXPECT_THAT(text, testing::HasSubstr("to copy, 1 blocked, 1 with other offsets\n"));
    EXPECT_THAT(text, testing::HasSubstr(
                          "warning: partition 1 gets other offsets: someone else wrote to it\n"));
}

TEST(CheckTable, ShowsWhyThereIsNoPlan) {
    EXPECT_EQ(render_check_table({plan_with_problem()}),
              R"(1 of 1 link cannot be planned. Nothing was changed.

east-to-west: east -> west
  problem: cluster west: connect to 127.0.0.1:29092: Connection refused
)");
}

TEST(CheckTable, ShowsAPriority_ThatIsNotTheUsualOne) {
    LinkPlan plan = sample_plan();
    plan.priority = Priority::high;
    EXPECT_THAT(render_check_table({plan}),
                testing::HasSubstr("\neast-to-west: east -> west, high priority\n"));
    EXPECT_EQ(nlohmann::json::parse(check_json({plan}))["links"][0]["priority"], "high");
}

TEST(CheckTable, ShowsThatNoTopicMatches) {
    LinkPlan plan = sample_plan();
    plan.topics.clear();
    EXPECT_EQ(render_check_table({plan}), R"(The configuration is valid. Nothing was changed.

east-to-west: east -> west
  0 topics, 0 partitions, 0 records to copy
)");
}

TEST(CheckJson, HasEveryPartition) {
    EXPECT_EQ(nlohmann::json::parse(check_json({sample_plan()})), nlohmann::json::parse(R"(
{"links": [{
  "name": "east-to-west", "source": "east", "target": "west", "priority": "normal",
  "source_cluster_id": "c1", "target_cluster_id": "c2", "problem": "",
  "configs_problem": "", "acls": null, "quotas": null, "users": null, "deletions": null,
  "topics": [
    {"topic": "orders", "target_topic": "orders", "action": "create", "replication_factor": 1,
     "configs": {"cleanup.policy": "compact", "retention.ms": "86400000"},
     "notes": ["replication factor 3 is lowered to 1: west has 1 broker"],
     "config_changes": [],
     "partitions": [
       {"partition": 0, "next_offset": 0, "records_to_copy": 1200000, "offsets": "preserve",
        "translated_why": "", "blocked": "", "bytes_to_copy": 0},
       {"partition": 1, "next_offset": 0, "records_to_copy": 34567, "offsets": "preserve",
        "translated_why": "", "blocked": "", "bytes_to_copy": 0}]},
    {"topic": "payments", "target_topic": "payments", "action": "grow",
     "replication_factor": null, "configs": {}, "notes": [],
     "config_changes": [],
     "partitions": [
       {"partition": 0, "next_offset": 70, "records_to_copy": 5, "offsets": "preserve",
        "translated_why": "", "blocked": "", "bytes_to_copy": 0},
       {"partition": 1, "next_offset": 0, "records_to_copy": 0, "offsets": "preserve",
        "translated_why": "",
        "blocked": "the source's log begins at 1200, not at 0", "bytes_to_copy": 0}]}],
  "groups": [], "group_problem": "", "own_topics": [], "unmatched_topics": [],
  "marker_problem": "", "size_problem": ""}]})"));
}

TEST(Check, HasTrouble_WhenTheTargetTakesNoMarkers_AndOffsetsAreKept) {
    LinkPlan plan = sample_plan();
    plan.topics.pop_back();
    plan.marker_problem = "WriteTxnMarkers: CLUSTER_AUTHORIZATION_FAILED";
    EXPECT_TRUE(has_trouble({plan}));
    const std::string text = render_check_table({plan});
    EXPECT_THAT(text, testing::HasSubstr("warning: west takes no transaction markers"));
    EXPECT_THAT(text, testing::HasSubstr("CLUSTER_AUTHORIZATION_FAILED"));
    EXPECT_THAT(text, testing::ContainsRegex("blocked[ \n]+at[ \n]+their[ \n]+first[ \n]+gap"));
    for (auto& partition : plan.topics[0].partitions) {
        partition.is_translated = true;
    }
    EXPECT_FALSE(has_trouble({plan})) << "it needs none";
    EXPECT_THAT(render_check_table({plan}),
                testing::ContainsRegex("offsets[ \n]+are[ \n]+not[ \n]+kept"));
}

TEST(Check, HasTrouble_WhenGroupsAreNotKnown) {
    LinkPlan plan = sample_plan();
    plan.topics.pop_back();
    plan.group_problem = "list groups of east: CLUSTER_AUTHORIZATION_FAILED";
    plan.size_problem = "ask broker 1 of east";
    EXPECT_TRUE(has_trouble({plan}));
    EXPECT_THAT(render_check_table({plan}),
                testing::HasSubstr("\n  groups are not known: list groups of east"));
    const auto link = nlohmann::json::parse(check_json({plan}))["links"][0];
    EXPECT_EQ(link["group_problem"], plan.group_problem);
    EXPECT_EQ(link["size_problem"], plan.size_problem);
    plan.group_problem.clear();
    EXPECT_FALSE(has_trouble({plan})) << "sizes are only told";
}

TEST(Check, HasTrouble_WhenSomethingIsBlockedOrUnreachable) {
    EXPECT_TRUE(has_trouble({sample_plan()}));
    EXPECT_TRUE(has_trouble({plan_with_problem()}));
}

TEST(Check, HasNoTrouble_WhenAllCanBeCopied) {
    LinkPlan plan = sample_plan();
    plan.topics.pop_back();
    EXPECT_FALSE(has_trouble({plan}));
}

}  // namespace
}  // namespace lockstep::app
