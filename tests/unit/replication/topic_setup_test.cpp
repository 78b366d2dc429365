#include "replication/topic_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lockstep::replication {
namespace {

using client::ConfigEntry;
using client::ConfigOrigin;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kNoLimit = "9223372036854775807";

/// A broker of Kafka 4 as it is delivered.
std::map<std::string, std::string> plain_broker() {
    return {{"message.max.bytes", "1048588"},
            {"compression.type", "producer"},
            {"log.message.timestamp.type", "CreateTime"},
            {"log.message.timestamp.before.max.ms", kNoLimit},
            {"log.message.timestamp.after.max.ms", kNoLimit}};
}

std::map<std::string, std::string> broker_with(const std::string& name, const std::string& value) {
    auto configs = plain_broker();
    configs[name] = value;
    return configs;
}

TopicSetup setup_of(std::vector<ConfigEntry> source_configs,
                    std::map<std::string, std::string> target_configs = plain_broker()) {
    const SourceTopic source{"orders", 6, 3, std::move(source_configs)};
    return topic_setup(source, {3, std::move(target_configs)}, 0);
}

std::vector<std::string> configs_of(const TopicSetup& setup) {
    std::vector<std::string> texts;
    for (const auto& [name, value] : setup.topic.configs) {
        texts.push_back(name + "=" + value);
    }
    return texts;
}

TEST(TopicSetup, KeepsNameAndShape) {
    const TopicSetup setup = setup_of({});
    EXPECT_EQ(setup.topic.name, "orders");
    EXPECT_EQ(setup.topic.partitions, 6);
    EXPECT_EQ(setup.topic.replication_factor, 3);
    EXPECT_THAT(setup.topic.configs, IsEmpty());
    EXPECT_THAT(setup.notes, IsEmpty());
}

struct FactorCase {
    int16_t source;
    int16_t asked;
    int16_t brokers;
    int16_t result;
    const char* note;
};

class ReplicationFactor : public testing::TestWithParam<FactorCase> {};

TEST_P(ReplicationFactor, IsWhatWasAsked_WithinTheBrokersThereAre) {
    const FactorCase& c = GetParam();
    const TopicSetup setup =
        topic_setup({"orders", 1, c.source, {}}, {c.brokers, plain_broker()}, c.asked);
    EXPECT_EQ(setup.topic.replication_factor, c.result);
    if (*c.note == '\0') {
        EXPECT_THAT(setup.notes, IsEmpty());
    } else {
        EXPECT_THAT(setup.notes, ElementsAre(c.note));
    }
}

INSTANTIATE_TEST_SUITE_P(
    Factors, ReplicationFactor,
    testing::Values(
        FactorCase{3, 0, 3, 3, ""}, FactorCase{3, 0, 5, 3, ""}, FactorCase{3, 2, 3, 2, ""},
        FactorCase{1, 3, 3, 3, ""},
        FactorCase{3, 0, 1, 1, "replication factor 1 instead of 3: the target has only 1 brokers"},
        FactorCase{1, 3, 2, 2,
                   "replication factor 2 instead of 3: the target has only 2 brokers"}));

TEST(TopicSetup, CopiesWhatTheTopicSetsItself_AndNothingElse) {
    const TopicSetup setup = setup_of({{"retention.ms", "1000", ConfigOrigin::topic},
                                       {"segment.bytes", "5", ConfigOrigin::cluster},
                                       {"flush.ms", "7", ConfigOrigin::built_in}});
    EXPECT_THAT(configs_of(setup), ElementsAre("retention.ms=1000"));
    EXPECT_THAT(setup.notes, IsEmpty());
}

TEST(TopicSetup, CopiesTheCleanupPolicy_OfTheSourcesCluster) {
    EXPECT_THAT(configs_of(setup_of({{"cleanup.policy", "compact", ConfigOrigin::cluster}})),
                ElementsAre("cleanup.policy=compact"));
    EXPECT_THAT(configs_of(setup_of({{"cleanup.policy", "delete", ConfigOrigin::built_in}})),
                IsEmpty());
}

TEST(TopicSetup, LeavesOut_WhatNamesTheSourcesBrokersOrStorage) {
    for (const char* name :
         {"leader.replication.throttled.replicas", "follower.replication.throttled.replicas",
          "remote.storage.enable", "remote.log.copy.disable", "local.retention.ms",
          "local.retention.bytes"}) {
        const TopicSetup setup = setup_of({{name, "x", ConfigOrigin::topic}});
        EXPECT_THAT(setup.topic.configs, IsEmpty()) << name;
        EXPECT_THAT(setup.notes, ElementsAre(std::string(name) +
                                             " is not copied: it is about the source's brokers"));
    }
}

TEST(TopicSetup, LeavesOut_TimestampWindows) {
    for (const char* name : {"message.timestamp.difference.max.ms",
                             "message.timestamp.before.max.ms", "message.timestamp.after.max.ms"}) {
        const TopicSetup setup = setup_of({{name, "1000", ConfigOrigin::topic}});
        EXPECT_THAT(setup.topic.configs, IsEmpty()) << name;
        EXPECT_THAT(setup.notes,
                    ElementsAre(std::string(name) +
                                "=1000 is not copied: a copy is made later than its record"));
    }
}

TEST(TopicSetup, LiftsTheTargetsTimestampWindows) {
    EXPECT_THAT(
        configs_of(setup_of({}, broker_with("log.message.timestamp.after.max.ms", "3600000"))),
        ElementsAre("message.timestamp.after.max.ms=" + std::string(kNoLimit)));
    EXPECT_THAT(
        configs_of(setup_of({}, broker_with("log.message.timestamp.difference.max.ms", "1"))),
        ElementsAre("message.timestamp.difference.max.ms=" + std::string(kNoLimit)));
}

TEST(TopicSetup, LeavesOut_WhatTheTargetDoesNotKnow) {
    const TopicSetup setup = setup_of({{"message.format.version", "2.8", ConfigOrigin::topic}});
    EXPECT_THAT(setup.topic.configs, IsEmpty());
    EXPECT_THAT(setup.notes,
                ElementsAre("message.format.version is not copied: the target does not "
                            "know it"));
}

TEST(TopicSetup, CopiesMessageSettings_ThatTheTargetKnows) {
    const TopicSetup setup = setup_of({{"message.format.version", "2.8", ConfigOrigin::topic}},
                                      broker_with("log.message.format.version", "3.0"));
    EXPECT_THAT(configs_of(setup), ElementsAre("message.format.version=2.8"));
}

TEST(TopicSetup, LowersMinInsyncReplicas_ToTheReplicasThereAre) {
    const std::vector<ConfigEntry> two{{"min.insync.replicas", "2", ConfigOrigin::topic}};
    const TopicSetup lowered = topic_setup({"orders", 1, 3, two}, {1, plain_broker()}, 0);
    EXPECT_THAT(configs_of(lowered), ElementsAre("min.insync.replicas=1"));
    EXPECT_THAT(lowered.notes,
                ElementsAre("replication factor 1 instead of 3: the target has only 1 brokers",
                            "min.insync.replicas is 1 instead of 2: there are no more replicas"));
    const TopicSetup kept = topic_setup({"orders", 1, 2, two}, {3, plain_broker()}, 0);
    EXPECT_THAT(configs_of(kept), ElementsAre("min.insync.replicas=2"));
    EXPECT_THAT(kept.notes, IsEmpty());
}

TEST(TopicSetup, TakesTheSourcesRecordSize_WhereTheTargetWouldRefuseIt) {
    const auto size = [](const char* source, ConfigOrigin origin) {
        return configs_of(setup_of({{"max.message.bytes", source, origin}}));
    };
    EXPECT_THAT(size("2000000", ConfigOrigin::cluster), ElementsAre("max.message.bytes=2000000"));
    EXPECT_THAT(size("1048589", ConfigOrigin::built_in), ElementsAre("max.message.bytes=1048589"));
    EXPECT_THAT(size("1048588", ConfigOrigin::cluster), IsEmpty());
    EXPECT_THAT(size("1000", ConfigOrigin::cluster), IsEmpty());
    EXPECT_THAT(size("1000", ConfigOrigin::topic), ElementsAre("max.message.bytes=1000"));
}

TEST(TopicSetup, KeepsTheProducersCompression) {
    EXPECT_THAT(configs_of(setup_of({}, broker_with("compression.type", "zstd"))),
                ElementsAre("compression.type=producer"));
    EXPECT_THAT(configs_of(setup_of({{"compression.type", "lz4", ConfigOrigin::topic}},
                                    broker_with("compression.type", "zstd"))),
                ElementsAre("compression.type=lz4"));
}

TEST(TopicSetup, KeepsTheProducersTimestamps) {
    EXPECT_THAT(
        configs_of(setup_of({}, broker_with("log.message.timestamp.type", "LogAppendTime"))),
        ElementsAre("message.timestamp.type=CreateTime"));
    // A copy has the source's append times, which the target must not stamp over.
    EXPECT_THAT(
        configs_of(setup_of({{"message.timestamp.type", "LogAppendTime", ConfigOrigin::topic}})),
        ElementsAre());
}

}  // namespace
}  // namespace lockstep::replication
