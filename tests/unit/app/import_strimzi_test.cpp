#include "app/import_strimzi.h"
#include "app/config.h"
#include "app/import_text.h"
#include "app/import_yaml.h"

#include <gtest/gtest.h>

namespace lockstep::app {

namespace {

constexpr const char* kOld = R"(apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaMirrorMaker2
metadata:
  name: mirror
spec:
  version: 3.9.0
  replicas: 2
  connectCluster: "west"
  clusters:
    - alias: "east"
      bootstrapServers: east-kafka-bootstrap:9092
    - alias: "west"
      bootstrapServers: west-kafka-bootstrap:9092
      config:
        config.storage.replication.factor: -1
  mirrors:
    - sourceCluster: "east"
      targetCluster: "west"
      topicsPattern: "orders|payments-.*"
      topicsExcludePattern: "payments-test"
      groupsPattern: "app-.*"
      sourceConnector:
        tasksMax: 4
        config:
          replication.factor: 3
          sync.topic.acls.enabled: "false"
          replication.policy.class: "org.apache.kafka.connect.mirror.IdentityReplicationPolicy"
      checkpointConnector:
        config:
          sync.group.offsets.enabled: true
  resources:
    limits: {cpu: "2", memory: 2Gi}
)";

constexpr const char* kNew = R"(apiVersion: kafka.strimzi.io/v1
kind: KafkaMirrorMaker2
metadata: {name: mirror}
spec:
  target:
    alias: west
    bootstrapServers: w:9092
    groupId: mm2
  mirrors:
    - source:
        alias: east
        bootstrapServers: e:9092
        authentication:
          {type: scram-sha-512, username: u, passwordSecret: {secretName: s, password: p}}
      topicsPattern: ".*"
---
apiVersion: v1
kind: Secret
metadata: {name: s}
)";

Config config_of(const std::string& text) {
    const ImportedText imported = import_text(text, "mirror.yaml");
    EXPECT_TRUE(imported.problems.empty());
    ParsedConfig parsed = parse_config(imported.yaml);
    for (const ConfigProblem& problem : parsed.problems) {
        ADD_FAILURE() << problem.to_string("lockstep.yaml") << "\n" << imported.yaml;
    }
    return parsed.config;
}

std::string problem_of(const std::string& text) {
    const ImportedText imported = import_text(text, "mirror.yaml");
    return imported.problems.empty() ? "" : imported.problems.front().to_string("f");
}

}  // namespace

TEST(ImportStrimzi, ReadsV1beta2) {
    const Config config = config_of(kOld);
    ASSERT_EQ(config.clusters.size(), 2U);
    EXPECT_EQ(config.clusters[0].bootstrap.at(0).to_string(), "east-kafka-bootstrap:9092");
    ASSERT_EQ(config.links.size(), 1U);
    const LinkSpec& link = config.links[0];
    EXPECT_EQ(link.source, "east");
    EXPECT_EQ(link.target, "west");
    EXPECT_EQ(link.topics, std::vector<std::string>{"orders|payments-.*"});
    EXPECT_EQ(link.exclude.at(0), "payments-test");
    EXPECT_EQ(link.groups, std::vector<std::string>{"app-.*"});
    EXPECT_EQ(link.replication_factor, 3);
}

TEST(ImportStrimzi, ReadsV1_AndPassesOverOtherResources) {
    const Config config = config_of(kNew);
    ASSERT_EQ(config.clusters.size(), 2U);
    ASSERT_EQ(config.links.size(), 1U);
    EXPECT_EQ(config.links[0].source, "east");
    EXPECT_EQ(config.links[0].target, "west");
}

TEST(ImportStrimzi, NamesSettingsAsTheyStandInTheFile) {
    const std::string yaml = import_text(kOld, "mirror.yaml").yaml;
    for (const char* comment :
         {"not needed: spec.replicas = 2 (line 7)",
          "taken: spec.mirrors[0].topicsPattern = orders|payments-.* (line 19)",
          "not needed: spec.mirrors[0].sourceConnector.tasksMax = 4 (line 23)",
          "not needed: spec.resources.limits.memory = 2Gi"}) {
        EXPECT_NE(yaml.find(comment), std::string::npos) << comment << "\n" << yaml;
    }
}

TEST(ImportStrimzi, NamesWhatIsAroundTheSpec_AndWhatIsEmpty) {
    const std::string yaml =
        import_text(std::string(kOld) + "  template: {}\nstatus: {conditions: []}\n", "f").yaml;
    for (const char* comment :
         {"not needed: apiVersion = kafka.strimzi.io/v1beta2 (line 1)",
          "not needed: kind = KafkaMirrorMaker2 (line 2)",
          "not needed: metadata.name = mirror (line 4)",
          "taken: spec.clusters[0].alias = east (line 10)",
          "taken: spec.mirrors[0].sourceCluster = east (line 17)",
          "not needed: spec.template = {} (line 33)",
          "not needed: status = (as Kubernetes saw it) (line 34)"}) {
        EXPECT_NE(yaml.find(comment), std::string::npos) << comment << "\n" << yaml;
    }
}

TEST(ImportStrimzi, EveryValueIsRuledOn) {
    for (const char* text : {kOld, kNew}) {
        for (const Ruling& ruling : import_text(text, "mirror.yaml").rulings) {
            EXPECT_NE(ruling.verdict, Verdict::unknown) << to_string(ruling);
        }
    }
}

TEST(ImportStrimzi, SecretsOfKubernetesAreLeftToSomebody) {
    int by_hand = 0;
    for (const Ruling& ruling : import_text(kNew, "mirror.yaml").rulings) {
        by_hand += ruling.from.key.starts_with("east.strimzi.authentication") &&
                   ruling.verdict == Verdict::by_hand;
    }
    EXPECT_EQ(by_hand, 4);
}

TEST(ImportStrimzi, SaysWhatIsWrong) {
    EXPECT_EQ(problem_of("apiVersion: v1\nkind: Secret\n"),
              "f:1:1: there is no resource of kind KafkaMirrorMaker2 in it");
    EXPECT_NE(problem_of("apiVersion: v1\nkind: [\n").find("this is not YAML"), std::string::npos);
    EXPECT_NE(problem_of(std::string(kOld) + "---\n" + kOld).find("a second KafkaMirrorMaker2"),
              std::string::npos);
    EXPECT_NE(problem_of("apiVersion: v1\nkind: KafkaMirrorMaker2\n"), "");
    EXPECT_NE(problem_of("apiVersion: v1\nkind: KafkaMirrorMaker2\nspec: {mirrors: [1, {}]}\n"),
              "");
}

}  // namespace lockstep::app
