#include "tests/unit/app/config_texts.h"

#include <gtest/gtest.h>

#include <chrono>

namespace lockstep::app {
namespace {

std::string link_text(const std::string& rules, const std::string& topics = "orders, \"pay.*\"") {
    return R"(clusters:
  - {name: east, bootstrap: "a:1"}
  - {name: west, bootstrap: "b:1"}
links:
  - source: east
    target: west
    topics: [)" +
           topics + "]\n    " + rules + "\n";
}

LinkSpec link_with(const std::string& rules) {
    return config_of(link_text(rules)).links.at(0);
}

std::string problems_with(const std::string& rules) {
    return problems_of(link_text(rules));
}

TEST(ConfigTopics, GiveTopicsOtherNames) {
    EXPECT_TRUE(link_with("on_deleted: ignore").names.are_same());
    EXPECT_EQ(link_with("prefix: east.").names, (TopicNames{{}, "east."}));
    EXPECT_EQ(link_with("rename: {orders: sales, payments: orders}\n    prefix: p_").names,
              (TopicNames{{{"orders", "sales"}, {"payments", "orders"}}, "p_"}))
        << "also a name that another topic gives up";
}

TEST(ConfigTopics, SayWhatBecomesOfCopies) {
    using Kind = DeletedRule::Kind;
    EXPECT_EQ(link_with("prefix: x").on_deleted, DeletedRule());
    EXPECT_EQ(link_with("on_deleted: mirror").on_deleted, (DeletedRule{Kind::mirror, {}}));
    EXPECT_EQ(link_with("on_deleted: 7d").on_deleted,
              (DeletedRule{Kind::after, std::chrono::hours(7 * 24)}));
}

TEST(ConfigTopics, TellWhatIsWrong) {
    EXPECT_EQ(problems_with("prefix: \"a/\""),
              "c.yaml:8:13: the prefix \"a/\" cannot begin the name of a topic: it has letters, "
              "digits, '.', '_' and '-' only, and at most 248 of them\n");
    EXPECT_EQ(problems_with("rename: [orders]"),
              "c.yaml:8:13: \"rename\" must be a map of topics' names at the source and on the "
              "target, but is a list; write for example rename: {orders: orders-of-east}\n");
    EXPECT_EQ(
        problems_with("rename: {orders: \"a b\"}"),
        "c.yaml:8:22: \"a b\" is no name of a topic; these have letters, digits, '.', '_' and "
        "'-' only\n");
    EXPECT_EQ(problems_with("rename: {ordres: x}"),
              "c.yaml:8:14: \"ordres\" is to be renamed, but is no topic that is copied; add it to "
              "\"topics\", or remove it here\n");
    EXPECT_EQ(problems_with("rename: {orders: __consumer_offsets}"),
              "c.yaml:8:13: topic \"orders\" would be called \"__consumer_offsets\" on the "
              "target, which is Kafka's or Lockstep's own; take another name\n"
              "c.yaml:8:22: \"__consumer_offsets\" is Kafka's or Lockstep's own; take another "
              "name\n");
    EXPECT_EQ(problems_with("on_deleted: 500ms"),
              "c.yaml:8:17: \"on_deleted\" must be ignore, mirror, or a duration from 1s to 3650d, "
              "but is \"500ms\"; write for example 7d\n");
}

TEST(ConfigTopics, HaveEachNameOnce_AsFarAsTheyAreNamed) {
    EXPECT_EQ(problems_with("rename: {orders: x, payments: x}"),
              "c.yaml:8:13: the topics \"orders\" and \"payments\" would both be called \"x\" on "
              "the target; rename one to something else\n");
    EXPECT_EQ(problems_of(link_text("rename: {orders: other}", "orders, other")),
              "c.yaml:8:13: the topics \"orders\" and \"other\" would both be called \"other\" on "
              "the target; rename one to something else\n");
    EXPECT_EQ(problems_of(link_text("prefix: " + std::string(248, 'p'), "ab")),
              "c.yaml:8:13: topic \"ab\" would be called \"" + std::string(248, 'p') +
                  "ab\" on the target, which has 250 characters; names of topics have at most "
                  "249\n");
}

TEST(ConfigTopics, DoNotComeBackUnderAnotherName) {
    const std::string back =
        "prefix: east.\n  - {source: west, target: east, prefix: west., "
        "topics: [\"east.*\"]";
    EXPECT_EQ(
        problems_with(back + "}"),
        "c.yaml:1:1: the link \"west-to-east\": topic orders of east would come back there as "
        "west.east.orders, by east -> west -> east: exclude east.orders from this link\n");
    EXPECT_EQ(problems_with(back + ", exclude: [\"east[.].*\"]}"), "");
}

TEST(ConfigTopics, KeepTheirNames_WhereSeveralClustersWriteToThem) {
    const auto replication = [](const std::string& strategy, const std::string& rule) {
        return R"(clusters:
  - {name: east, bootstrap: "a:1"}
  - {name: west, bootstrap: "b:1"}
replications:
  - name: all
    strategy: )" +
               strategy + "\n    clusters: [east, west]\n    topics: [orders]\n    " + rule + "\n";
    };
    EXPECT_EQ(problems_of(replication("active-passive\n    active: east", "prefix: east.")), "");
    EXPECT_EQ(problems_of(replication("active-active", "prefix: x.")),
              "c.yaml:9:13: \"prefix\" cannot be with active-active: it keeps a topic's records "
              "together under one name everywhere; remove it, or use links or the strategy "
              "active-passive\n");
    EXPECT_EQ(
        problems_of(replication("mesh", "on_deleted: mirror")),
        "c.yaml:9:17: \"on_deleted\" cannot be with mesh: a topic has the records of several "
        "clusters, and is not deleted because one of them has; remove it, or use links or the "
        "strategy active-passive\n");
}

}  // namespace
}  // namespace lockstep::app
