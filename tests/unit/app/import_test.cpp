// Each example becomes a file that parse_config() takes, with every setting named in a comment.

#include "app/config.h"
#include "app/import_text.h"
#include "app/import_yaml.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lockstep::app {

namespace {

constexpr const char* kTwoClusters = R"(clusters = east, west
east.bootstrap.servers = e1:9092, e2:9092
west.bootstrap.servers = w1:9092
east->west.enabled = true
)";

ImportedText import_of(const std::string& text) {
    return import_text(text, "mm2.properties");
}

/// The configuration that is written; the test fails where check would refuse it.
Config config_of(const std::string& text) {
    const ImportedText imported = import_of(text);
    for (const ConfigProblem& problem : imported.problems) {
        ADD_FAILURE() << problem.to_string("mm2.properties");
    }
    ParsedConfig parsed = parse_config(imported.yaml);
    for (const ConfigProblem& problem : parsed.problems) {
        ADD_FAILURE() << problem.to_string("lockstep.yaml") << "\n" << imported.yaml;
    }
    return parsed.config;
}

LinkSpec link_of(const std::string& more) {
    const Config config = config_of(kTwoClusters + more);
    EXPECT_EQ(config.links.size(), 1U);
    return config.links.empty() ? LinkSpec() : config.links.front();
}

/// "changed: why" of the one setting with that key.
std::string ruling_on(const std::string& text, const std::string& key) {
    std::string found;
    for (const Ruling& ruling : import_of(text).rulings) {
        if ((ruling.from.shown.empty() ? ruling.from.key : ruling.from.shown) == key) {
            found += (found.empty() ? "" : " | ") + std::string(to_string(ruling.verdict)) +
                     (ruling.why.empty() ? "" : ": " + ruling.why);
        }
    }
    return found;
}

std::string ruling_on_line(const std::string& line) {
    return ruling_on(kTwoClusters + line, line.substr(0, line.find(' ')));
}

std::string problems_of(const std::string& text) {
    std::string all;
    for (const ConfigProblem& problem : import_of(text).problems) {
        all += problem.to_string("f") + "\n";
    }
    return all;
}

Config continued(const std::string& text) {
    const ImportedText imported = import_text(text, "mm2.properties", ImportUse::continued);
    EXPECT_TRUE(imported.problems.empty());
    ParsedConfig parsed = parse_config(imported.yaml);
    for (const ConfigProblem& problem : parsed.problems) {
        ADD_FAILURE() << problem.to_string("lockstep.yaml") << "\n" << imported.yaml;
    }
    return parsed.config;
}

TEST(ImportContinued, GoesOnUnderTheNamesThatThereAre) {
    const LinkSpec plain = continued(kTwoClusters).links.at(0);
    EXPECT_EQ(plain.names, (TopicNames{{}, "east."}));
    EXPECT_EQ(plain.offsets, OffsetsMode::translate);
    const std::string text = std::string(kTwoClusters) + "replication.policy.separator = _\n";
    EXPECT_EQ(continued(text).links.at(0).names.prefix, "east_");
    const std::string same = std::string(kTwoClusters) +
                             "replication.policy.class = "
                             "org.apache.kafka.connect.mirror.IdentityReplicationPolicy\n";
    const LinkSpec identity = continued(same).links.at(0);
    EXPECT_TRUE(identity.names.are_same());
    EXPECT_EQ(identity.exclude.back(), "heartbeats") << "no name says where a topic came from";
}

TEST(Import, ReadsBooleansAsJavaDoes) {
    const std::string clusters =
        "clusters = east, west\neast.bootstrap.servers = e:1\nwest.bootstrap.servers = w:1\n";
    EXPECT_EQ(config_of(clusters + "east->west.enabled = True\n").links.size(), 1U);
    EXPECT_NE(problems_of(clusters + "east->west.enabled = yes\n"), "");
    EXPECT_FALSE(equals_ignoring_case("[", "{")) << "32 apart";
}

TEST(ImportContinued, GoesOnInBothDirections) {
    const Config both = continued(std::string(kTwoClusters) + "west->east.enabled = true\n");
    ASSERT_EQ(both.links.size(), 2U);
    EXPECT_EQ(both.links[1].names.prefix, "west.");
}

TEST(ImportContinued, KnowsWhereTheMirrorNotesHowFarItIs) {
    const auto mirror_of = [](const std::string& more) {
        return import_text(kTwoClusters + more, "mm2.properties", ImportUse::continued)
            .mirrors.at(0);
    };
    EXPECT_EQ(mirror_of("").group, "east-mm2");
    EXPECT_EQ(mirror_of("").notes, "mm2-offsets.east.internal");
    EXPECT_FALSE(mirror_of("").is_read_committed);
    EXPECT_EQ(mirror_of("west.group.id = mine\ngroup.id = all\n").group, "mine");
    EXPECT_EQ(mirror_of("group.id = all\n").group, "east-mm2") << "MirrorMaker 2 does not look";
    EXPECT_EQ(mirror_of("west.offset.storage.topic = mine\n").notes, "mine");
    EXPECT_EQ(mirror_of("west.offset.storage.topic = mine\noffset.storage.topic = notes\n").notes,
              "notes");
    EXPECT_FALSE(mirror_of("consumer.isolation.level = read_committed\n").is_read_committed);
    EXPECT_TRUE(mirror_of("east.consumer.isolation.level = read_committed\n").is_read_committed);
    EXPECT_FALSE(mirror_of("west.consumer.isolation.level = read_committed\n").is_read_committed);
}

TEST(ImportContinued, LeavesOutWhatCameFromTheTarget_ByAnySeparator) {
    const Config config =
        continued(std::string(kTwoClusters) + "replication.policy.separator = _\n");
    EXPECT_EQ(config.links.at(0).exclude.back(), ".*_west_.*");
}

TEST(ImportContinued, IsAProblem_WhereNamesAreNotKnown) {
    const ImportedText imported =
        import_text(std::string(kTwoClusters) + "replication.policy.class = com.example.Mine\n",
                    "mm2.properties", ImportUse::continued);
    ASSERT_EQ(imported.problems.size(), 1U);
    EXPECT_EQ(imported.problems[0].at.line, 5);
}

}  // namespace

TEST(Import, MakesClustersAndALink) {
    const Config config = config_of(std::string(kTwoClusters) + "east->west.topics = orders\n");
    ASSERT_EQ(config.clusters.size(), 2U);
    EXPECT_EQ(config.clusters[0].name, "east");
    ASSERT_EQ(config.clusters[0].bootstrap.size(), 2U);
    EXPECT_EQ(config.clusters[0].bootstrap[1].to_string(), "e2:9092");
    ASSERT_EQ(config.links.size(), 1U);
    EXPECT_EQ(config.links[0].source, "east");
    EXPECT_EQ(config.links[0].target, "west");
    EXPECT_EQ(config.links[0].topics, std::vector<std::string>{"orders"});
}

TEST(Import, AFlowOverrulesWhatIsForAll) {
    const LinkSpec link = link_of(
        "topics = a\neast->west.topics = b, c.*\nreplication.factor = 2\n"
        "east->west.replication.factor = 3\n");
    EXPECT_EQ(link.topics, (std::vector<std::string>{"b", "c.*"}));
    EXPECT_EQ(link.replication_factor, 3);
    EXPECT_EQ(ruling_on_line("topics = a\neast->west.topics = b"),
              "not needed: no flow that is enabled goes by it");
}

TEST(Import, WhatIsForAllHoldsForEachFlow) {
    const Config config = config_of(
        "clusters = a, b, c\na.bootstrap.servers=a:1\nb.bootstrap.servers=b:1\n"
        "c.bootstrap.servers=c:1\na->b.enabled=true\na->c.enabled=true\ntopics=t\n"
        "replication.factor=2\n");
    ASSERT_EQ(config.links.size(), 2U);
    for (const LinkSpec& link : config.links) {
        EXPECT_EQ(link.topics, std::vector<std::string>{"t"});
        EXPECT_EQ(link.replication_factor, 2);
    }
}

TEST(Import, WithoutTopics_EverythingButInternalTopicsIsCopied) {
    const LinkSpec link = link_of("");
    EXPECT_EQ(link.topics, std::vector<std::string>{".*"});
    EXPECT_EQ(link.exclude, (std::vector<std::string>{"mm2.*\\.internal", ".*\\.replica", "__.*",
                                                      ".*[-.]internal", "heartbeats", "west\\..*",
                                                      ".*\\.west\\..*"}));
}

TEST(Import, NamedTopicsNeedNoFurtherExclusion) {
    const LinkSpec link = link_of("east->west.topics = a, b\neast->west.topics.exclude = c\n");
    EXPECT_EQ(link.exclude, std::vector<std::string>{"c"});
}

TEST(Import, OlderNamesMeanTheSame) {
    const LinkSpec link = link_of("topics.blacklist = x\neast->west.topics = a\n");
    EXPECT_EQ(link.exclude, std::vector<std::string>{"x"});
}

TEST(Import, WhatRe2CannotSayIsLeftToSomebody) {
    const std::string text = std::string(kTwoClusters) + "east->west.topics = a, (?!b).*\n";
    EXPECT_EQ(config_of(text).links.at(0).topics, std::vector<std::string>{"a"});
    const std::string ruling = ruling_on(text, "east->west.topics");
    EXPECT_TRUE(ruling.starts_with("by hand: \"(?!b).*\"")) << ruling;
}

TEST(Import, AListOfWhichNothingIsLeftIsAProblem) {
    EXPECT_NE(problems_of(std::string(kTwoClusters) + "east->west.topics = (?!b).*\n")
                  .find("f:5:1: east->west.topics: nothing is left to be copied"),
              std::string::npos);
}

TEST(Import, GroupsAreLeftAlone_WhereMirrorMakerWritesNoOffsets) {
    const LinkSpec link = link_of("groups = g.*\n");
    EXPECT_TRUE(link.groups.empty());
    EXPECT_EQ(ruling_on_line("groups = g.*"), "not needed: no groups' offsets are carried");
    EXPECT_TRUE(ruling_on_line("sync.group.offsets.enabled = false").starts_with("taken"));
    EXPECT_EQ(link_of("sync.group.offsets.enabled = TRUE\n").groups,
              std::vector<std::string>{".*"});
}

TEST(Import, GroupsAreTaken_WhereMirrorMakerWritesTheirOffsets) {
    const LinkSpec link =
        link_of("groups = g.*\nsync.group.offsets.enabled = true\ngroups.exclude = h\n");
    EXPECT_EQ(link.groups, std::vector<std::string>{"g.*"});
    EXPECT_EQ(link.exclude_groups, std::vector<std::string>{"h"});
    const LinkSpec by_default = link_of("east->west.sync.group.offsets.enabled = true\n");
    EXPECT_EQ(by_default.groups, std::vector<std::string>{".*"});
    EXPECT_EQ(by_default.exclude_groups,
              (std::vector<std::string>{"console-consumer-.*", "connect-.*", "__.*"}));
}

TEST(Import, ReplicationFactorOfMinusOneIsTheSources) {
    EXPECT_EQ(link_of("replication.factor = -1\n").replication_factor, std::nullopt);
    EXPECT_TRUE(ruling_on_line("replication.factor = -1").starts_with("changed: "));
    EXPECT_TRUE(ruling_on_line("replication.factor = many").starts_with("by hand: "));
}

TEST(Import, SaysThatTopicsAreCalledOtherwise) {
    const std::string unset = ruling_on(kTwoClusters, "replication.policy.class");
    EXPECT_NE(unset.find("\"east.T\" on west"), std::string::npos) << unset;
    EXPECT_EQ(ruling_on_line("replication.policy.class = "
                             "org.apache.kafka.connect.mirror.IdentityReplicationPolicy"),
              "taken");
    EXPECT_TRUE(
        ruling_on_line("replication.policy.class = com.example.Mine").starts_with("by hand: "));
}

TEST(Import, OfBothDirectionsOneIsWrittenAsAComment) {
    const std::string text = std::string(kTwoClusters) + "west->east.enabled = true\n";
    const Config config = config_of(text);
    ASSERT_EQ(config.links.size(), 1U);
    EXPECT_EQ(config.links[0].source, "east");
    EXPECT_NE(import_of(text).yaml.find("#  - source: \"west\""), std::string::npos);
}

TEST(Import, OfADisabledFlowNothingIsNeeded) {
    const std::string text =
        std::string(kTwoClusters) + "west->east.enabled = false\nwest->east.topics = x\n";
    EXPECT_EQ(config_of(text).links.size(), 1U);
    EXPECT_EQ(ruling_on(text, "west->east.topics"), "not needed: the flow is not enabled");
    EXPECT_EQ(ruling_on(text, "west->east.enabled"), "not needed: the flow is not enabled");
}

TEST(Import, AliasesMayBeginAlike_AndBeCalledSourceAndTarget) {
    const Config config = config_of(
        "clusters = source, source.two\nsource.bootstrap.servers = a:1\n"
        "source.two.bootstrap.servers = b:1\nsource->source.two.enabled = true\n"
        "source->source.two.topics = t\n");
    ASSERT_EQ(config.clusters.size(), 2U);
    EXPECT_EQ(config.clusters[0].bootstrap.at(0).to_string(), "a:1");
    EXPECT_EQ(config.clusters[1].bootstrap.at(0).to_string(), "b:1");
    EXPECT_EQ(config.links.at(0).target, "source.two");
}

TEST(Import, RulesOnWhatHasNoCounterpart) {
    const std::pair<const char*, const char*> lines[] = {
        {"tasks.max = 8", "not needed"},
        {"refresh.topics.interval.seconds = 30", "not needed"},
        {"refresh.topics.enabled = false", "changed"},
        {"sync.topic.configs.enabled = true", "changed"},
        {"sync.topic.acls.enabled = true", "by hand"},
        {"sync.topic.acls.enabled = false", "not needed"},
        {"sync.topic.acls.enabled = False", "not needed"},
        {"refresh.topics.enabled = FALSE", "changed"},
        {"emit.heartbeats.enabled = true", "not needed"},
        {"emit.checkpoints.interval.seconds = 5", "not needed"},
        {"offset-syncs.topic.replication.factor = 1", "not needed"},
        {"offset.storage.replication.factor = 1", "not needed"},
        {"key.converter = org.apache.kafka.connect.converters.ByteArrayConverter", "not needed"},
        {"east.consumer.fetch.max.bytes = 1", "not needed"},
        {"east.consumer.auto.offset.reset = latest", "changed"},
        {"east->west.source.consumer.auto.offset.reset = latest", "changed"},
        {"west.producer.compression.type = lz4", "changed"},
        {"producer.override.linger.ms = 5", "not needed"},
        {"west.admin.retries = 5", "not needed"},
        {"east.security.protocol = PLAINTEXT", "taken"},
        {"east.security.protocol = SASL_SSL", "by hand"},
        {"west.producer.ssl.truststore.location = /x", "by hand"},
        {"security.providers = com.example.Provider", "by hand"},
        {"transforms = Rename", "by hand"},
        {"topic.filter.class = org.apache.kafka.connect.mirror.DefaultTopicFilter", "not needed"},
        {"topic.filter.class = com.example.Filter", "by hand"},
        {"exactly.once.source.support = enabled", "not needed"},
        {"config.providers = file", "by hand"},
        {"west.topics = a", "not needed"},
        {"east.consumer.config.providers = file", "by hand"},
        {"no.such.thing = 1", "unknown"},
        {"east.no.such.thing = 1", "unknown"},
        {"east->west.no.such.thing = 1", "unknown"},
        {"east->north.enabled = true", "by hand"},
    };
    for (const auto& [line, verdict] : lines) {
        const std::string ruling = ruling_on_line(line);
        EXPECT_EQ(ruling.substr(0, ruling.find(':')), verdict) << line;
    }
}

TEST(Import, NamesEverySettingInAComment) {
    const std::string text = std::string(kTwoClusters) +
                             "topics = a\neast->west.topics = b\nwhat.is.this = 1\n"
                             "a.b->c.d = 2\ntasks.max = 3\ntasks.max = 4\nwest.tasks.max = 5\n";
    const ImportedText imported = import_of(text);
    std::vector<int> lines;
    for (const Ruling& ruling : imported.rulings) {
        lines.push_back(ruling.from.line);
        EXPECT_TRUE(ruling.from.line == 0 ||
                    imported.yaml.find(" (line " + std::to_string(ruling.from.line) + ")") !=
                        std::string::npos)
            << to_string(ruling);
    }
    for (int line = 1; line <= 11; ++line) {
        EXPECT_NE(std::ranges::find(lines, line), lines.end()) << "line " << line;
    }
    EXPECT_EQ(ruling_on(text, "tasks.max"),
              "not needed: line 10 says it again | not needed: one process copies all partitions "
              "at once");
}

TEST(Import, NeverShowsASecret) {
    const std::string yaml =
        import_of(std::string(kTwoClusters) +
                  "east.sasl.jaas.config = Module required password=\"hush\";\n"
                  "west.ssl.keystore.password = hush\nssl.key.password=hush\n")
            .yaml;
    EXPECT_EQ(yaml.find("hush"), std::string::npos) << yaml;
    EXPECT_NE(yaml.find("east.sasl.jaas.config = (hidden)"), std::string::npos);
}

TEST(Import, CommentsStayComments_WhateverValuesHold) {
    const Config config = config_of(std::string(kTwoClusters) +
                                    "no.such = x\\nlinks: [evil]\\r\\u0085 y\n"
                                    "east->west.topics = a\n");
    EXPECT_EQ(config.links.size(), 1U);
}

TEST(Import, PlaceholdersAreLeftToSomebody) {
    EXPECT_TRUE(
        ruling_on_line("east->west.topics = a, ${file:/x:topics}").starts_with("by hand: "));
}

TEST(Import, SaysWhatIsMissing) {
    EXPECT_EQ(problems_of("a = 1\n"),
              "f:1:1: there is no setting \"clusters\"; is this MirrorMaker 2's file?\n");
    EXPECT_NE(problems_of("clusters = a, b\na->b.enabled = true\nb.bootstrap.servers = b\n")
                  .find("there is no \"a.bootstrap.servers\""),
              std::string::npos);
    EXPECT_NE(problems_of("clusters = a, b\na.bootstrap.servers = a:1\n"
                          "b.bootstrap.servers = b:1\n")
                  .find("there is no \"a->b.enabled = true\""),
              std::string::npos);
    EXPECT_NE(problems_of("clusters = a b, c\n").find("f:1:1: the cluster \"a b\" is no name"),
              std::string::npos);
}

}  // namespace lockstep::app
