#include "tests/unit/app/config_texts.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace lockstep::app {
namespace {

constexpr const char* kFull = R"(clusters:
  - name: east
    bootstrap: ["127.0.0.1:19092", "[::1]:19093"]
  - name: west
    bootstrap: a.example:9092, b.example:9092
links:
  - name: eastward
    source: west
    target: east
    topics: [orders, "payments-.*"]
    exclude: ["payments-test.*"]
    offsets: translate
    max_filler: 100MiB
    on_overrun: continue
    on_recreated: continue
    append_time: clear
    replication_factor: 2
http:
  listen: 0.0.0.0:0
limits:
  in_flight: 128MiB
  discovery_interval: 500ms
  verify_rate: 1MiB
log:
  level: debug
)";

constexpr const char* kMinimal = R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - {source: east, target: west, topics: [orders]}
)";

std::string joined(const std::vector<Endpoint>& endpoints) {
    std::string all;
    for (const Endpoint& endpoint : endpoints) {
        all += endpoint.to_string() + " ";
    }
    return all;
}

TEST(Config, ReadsClusters_FromListsAndFromText) {
    const Config config = config_of(kFull);
    ASSERT_EQ(config.clusters.size(), 2u);
    EXPECT_EQ(config.clusters[0].name, "east");
    EXPECT_EQ(joined(config.clusters[0].bootstrap), "127.0.0.1:19092 [::1]:19093 ");
    EXPECT_EQ(config.clusters[1].name, "west");
    EXPECT_EQ(joined(config.clusters[1].bootstrap), "a.example:9092 b.example:9092 ");
}

TEST(Config, ReadsEveryKeyOfALink) {
    const Config config = config_of(kFull);
    ASSERT_EQ(config.links.size(), 1u);
    const LinkSpec& link = config.links[0];
    EXPECT_EQ(link.name, "eastward");
    EXPECT_EQ(link.source, "west");
    EXPECT_EQ(link.target, "east");
    EXPECT_EQ(link.topics, (std::vector<std::string>{"orders", "payments-.*"}));
    EXPECT_EQ(link.exclude, std::vector<std::string>{"payments-test.*"});
    EXPECT_EQ(link.offsets, OffsetsMode::translate);
    EXPECT_EQ(link.max_filler_bytes, int64_t{100} << 20);
    EXPECT_EQ(link.on_overrun, OverrunRule::continue_past);
    EXPECT_EQ(link.on_recreated, RecreatedRule::continue_behind);
    EXPECT_EQ(link.append_time, AppendTimeRule::clear);
    EXPECT_EQ(link.replication_factor, int16_t{2});
}

TEST(Config, TakesAnEmptyListOfExclusions) {
    const Config config = config_of(R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - {source: east, target: west, topics: [orders], exclude: []}
)");
    EXPECT_TRUE(config.links.at(0).exclude.empty());
    EXPECT_EQ(config.links.at(0).groups, std::vector<std::string>{".*"});
    EXPECT_EQ(config.links.at(0).offsets, OffsetsMode::automatic);
}

TEST(Config, ReadsTheOtherSections) {
    const Config config = config_of(kFull);
    EXPECT_EQ(config.http_listen.to_string(), "0.0.0.0:0");
    EXPECT_EQ(config.limits.in_flight_bytes, 128 << 20);
    EXPECT_EQ(config.limits.discovery_interval, std::chrono::milliseconds(500));
    EXPECT_EQ(config.limits.verify_bytes_per_second, 1 << 20);
    EXPECT_EQ(config.log_level, log::Level::debug);
}

TEST(Config, SwitchesTheProofOff) {
    for (const char* off : {"off", "\"off\"", "0"}) {
        const Config config =
            config_of(fmt::format("{}limits: {{verify_rate: {}}}\n", kMinimal, off));
        EXPECT_EQ(config.limits.verify_bytes_per_second, 0) << off;
    }
}

TEST(Config, HasDefaults_ForWhatIsLeftOut) {
    const Config config = config_of(kMinimal);
    EXPECT_EQ(config.http_listen.to_string(), "127.0.0.1:7878");
    EXPECT_EQ(config.limits.in_flight_bytes, 64 << 20);
    EXPECT_EQ(config.limits.discovery_interval, std::chrono::seconds(2));
    EXPECT_EQ(config.limits.verify_bytes_per_second, 16 << 20);
    EXPECT_EQ(config.log_level, log::Level::info);
    ASSERT_EQ(config.links.size(), 1u);
    EXPECT_EQ(config.links[0].name, "east-to-west");
    EXPECT_FALSE(config.links[0].replication_factor.has_value());
}

TEST(Config, TakesClustersThatStandBelowTheirLinks) {
    const Config config = config_of(R"(
links:
  - {source: east, target: west, topics: [orders]}
clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
)");
    EXPECT_EQ(config.clusters.size(), 2u);
}

TEST(Config, ReadsHowAndFromWhereRecordsAreSent) {
    const Config config = config_of(R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - source: east
    target: west
    topics: [orders]
    compression: zstd
    start: 2026-01-31T12:00:01Z
    bandwidth: 10MiB
    sync_interval: 15m
    batch_size: 256KiB
)");
    const LinkSpec& link = config.links.at(0);
    EXPECT_EQ(link.compression, Compression::zstd);
    EXPECT_EQ(link.start.kind, StartRule::Kind::timestamp);
    EXPECT_EQ(link.start.timestamp_ms, 1'769'860'801'000);
    EXPECT_EQ(link.bandwidth, 10 << 20);
    EXPECT_EQ(link.sync_interval, std::chrono::minutes(15));
    EXPECT_EQ(link.batch_size, 256 << 10);
}

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, AreReportedWithPlaceAndAdvice) {
    EXPECT_EQ(problems_of(GetParam().text), GetParam().problems);
}

/// kMinimal with more lines for its link.
std::string with_link(const std::string& more) {
    return R"(clusters:
  - {name: east, bootstrap: "127.0.0.1:19092"}
  - {name: west, bootstrap: "127.0.0.1:29092"}
links:
  - source: east
    target: west
)" + more;
}

std::string with_topics(const std::string& topics) {
    return with_link("    topics: " + topics + "\n");
}

std::string with_bootstrap(const std::string& bootstrap) {
    return "clusters:\n"
           "  - {name: west, bootstrap: \"127.0.0.1:29092\"}\n"
           "  - name: east\n"
           "    bootstrap: " +
           bootstrap +
           "\n"
           "links:\n"
           "  - {source: east, target: west, topics: [orders]}\n";
}

std::string with_section(const std::string& section) {
    return kMinimal + section;
}

INSTANTIATE_TEST_SUITE_P(
    Form, BadConfigs,
    testing::Values(
        BadConfig{"Empty", "",
                  "c.yaml:1:1: the configuration is empty; see docs/configuration.md for an "
                  "example\n"},
        BadConfig{"OnlyAComment", "# nothing\n",
                  "c.yaml:1:1: the configuration is empty; see docs/configuration.md for an "
                  "example\n"},
        BadConfig{"OnlyText", "clusters\n",
                  "c.yaml:1:1: the configuration must be a map of keys and values (clusters, "
                  "links, replications, http, limits, fleet, log), but is \"clusters\"\n"},
        BadConfig{"OnlyAList", "- a\n- b\n",
                  "c.yaml:1:1: the configuration must be a map of keys and values (clusters, "
                  "links, replications, http, limits, fleet, log), but is a list\n"},
        BadConfig{"TwoDocuments", std::string(kMinimal) + "---\na: 1\n",
                  "c.yaml:7:1: a second YAML document begins here; keep one, without \"---\"\n"},
        BadConfig{"ColonInText", "clusters: a: b\n",
                  "c.yaml:1:12: this is not YAML (illegal map value); check the indentation, "
                  "and put quotes around text with \": \" in it\n"},
        BadConfig{"BadIndentation", "clusters:\n  - name: a\n   bootstrap: b\n",
                  "c.yaml:3:4: this is not YAML (end of sequence not found); check the "
                  "indentation\n"},
        BadConfig{"OpenBracket", "clusters: [1, 2\n",
                  "c.yaml:2:1: this is not YAML (end of sequence flow not found); close the "
                  "bracket; put quotes around text with [ ] { } or , in it\n"},
        BadConfig{"UnquotedStar", with_topics("[*orders]"),
                  "c.yaml:7:14: this is not YAML (the referenced anchor is not defined); put "
                  "quotes around text that begins with *\n"},
        BadConfig{"UnquotedIpv6", with_bootstrap("[::1]:9092"),
                  "c.yaml:4:21: this is not YAML (end of map not found); check the "
                  "indentation, and quotes around text with [ ] { }\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Keys, BadConfigs,
    testing::Values(
        BadConfig{"MisspelledTopKey", with_section("limit: {in_flight: 64MiB}\n"),
                  "c.yaml:6:1: unknown key \"limit\" in the configuration; did you mean "
                  "\"limits\"?\n"},
        BadConfig{"UnknownTopKey", with_section("zookeeper: {}\n"),
                  "c.yaml:6:1: unknown key \"zookeeper\" in the configuration; known here: "
                  "clusters, links, replications, http, limits, fleet, log\n"},
        BadConfig{"MisspelledLinkKey", with_link("    topisc: [orders]\n"),
                  "c.yaml:7:5: unknown key \"topisc\" in a link; did you mean \"topics\"?\n"},
        BadConfig{"UnknownLinkKey", with_link("    topics: [orders]\n    shadow: yes\n"),
                  "c.yaml:8:5: unknown key \"shadow\" in a link; known here: name, source, "
                  "target, topics, exclude, groups, exclude_groups, offsets, max_filler, "
                  "on_overrun, on_recreated, append_time, replication_factor, "
                  "topic_config, acls, quotas, compression, start, bandwidth, sync_interval, "
                  "prefix, rename, on_deleted, batch_size, retry, priority, users\n"},
        BadConfig{"KeyGivenTwice", with_link("    topics: [orders]\n    topics: [payments]\n"),
                  "c.yaml:8:5: key \"topics\" stands twice in a link (first in line 7); remove "
                  "one of the two\n"},
        BadConfig{"KeyIsAList", with_section("? [a, b]\n: c\n"),
                  "c.yaml:6:3: a key must be a word, but is a list; known here: clusters, "
                  "links, replications, http, limits, fleet, log\n"},
        BadConfig{"MissingSections", "log: {level: info}\n",
                  "c.yaml:1:1: the configuration lacks the key \"clusters\"; add a list of "
                  "Kafka clusters, for example clusters: [{name: east, bootstrap: "
                  "\"127.0.0.1:9092\"}]\n"
                  "c.yaml:1:1: the configuration lacks the key \"links\"; add a list of links "
                  "between clusters, for example links: [{source: east, target: west, topics: "
                  "[orders]}]\n"},
        BadConfig{"MissingClusterKeys", "clusters: [{}]\nlinks: [{}]\n",
                  "c.yaml:1:12: a cluster lacks the key \"name\"; add the cluster's name, for "
                  "example name: east\n"
                  "c.yaml:1:12: a cluster lacks the key \"bootstrap\"; add one or more "
                  "HOST:PORT of the cluster's brokers, for example bootstrap: "
                  "[\"kafka-1:9092\", \"kafka-2:9092\"]\n"
                  "c.yaml:2:9: a link lacks the key \"source\"; add the name of a cluster, for "
                  "example source: east\n"
                  "c.yaml:2:9: a link lacks the key \"target\"; add the name of a cluster, for "
                  "example target: west\n"
                  "c.yaml:2:9: a link lacks the key \"topics\"; add a list of topic names and "
                  "regular expressions, for example topics: [orders, \"payments-.*\"]\n"},
        BadConfig{"EmptyValues", "clusters:\nlinks:\nhttp:\n",
                  "c.yaml:1:1: \"clusters\" must be a list of Kafka clusters, but is nothing; "
                  "write for example clusters: [{name: east, bootstrap: \"127.0.0.1:9092\"}]\n"
                  "c.yaml:2:1: \"links\" must be a list of links between clusters, but is "
                  "nothing; write for example links: [{source: east, target: west, topics: "
                  "[orders]}]\n"
                  "c.yaml:3:1: \"http\" must be a section, but is nothing; write for example "
                  "http: {listen: \"127.0.0.1:7878\"}\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Types, BadConfigs,
    testing::Values(
        BadConfig{"ClustersIsAMap", "clusters: {east: x}\nlinks: []\n",
                  "c.yaml:1:11: \"clusters\" must be a list of Kafka clusters, but is a map; "
                  "write for example clusters: [{name: east, bootstrap: \"127.0.0.1:9092\"}]\n"
                  "c.yaml:2:8: \"links\" is empty; it must be a list of links between "
                  "clusters, for example [{source: east, target: west, topics: [orders]}]\n"},
        BadConfig{"ClusterIsText", "clusters: [east]\nlinks: 3\n",
                  "c.yaml:1:12: a cluster must be a map of keys and values (name, bootstrap, "
                  "security, id, region), but is \"east\"\n"
                  "c.yaml:2:8: \"links\" must be a list of links between clusters, but is "
                  "\"3\"; write for example links: [{source: east, target: west, topics: "
                  "[orders]}]\n"},
        BadConfig{"TopicsIsText", with_topics("orders"),
                  "c.yaml:7:13: \"topics\" must be a list of topic names and regular "
                  "expressions, but is \"orders\"; write for example topics: [orders, "
                  "\"payments-.*\"]\n"},
        BadConfig{"TopicsIsEmpty", with_topics("[]"),
                  "c.yaml:7:13: \"topics\" is empty; it must be a list of topic names and "
                  "regular expressions, for example [orders, \"payments-.*\"]\n"},
        BadConfig{"TopicIsAList", with_topics("[[a-z]+]"),
                  "c.yaml:7:19: this is not YAML (end of sequence flow not found); close the "
                  "bracket; put quotes around text with [ ] { } or , in it\n"},
        BadConfig{"TopicIsNothing", with_topics("[orders, ~]"),
                  "c.yaml:7:13: \"topics\" must be a list of topic names and regular "
                  "expressions, but one entry is nothing; remove it\n"},
        BadConfig{"SectionIsText", with_section("http: 127.0.0.1:7878\nlimits: [1]\nlog: debug\n"),
                  "c.yaml:6:7: the section \"http\" must be a map of keys and values (listen, "
                  "tls, tokens), but is a text\n"
                  "c.yaml:7:9: the section \"limits\" must be a map of keys and values "
                  "(in_flight, discovery_interval, verify_rate), but is a list\n"
                  "c.yaml:8:6: the section \"log\" must be a map of keys and values (level), "
                  "but is \"debug\"\n"},
        BadConfig{"BootstrapIsAMap", with_bootstrap("{host: a, port: 1}"),
                  "c.yaml:4:16: \"bootstrap\" must be one or more HOST:PORT of the cluster's "
                  "brokers, but is a map; write for example bootstrap: [\"kafka-1:9092\", "
                  "\"kafka-2:9092\"]\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Names, BadConfigs,
    testing::Values(
        BadConfig{"UnknownClusterNear",
                  "clusters:\n  - {name: east, bootstrap: \"a:1\"}\n  - {name: west, bootstrap: "
                  "\"b:1\"}\nlinks:\n  - {source: eest, target: west, topics: [a]}\n",
                  "c.yaml:5:14: there is no cluster \"eest\"; did you mean \"east\"?\n"},
        BadConfig{"UnknownClusterFar",
                  "clusters:\n  - {name: east, bootstrap: \"a:1\"}\n  - {name: west, bootstrap: "
                  "\"b:1\"}\nlinks:\n  - {source: frankfurt, target: west, topics: [a]}\n",
                  "c.yaml:5:14: there is no cluster \"frankfurt\"; known here: east, west\n"},
        BadConfig{"SourceIsTarget",
                  "clusters:\n  - {name: east, bootstrap: \"a:1\"}\nlinks:\n  - {source: east, "
                  "target: east, topics: [a]}\n",
                  "c.yaml:4:28: the link's target is its source \"east\"; a link needs two "
                  "different clusters\n"},
        BadConfig{"TwoClustersOfOneName",
                  "clusters:\n  - {name: east, bootstrap: \"a:1\"}\n  - {name: west, bootstrap: "
                  "\"b:1\"}\n  - {name: east, bootstrap: \"c:1\"}\nlinks:\n  - {source: east, "
                  "target: west, topics: [a]}\n",
                  "c.yaml:4:12: two clusters have the name \"east\" (the first in line 2); "
                  "rename one\n"},
        BadConfig{"TwoLinksOfOneName",
                  with_topics("[a]") +
                      "  - {name: east-to-west, source: west, target: east, topics: [b]}\n",
                  "c.yaml:8:12: two links have the name \"east-to-west\" (the first in line "
                  "5); rename one\n"},
        BadConfig{"TwoLinksOfOneDefaultName",
                  with_topics("[a]") + "  - {source: east, target: west, topics: [b]}\n",
                  "c.yaml:8:5: two links have the name \"east-to-west\" (the first in line 5); "
                  "give this one a name\n"},
        BadConfig{"NameWithSpace", with_link("    topics: [a]\n    name: to the west\n"),
                  "c.yaml:8:11: \"to the west\" is no name; use letters, digits, '.', '_' and "
                  "'-', at most 128 of them\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Values, BadConfigs,
    testing::Values(
        BadConfig{"NoPort", with_bootstrap("kafka-1"),
                  "c.yaml:4:16: \"kafka-1\" has no port; write HOST:PORT\n"},
        BadConfig{"NoHost", with_bootstrap("\":9092\""),
                  "c.yaml:4:16: \":9092\" has no host; write HOST:PORT\n"},
        BadConfig{"PortTooLarge", with_bootstrap("[\"kafka-1:65536\"]"),
                  "c.yaml:4:17: \"kafka-1:65536\" has the port \"65536\"; a port is a number "
                  "from 1 to 65535\n"},
        BadConfig{"PortZero", with_bootstrap("kafka-1:0"),
                  "c.yaml:4:16: \"kafka-1:0\" has the port \"0\"; a port is a number from 1 to "
                  "65535\n"},
        BadConfig{"PortIsAWord", with_bootstrap("kafka-1:kafka"),
                  "c.yaml:4:16: \"kafka-1:kafka\" has the port \"kafka\"; a port is a number "
                  "from 1 to 65535\n"},
        BadConfig{"Scheme", with_bootstrap("PLAINTEXT://kafka-1:9092"),
                  "c.yaml:4:16: \"PLAINTEXT://kafka-1:9092\" has a scheme in front; write only "
                  "HOST:PORT\n"},
        BadConfig{"BareIpv6", with_bootstrap("\"::1:9092\""),
                  "c.yaml:4:16: \"::1:9092\" is an IPv6 address without brackets; write "
                  "\"[ADDRESS]:PORT\"\n"},
        BadConfig{"BadHost", with_bootstrap("kafka 1:9092"),
                  "c.yaml:4:16: \"kafka 1:9092\" has a host with characters that no host name "
                  "has: \"kafka 1\"\n"},
        BadConfig{"EmptyPartOfText", with_bootstrap("\"kafka-1:9092,\""),
                  "c.yaml:4:16: \"\" has no port; write HOST:PORT\n"},
        BadConfig{"BadRegex", with_topics("[orders, \"pay(ments\"]"),
                  "c.yaml:7:22: \"pay(ments\" is neither a topic's name nor a regular "
                  "expression: missing ): pay(ments\n"},
        BadConfig{"LookaheadRegex", with_topics("[\"(?!test).*\"]"),
                  "c.yaml:7:14: \"(?!test).*\" is neither a topic's name nor a regular "
                  "expression: invalid perl operator: (?!\n"},
        BadConfig{"OffsetsWord", with_link("    topics: [a]\n    offsets: preserved\n"),
                  "c.yaml:8:14: \"offsets\" has no choice \"preserved\"; did you mean "
                  "\"preserve\"?\n"},
        BadConfig{"OffsetsOtherWord", with_link("    topics: [a]\n    offsets: sparse\n"),
                  "c.yaml:8:14: \"offsets\" has no choice \"sparse\"; known here: auto, preserve, "
                  "translate\n"},
        BadConfig{"MaxFillerWord", with_link("    topics: [a]\n    max_filler: much\n"),
                  "c.yaml:8:17: \"max_filler\" must be a size, but is \"much\"; write for example "
                  "100MiB, or 0 for none\n"},
        BadConfig{"RecreatedWord", with_link("    topics: [a]\n    on_recreated: go\n"),
                  "c.yaml:8:19: \"on_recreated\" has no choice \"go\"; known here: stop, "
                  "continue\n"},
        BadConfig{"ReplicationFactorWord",
                  with_link("    topics: [a]\n    replication_factor: three\n"),
                  "c.yaml:8:25: \"replication_factor\" must be a whole number from 1 to 32767, "
                  "but is \"three\"; leave it out to take the source topic's\n"},
        BadConfig{"ReplicationFactorZero",
                  with_link("    topics: [a]\n    replication_factor: 0\n"),
                  "c.yaml:8:25: \"replication_factor\" must be a whole number from 1 to 32767, "
                  "but is \"0\"; leave it out to take the source topic's\n"},
        BadConfig{"ReplicationFactorTooLarge",
                  with_link("    topics: [a]\n    replication_factor: 40000\n"),
                  "c.yaml:8:25: \"replication_factor\" must be a whole number from 1 to 32767, "
                  "but is \"40000\"; leave it out to take the source topic's\n"},
        BadConfig{"BadSize", with_section("limits: {in_flight: 64 megs}\n"),
                  "c.yaml:6:21: \"in_flight\" must be a size of at least 1MiB, but is \"64 "
                  "megs\"; write for example 64MiB or 1GiB\n"},
        BadConfig{"TooSmallASize", with_section("limits: {in_flight: 64}\n"),
                  "c.yaml:6:21: \"in_flight\" must be a size of at least 1MiB, but is \"64\"; "
                  "write for example 64MiB or 1GiB\n"},
        BadConfig{"BadDuration", with_section("limits: {discovery_interval: 2}\n"),
                  "c.yaml:6:30: \"discovery_interval\" must be a duration from 100ms to 1h, "
                  "but is \"2\"; write for example 500ms, 2s or 1m\n"},
        BadConfig{"TooShortADuration", with_section("limits: {discovery_interval: 1ms}\n"),
                  "c.yaml:6:30: \"discovery_interval\" must be a duration from 100ms to 1h, "
                  "but is \"1ms\"; write for example 500ms, 2s or 1m\n"},
        BadConfig{"BadVerifyRate", with_section("limits: {verify_rate: never}\n"),
                  "c.yaml:6:23: \"verify_rate\" must be a size of at least 64KiB, or off, but is "
                  "\"never\"; write for example 16MiB, for so much a second, or off\n"},
        BadConfig{"TooLowAVerifyRate", with_section("limits: {verify_rate: 1KiB}\n"),
                  "c.yaml:6:23: \"verify_rate\" must be a size of at least 64KiB, or off, but is "
                  "\"1KiB\"; write for example 16MiB, for so much a second, or off\n"},
        BadConfig{"BadListen", with_section("http: {listen: \":7878\"}\n"),
                  "c.yaml:6:16: \":7878\" has no host; write HOST:PORT\n"},
        BadConfig{"LevelNear", with_section("log: {level: information}\n"),
                  "c.yaml:6:14: \"level\" has no choice \"information\"; known here: trace, "
                  "debug, info, warn, error, off\n"},
        BadConfig{"LevelFar", with_section("log: {level: verbose}\n"),
                  "c.yaml:6:14: \"level\" has no choice \"verbose\"; known here: trace, debug, "
                  "info, warn, error, off\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Many, BadConfigs,
    testing::Values(BadConfig{
        "AllAtOnce", R"(clusters:
  - name: east
    bootstrap: kafka-1
  - nmae: west
    bootstrap: []
links:
  - source: easy
    target: west
    topics: ["(", "ok"]
limits:
  in_flight: lots
)",
        "c.yaml:3:16: \"kafka-1\" has no port; write HOST:PORT\n"
        "c.yaml:4:5: unknown key \"nmae\" in a cluster; did you mean \"name\"?\n"
        "c.yaml:5:16: \"bootstrap\" is empty; it must be one or more HOST:PORT of "
        "the cluster's brokers, for example [\"kafka-1:9092\", \"kafka-2:9092\"]\n"
        "c.yaml:9:14: \"(\" is neither a topic's name nor a regular expression: "
        "missing ): (\n"
        "c.yaml:11:14: \"in_flight\" must be a size of at least 1MiB, but is "
        "\"lots\"; write for example 64MiB or 1GiB\n"}),
    [](const auto& bad) { return std::string(bad.param.name); });

/// docs/configuration.md as it is in the tree of this test.
std::string documentation() {
    const std::string here = __FILE__;
    const std::string root = here.substr(0, here.rfind("tests/unit/app"));
    std::ifstream file(root + "docs/configuration.md");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(ConfigDocumentation, NamesEveryKey) {
    const std::string text = documentation();
    ASSERT_FALSE(text.empty());
    for (const std::string& key : config_keys()) {
        EXPECT_NE(text.find("`" + key + "`"), std::string::npos) << key << " is not described";
    }
}

TEST(ConfigDocumentation, HasAnExampleThatParses) {
    const std::string text = documentation();
    const size_t begin = text.find("```yaml\n");
    ASSERT_NE(begin, std::string::npos);
    const size_t end = text.find("```", begin + 8);
    config_of(text.substr(begin + 8, end - begin - 8));
}

TEST(Config, SurvivesItsOwnTextCutAtEveryByte) {
    const std::string full = kFull;
    for (size_t size = 0; size < full.size(); ++size) {
        parse_config(full.substr(0, size));
    }
}

TEST(Config, SurvivesDeepNesting) {
    EXPECT_FALSE(parse_config(std::string(100000, '[')).problems.empty());
    EXPECT_FALSE(parse_config(std::string(100000, '{')).problems.empty());
}

}  // namespace
}  // namespace lockstep::app
