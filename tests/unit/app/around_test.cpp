// What lies around the data: its configuration, and how status, metrics and check show it.

#include "app/check_report.h"
#include "app/config.h"
#include "app/metrics_text.h"
#include "app/status_json.h"
#include "app/status_report.h"
#include "app/status_table.h"
#include "tests/unit/app/sample_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace lockstep::app {
namespace {

using replication::SettingDifference;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

std::string with_link(const std::string& more) {
    return R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - source: east
    target: west
    topics: [orders]
)" + more;
}

LinkSpec link_of(const std::string& more) {
    ParsedConfig parsed = parse_config(with_link(more));
    for (const ConfigProblem& problem : parsed.problems) {
        ADD_FAILURE() << problem.to_string("c.yaml");
    }
    return parsed.config.links.at(0);
}

std::string problems_of(const std::string& more) {
    std::string lines;
    for (const ConfigProblem& problem : parse_config(with_link(more)).problems) {
        lines += problem.to_string("c.yaml") + "\n";
    }
    return lines;
}

TEST(AroundConfig, FollowsTopicConfigs_UnlessToldOtherwise) {
    EXPECT_EQ(link_of("").topic_config.follow, FollowRule::changes);
    const TopicConfigRules rules = link_of(R"(    topic_config:
      follow: all
      pinned: {retention.ms: 604800000, cleanup.policy: "compact,delete"}
      never: [segment.bytes]
)")
                                       .topic_config;
    EXPECT_EQ(rules.follow, FollowRule::all);
    EXPECT_EQ(rules.pinned,
              (std::map<std::string, std::string>{{"cleanup.policy", "compact,delete"},
                                                  {"retention.ms", "604800000"}}));
    EXPECT_EQ(rules.never, std::vector<std::string>{"segment.bytes"});
    EXPECT_EQ(link_of("    topic_config: {follow: off}\n").topic_config.follow, FollowRule::off);
}

TEST(AroundConfig, SaysWhatIsWrongWithTopicConfigs) {
    EXPECT_EQ(problems_of("    topic_config: {follow: al}\n"),
              "c.yaml:8:28: \"follow\" has no choice \"al\"; did you mean \"all\"?\n");
    EXPECT_EQ(problems_of("    topic_config: {pinned: [a]}\n"),
              "c.yaml:8:28: \"pinned\" must be a map of topic configs and their values, but is a "
              "list; write for example pinned: {retention.ms: 604800000}\n");
    EXPECT_EQ(problems_of("    topic_config: {pinned: {a: [1]}}\n"),
              "c.yaml:8:29: \"pinned\" must be a map of topic configs and their values, but has a "
              "list for \"a\"\n");
    EXPECT_EQ(problems_of("    topic_config: {pinned: {a: 1}, never: [a]}\n"),
              "c.yaml:8:44: \"a\" is pinned, and never touched as well: remove it from one of the "
              "two\n");
}

TEST(AroundConfig, FollowsNeitherAclsNorQuotas_UnlessAskedTo) {
    EXPECT_FALSE(link_of("").acls.is_followed);
    EXPECT_EQ(link_of("").quotas, FollowRule::off);
    const LinkSpec link = link_of(R"(    acls:
      follow: on
      principals: [{from: "User:CN=([^,]+),.*", to: 'User:\1'}]
      exclude_principals: ["User:lockstep"]
      resources: [topic, transactional_id]
      writes: at_once
    quotas: {follow: changes}
)");
    EXPECT_TRUE(link.acls.is_followed);
    ASSERT_EQ(link.acls.principals.size(), 1U);
    EXPECT_EQ(link.acls.principals[0].from, "User:CN=([^,]+),.*");
    EXPECT_EQ(link.acls.principals[0].to, "User:\\1");
    EXPECT_EQ(link.acls.exclude_principals, std::vector<std::string>{"User:lockstep"});
    EXPECT_EQ(link.acls.resources,
              (std::set<AclResource>{AclResource::topic, AclResource::transactional_id}));
    EXPECT_EQ(link.acls.writes, AclWrites::at_once);
    EXPECT_EQ(link.quotas, FollowRule::changes);
    EXPECT_EQ(link_of("    acls: {follow: on}\n").acls.resources.size(), 4U);
}

TEST(AroundConfig, SaysWhatIsWrongWithAcls) {
    EXPECT_EQ(problems_of("    acls: {follow: onn}\n"),
              "c.yaml:8:20: \"follow\" has no choice \"onn\"; did you mean \"on\"?\n");
    EXPECT_EQ(problems_of("    acls: {resources: [topics]}\n"),
              "c.yaml:8:24: there are no resources \"topics\"; did you mean \"topic\"?\n");
    EXPECT_EQ(problems_of("    acls: {principals: [{from: \"User:(\", to: x}]}\n"),
              "c.yaml:8:32: \"User:(\" is no regular expression (missing ): User:()\n");
    EXPECT_EQ(problems_of("    acls: {principals: [{from: a, to: '\\1'}]}\n"),
              "c.yaml:8:32: \"\\1\" cannot take the place of what \"a\" matches (Rewrite schema "
              "requests 1 matches, but the regexp only has 0 parenthesized subexpressions.)\n");
    EXPECT_EQ(problems_of("    acls: {exclude_principals: [\"[\"]}\n"),
              "c.yaml:8:33: \"[\" is no regular expression (missing ]: [)\n");
}

/// Links between three clusters, as lines of the configuration.
std::string problems_of_links(const std::string& links) {
    std::string lines;
    const std::string text = R"(clusters:
  - {name: a, bootstrap: "127.0.0.1:1"}
  - {name: b, bootstrap: "127.0.0.1:2"}
  - {name: c, bootstrap: "127.0.0.1:3"}
links:
)" + links;
    for (const ConfigProblem& problem : parse_config(text).problems) {
        lines += problem.to_string("c.yaml") + "\n";
    }
    return lines;
}

TEST(AroundConfig, RefusesToFollowAllConfigs_WhereLinksGoBothWays) {
    const std::string all = "topic_config: {follow: all}";
    EXPECT_EQ(problems_of_links("  - {source: a, target: b, topics: [\".*\"], " + all + "}\n" +
                                "  - {source: b, target: a, topics: [orders]}\n"),
              "c.yaml:1:1: the link \"a-to-b\": \"topic_config\" with \"follow: all\" is for links "
              "that go one way, but topic orders goes also from b to a: what is changed on b would "
              "be taken back before it comes to a; write follow: changes\n");
    const auto both = [&](const std::string& back) {
        return problems_of_links("  - {source: a, target: b, topics: [\"o.*\"], " + all + "}\n" +
                                 "  - {source: b, target: a, topics: [" + back + "}\n");
    };
    EXPECT_THAT(both("\"o.*\"]"), HasSubstr("what \"o.*\" matches goes also from b to a"));
    EXPECT_EQ(both("payments]"), "");
    EXPECT_EQ(both("orders], topic_config: {follow: off}"), "");
    EXPECT_EQ(both("orders], exclude: [\"o.*\"]"), "");
    const std::string ring =
        "  - {source: b, target: c, topics: [orders]}\n  - {source: c, target: a, topics: "
        "[orders]}";
    EXPECT_THAT(
        problems_of_links("  - {source: a, target: b, topics: [orders], " + all + "}\n" + ring),
        HasSubstr("topic orders goes also from b to a"));
}

TEST(AroundConfig, RefusesToFollowAllQuotas_WhereLinksGoBothWays) {
    const auto both = [](const std::string& back) {
        return problems_of_links(
            "  - {source: a, target: b, topics: [x], quotas: {follow: all}}\n"
            "  - {source: b, target: c, topics: [y], quotas: {follow: changes}}\n"
            "  - {source: c, target: a, topics: [z], quotas: {follow: " +
            back + "}}\n");
    };
    EXPECT_EQ(both("off"), "");
    EXPECT_EQ(
        both("changes"),
        "c.yaml:1:1: the link \"a-to-b\": \"quotas\" with \"follow: all\" is for links that go "
        "one way, but client quotas go also from b to a: what is changed on b would be taken "
        "back before it comes to a; write follow: changes\n");
}

LinkStatus drifted_link() {
    LinkStatus link = sample_link({});
    link.around.configs.state = FollowState::drifted;
    link.around.configs.in_step = 3;
    link.around.configs.changes = 2;
    link.around.configs.drift = {
        {"orders", "retention.ms", "5", "9", "someone has set it on the target"},
        {"orders", "segment.ms", std::nullopt, "7", "the source does not set it"}};
    return link;
}

std::string table_of(const LinkStatus& link) {
    const auto report = parse_status_report(status_json({link}, Rates(), {1, 1'000'000}));
    EXPECT_TRUE(report.has_value());
    return report.has_value() ? render_status_table(*report) : "";
}

TEST(AroundStatus, HasEachKeyThatDrifted) {
    const Json json =
        Json::parse(status_json({drifted_link()}, Rates(), {1, 1'000'000}))["links"][0]["configs"];
    EXPECT_EQ(json, Json::parse(R"({
        "state": "drifted", "problem": "", "in_step": 3, "changes": 2, "on_failover": [],
        "drift": [
          {"resource": "orders", "key": "retention.ms", "wanted": "5", "found": "9",
           "reason": "someone has set it on the target"},
          {"resource": "orders", "key": "segment.ms", "wanted": null, "found": "7",
           "reason": "the source does not set it"}]})"));
    EXPECT_THAT(table_of(drifted_link()), HasSubstr(R"(
  topic configs: drifted, 3 in step, 2 not
      orders: retention.ms is 9, and would be 5: someone has set it on the
      target
      orders: segment.ms is 7, and would be not set: the source does not set it
)"));
}

TEST(AroundStatus, ShowsInOneLine_ThatAllIsWell) {
    LinkStatus link = drifted_link();
    link.around.configs.state = FollowState::in_step;
    link.around.configs.drift.clear();
    EXPECT_THAT(table_of(link), HasSubstr("\n  topic configs: followed, 3 in step\n"));
    EXPECT_THAT(table_of(sample_link({})), Not(HasSubstr("topic configs")));
    link.problem = "west cannot be reached";
    EXPECT_THAT(table_of(link), HasSubstr("\n  topic configs: waiting, 3 in step\n"));
}

TEST(AroundStatus, ShowsPartitionsThatTheTargetRefuses) {
    LinkStatus link = sample_link({});
    link.around.growth = {FollowState::drifted,
                          "",
                          1,
                          0,
                          {},
                          {{"orders", "partitions", "4", "2", "TOPIC_AUTHORIZATION_FAILED"}}};
    const Json json = Json::parse(status_json({link}, Rates(), {1, 1'000'000}))["links"][0];
    EXPECT_EQ(json["growth"]["drift"][0]["wanted"], "4");
    EXPECT_THAT(table_of(link), HasSubstr("  partition counts: drifted, 1 in step, 1 not\n"
                                          "      orders: partitions is 2, and would be 4: "
                                          "TOPIC_AUTHORIZATION_FAILED\n"));
    EXPECT_THAT(metrics_text({link}, {}, 0), HasSubstr("kind=\"growth\""));
}

TEST(AroundMetrics, CountTheDrift) {
    const std::string text = metrics_text({drifted_link()}, {}, 0);
    const std::string labels =
        R"({link="east-to-west",source="east",target="west",kind="configs"} )";
    EXPECT_THAT(text, HasSubstr("lockstep_drift_settings" + labels + "2\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_follow_problem" + labels + "0\n"));
    EXPECT_THAT(text, HasSubstr("lockstep_followed_changes_total" + labels + "2\n"));
    EXPECT_THAT(metrics_text({sample_link({})}, {}, 0), Not(HasSubstr("lockstep_drift")));
}

TEST(AroundCheck, SaysWhatWouldBeDoneWithConfigs) {
    replication::PlannedTopic topic;
    topic.name = "orders";
    topic.changes = {
        {"a", "1", std::nullopt, SettingDifference::Action::set},
        {"b", std::nullopt, "2", SettingDifference::Action::remove},
        {"c", "1", "2", SettingDifference::Action::keep, "someone has set it on the target"}};
    replication::LinkPlan plan;
    plan.name = "east-to-west";
    plan.topics = {topic};
    const std::string text = render_check_table({plan});
    EXPECT_THAT(text, HasSubstr("      a would be set to 1; it is not set\n"
                                "      b would be removed; it is 2\n"
                                "      c stays 2, and is 1 by the source: someone has set it on "
                                "the target\n"));
    const Json json = Json::parse(check_json({plan}))["links"][0]["topics"][0]["config_changes"];
    EXPECT_EQ(json[0], Json::parse(R"({"key": "a", "action": "set", "wanted": "1", "found": null,
                                       "reason": ""})"));
    EXPECT_EQ(json[1]["action"], "remove");
    EXPECT_EQ(json[2]["action"], "keep");
    EXPECT_FALSE(has_trouble({plan}));
}

TEST(AroundCheck, SaysWhatWouldBeDoneWithAclsAndQuotas) {
    replication::LinkPlan plan;
    plan.name = "east-to-west";
    plan.acls = {"", {"A"}, {"B"}, {"C"}};
    plan.quotas = {"", {{"user a", {"rate", "1", "2", SettingDifference::Action::set}}}};
    EXPECT_THAT(render_check_table({plan}),
                HasSubstr("  ACLs: 1 to create, 1 to delete, 1 wait for a failover\n"
                          "      create: A\n"
                          "      delete: B\n"
                          "      on failover: C\n"
                          "\n"
                          "  client quotas: 1 not in step\n"
                          "      user a: rate would be set to 1; it is 2\n"));
    const Json json = Json::parse(check_json({plan}))["links"][0];
    EXPECT_EQ(json["acls"], Json::parse(R"({"problem": "", "create": ["A"], "delete": ["B"],
                                            "on_failover": ["C"]})"));
    EXPECT_EQ(json["quotas"]["changes"][0]["entity"], "user a");
    EXPECT_EQ(json["quotas"]["changes"][0]["wanted"], "1");
    plan.acls = {"west has no authorizer", {}, {}, {}};
    EXPECT_THAT(render_check_table({plan}), HasSubstr("  ACLs: west has no authorizer\n"));
}

TEST(AroundCheck, SaysWhatWouldBeDoneWithUsers_AndWhatNobodyCanSee) {
    replication::LinkPlan plan;
    plan.name = "east-to-west";
    plan.users = {"", {"A"}, {"B"}, {"C"}, {"D"}};
    EXPECT_THAT(
        render_check_table({plan}),
        HasSubstr("  users: 1 to create, 1 to change, 1 whose secrets cannot be read and are set\n"
                  "  again, 1 to delete\n"
                  "      create: A\n"
                  "      change: B\n"
                  "      set again: C\n"
                  "      delete: D\n"));
    EXPECT_EQ(Json::parse(check_json({plan}))["links"][0]["users"],
              Json::parse(R"({"problem": "", "create": ["A"], "change": ["B"], "set_again": ["C"],
                              "delete": ["D"]})"));
    plan.users = {"not allowed", {}, {}, {}, {}};
    EXPECT_THAT(render_check_table({plan}), HasSubstr("  users: not allowed\n"));
}

TEST(AroundStatus, SaysThatNobodyCanReadSecretsBack) {
    LinkStatus link = sample_link({});
    link.around.users.state = FollowState::in_step;
    link.around.users.in_step = 2;
    EXPECT_THAT(table_of(link),
                HasSubstr("  users (nobody can read their secrets back): followed, 2 in step\n"));
    EXPECT_THAT(metrics_text({link}, {}, 0), HasSubstr("kind=\"users\""));
}

TEST(AroundStatus, CountsTheAclsThatWait) {
    LinkStatus link = sample_link({});
    link.around.acls.state = FollowState::in_step;
    link.around.acls.in_step = 4;
    link.around.acls.on_failover = {"ALLOW User:a from * WRITE on TOPIC orders"};
    EXPECT_THAT(table_of(link), HasSubstr("  ACLs: followed, 4 in step, 1 wait for a failover\n"));
    link.around.acls.state = FollowState::unavailable;
    link.around.acls.problem = "west has no authorizer";
    EXPECT_THAT(table_of(link), HasSubstr("  ACLs: unavailable, "));
    EXPECT_THAT(table_of(link), HasSubstr("      west has no authorizer\n"));
}

}  // namespace
}  // namespace lockstep::app
