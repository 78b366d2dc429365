#include "tests/unit/app/config_texts.h"

#include <gtest/gtest.h>

namespace lockstep::app {
namespace {

const std::string kLink = R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - source: east
    target: west
    topics: [orders]
    )";

std::string problems_with(const std::string& keys) {
    return problems_of(kLink + keys + "\n");
}

TEST(ConfigLinkSettings, TellWhatIsWrongWithABatchSize) {
    for (const char* size : {"1KiB", "101MiB", "many"}) {
        EXPECT_EQ(problems_with("batch_size: " + std::string(size)),
                  "c.yaml:8:17: \"batch_size\" must be a size from 16KiB to 100MiB, but is \"" +
                      std::string(size) + "\"; write for example 1MiB\n");
    }
    EXPECT_EQ(problems_with("batch_size: 16KiB"), "");
    EXPECT_EQ(problems_with("batch_size: 100MiB"), "");
}

LinkSpec link_with(const std::string& keys) {
    return config_of(kLink + keys + "\n").links.at(0);
}

TEST(ConfigLinkSettings, ReadHowOftenWhatFailsIsTriedAgain) {
    EXPECT_EQ(link_with("batch_size: 1MiB").retry, std::nullopt);
    const auto rule = link_with("retry: {attempts: 7, backoff: 20ms, max_backoff: 1m}").retry;
    EXPECT_EQ(rule->attempts, 7);
    EXPECT_EQ(rule->backoff, std::chrono::milliseconds(20));
    EXPECT_EQ(rule->max_backoff, std::chrono::minutes(1));
}

TEST(ConfigLinkSettings, LetThePausesGrow_WhereOnlyTheFirstIsGiven) {
    const auto rule = link_with("retry: {attempts: unlimited, backoff: 30s}").retry;
    EXPECT_EQ(rule->attempts, std::nullopt);
    EXPECT_EQ(rule->max_backoff, std::chrono::seconds(30));
    EXPECT_EQ(link_with("retry: {attempts: 1}").retry->max_backoff, std::chrono::seconds(5));
}

TEST(ConfigLinkSettings, ReadWhichLinkGoesFirst) {
    EXPECT_EQ(link_with("batch_size: 1MiB").priority, Priority::normal);
    for (const Priority each : kAllPriorities) {
        EXPECT_EQ(link_with("priority: " + std::string(to_string(each))).priority, each);
    }
    EXPECT_EQ(problems_with("priority: hihg"),
              "c.yaml:8:15: \"priority\" has no choice \"hihg\"; did you mean \"high\"?\n");
}

TEST(ConfigLinkSettings, ReadUsers) {
    EXPECT_EQ(link_with("batch_size: 1MiB").users, std::nullopt);
    EXPECT_TRUE(link_with("users: []").users->empty());
    const auto users = *link_with(R"(users:
      - {name: alice, password: "${env:ALICE}"}
      - {name: alice, mechanism: SCRAM-SHA-256, password: "${file:/a}", iterations: 8192})")
                            .users;
    ASSERT_EQ(users.size(), 2U);
    EXPECT_EQ(users[0],
              (ScramUser{"alice", SaslMechanism::scram_sha_512, Secret("${env:ALICE}"), 4096}));
    EXPECT_EQ(users[1],
              (ScramUser{"alice", SaslMechanism::scram_sha_256, Secret("${file:/a}"), 8192}));
}

TEST(ConfigLinkSettings, TellWhatIsWrongWithUsers_AndRepeatNoSecret) {
    EXPECT_EQ(problems_with("users: [{name: a}]"),
              "c.yaml:8:13: a user lacks the key \"password\"; add a text, for example password: "
              "\"${env:ALICE_PASSWORD}\"\n");
    EXPECT_EQ(problems_with("users: [{name: a, password: x, mechanism: hunter2}]"),
              "c.yaml:8:47: \"mechanism\" must be one of SCRAM-SHA-256, SCRAM-SHA-512\n");
    EXPECT_EQ(problems_with("users: [{name: a, password: x, iterations: 4095}]"),
              "c.yaml:8:48: \"iterations\" must be a whole number from 4096 to 16384\n");
    EXPECT_EQ(problems_with("users: [{name: a, password: x}, {name: a, password: y}]"),
              "c.yaml:8:44: user \"a\" stands twice with SCRAM-SHA-512; remove one\n");
    EXPECT_EQ(problems_with("users: [{name: a, password: [hunter2]}]").find("hunter2"),
              std::string::npos);
}

TEST(ConfigLinkSettings, NoteSecretsOfUsers_ThatStandThereAsTheyAre) {
    const auto secrets =
        parse_config(kLink +
                     R"(users: [{name: a, password: hunter2}, {name: b, password: "${env:B}"}])")
            .secrets;
    ASSERT_EQ(secrets.size(), 1U);
    EXPECT_EQ(secrets[0].key, "password");
    EXPECT_EQ(secrets[0].value.reveal(), "hunter2");
}

TEST(ConfigLinkSettings, RefuseUsers_ThatTwoLinksWouldKeepInDifferentWays) {
    const auto with_second = [](const std::string& password) {
        return "users: [{name: a, password: x}]\n  - source: east\n    target: west\n    name: "
               "two\n"
               "    topics: [payments]\n    users: [{name: a, password: " +
               password + "}]";
    };
    EXPECT_EQ(problems_with(with_second("x")), "");
    EXPECT_EQ(problems_with(with_second("y")),
              "c.yaml:1:1: the links \"east-to-west\" and \"two\" would keep user \"a\" on west in "
              "different ways; name it for one of them only\n");
}

TEST(ConfigLinkSettings, TellWhatIsWrongWithRetries) {
    for (const char* attempts : {"0", "-1", "1000001", "three", "2.5"}) {
        EXPECT_EQ(problems_with("retry: {attempts: " + std::string(attempts) + "}"),
                  "c.yaml:8:23: \"attempts\" must be a whole number from 1 to 1000000, or "
                  "unlimited, but is \"" +
                      std::string(attempts) + "\"; write for example 10\n");
    }
    EXPECT_EQ(problems_with("retry: {backoff: 1ms}"),
              "c.yaml:8:22: \"backoff\" must be a duration from 10ms to 1m, but is \"1ms\"; write "
              "for example 100ms\n");
    EXPECT_EQ(problems_with("retry: {max_backoff: 2h}"),
              "c.yaml:8:26: \"max_backoff\" must be a duration from 10ms to 1h, but is \"2h\"; "
              "write for example 10s\n");
    EXPECT_EQ(problems_with("retry: {backoff: 2s, max_backoff: 1s}"),
              "c.yaml:8:39: \"max_backoff\" is 1000ms, less than \"backoff\", 2000ms; raise it, or "
              "leave it out\n");
    EXPECT_EQ(problems_with("retry: {tries: 3}"),
              "c.yaml:8:13: unknown key \"tries\" in the section \"retry\"; known here: attempts, "
              "backoff, max_backoff\n");
}

}  // namespace
}  // namespace lockstep::app
