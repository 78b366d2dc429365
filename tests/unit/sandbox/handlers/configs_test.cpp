#include "protocol/messages/alter_configs.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "protocol/messages/list_config_resources.h"
#include "tests/unit/sandbox/admin_fixture.h"

#include <algorithm>

namespace lockstep::sandbox {

using protocol::AlterConfigsRequest;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::KafkaError;

constexpr int8_t kTopic = 2;
constexpr int8_t kBroker = 4;
constexpr int8_t kSet = 0;
constexpr int8_t kErase = 1;
constexpr int8_t kAppend = 2;
constexpr int8_t kSubtract = 3;

class ConfigsTest : public AdminTest {
protected:
    struct Resource {
        int8_t type;
        std::string name;
    };
    struct Change {
        std::string name;
        int8_t operation;
        std::optional<std::string> value;
    };

    void start_with_topic(KafkaVersion version = KafkaVersion::v4_3) {
        ClusterOptions options;
        options.version = version;
        options.brokers = 2;
        start(options).create_topic("orders", 1, 1);
    }
    DescribeConfigsResponse::DescribeConfigsResult describe(
        const Resource& of, std::optional<std::vector<std::string>> names = std::nullopt) {
        DescribeConfigsRequest request;
        request.include_synonyms = true;
        auto& asked = request.resources.emplace_back();
        asked.resource_type = of.type;
        asked.resource_name = of.name;
        asked.configuration_keys = std::move(names);
        return ask(request, 4).results.at(0);
    }
    DescribeConfigsResponse::DescribeConfigsResourceResult one(const Resource& of,
                                                               const std::string& name) {
        const auto result = describe(of, std::vector{name});
        return result.configs.size() == 1
                   ? result.configs[0]
                   : DescribeConfigsResponse::DescribeConfigsResourceResult{};
    }
    int16_t change(const Resource& of, const std::vector<Change>& changes, bool is_dry = false) {
        IncrementalAlterConfigsRequest request;
        request.validate_only = is_dry;
        auto& asked = request.resources.emplace_back();
        asked.resource_type = of.type;
        asked.resource_name = of.name;
        for (const Change& wanted : changes) {
            auto& config = asked.configs.emplace_back();
            config.name = wanted.name;
            config.config_operation = wanted.operation;
            config.value = wanted.value;
        }
        const auto answer = ask(request, 1).responses.at(0);
        EXPECT_EQ(answer.error_code != 0, answer.error_message.has_value());
        return answer.error_code;
    }
    const Topic& topic() { return *cluster_->find_topic("orders"); }

    const Resource orders_{kTopic, "orders"};
    const Resource broker_one_{kBroker, "1"};
    const Resource all_brokers_{kBroker, ""};
};

TEST_F(ConfigsTest, TopicSetting_HasTheSourceOfWhoSaidItLast) {
    start_with_topic();
    const std::string name = "max.message.bytes";
    EXPECT_EQ(one(orders_, name).config_source, 5);
    EXPECT_EQ(change(all_brokers_, {{"message.max.bytes", kSet, "2000"}}), 0);
    EXPECT_EQ(one(orders_, name).config_source, 3);
    EXPECT_EQ(change(broker_one_, {{"message.max.bytes", kSet, "3000"}}), 0);
    EXPECT_EQ(one(orders_, name).config_source, 2);
    EXPECT_EQ(change(orders_, {{name, kSet, "4000"}}), 0);
    const auto told = one(orders_, name);
    EXPECT_EQ(told.config_source, 1);
    EXPECT_EQ(told.value, "4000");
    EXPECT_EQ(told.config_type, 3);
    ASSERT_EQ(told.synonyms.size(), 4U);
    EXPECT_EQ(told.synonyms[1].name, "message.max.bytes");
    EXPECT_EQ(told.synonyms[1].value, "3000");
    EXPECT_EQ(told.synonyms[3].source, 5);
}

TEST_F(ConfigsTest, StaticSetting_HasItsSource_AndCountsForTopics) {
    ClusterOptions options;
    options.broker_config = {{"log.retention.hours", "2"}, {"log.cleanup.policy", "compact"}};
    start(options).create_topic("orders", 1, 1);
    EXPECT_EQ(one(orders_, "cleanup.policy").config_source, 4);
    EXPECT_TRUE(topic().log_config.is_compacted);
    EXPECT_EQ(topic().log_config.retention_ms, 7'200'000);
    const auto told = one(orders_, "retention.ms");
    EXPECT_EQ(told.value, "7200000");
    EXPECT_EQ(told.config_source, 5);
    EXPECT_TRUE(told.synonyms.empty());
}

TEST_F(ConfigsTest, BrokerSettings_TakeEffectForTopicsAtOnce) {
    start_with_topic();
    EXPECT_EQ(change(all_brokers_, {{"log.retention.ms", kSet, "1000"}}), 0);
    EXPECT_EQ(topic().log_config.retention_ms, 1000);
    EXPECT_EQ(change(all_brokers_, {{"log.retention.ms", kErase, std::nullopt}}), 0);
    EXPECT_EQ(topic().log_config.retention_ms, 604'800'000);
}

TEST_F(ConfigsTest, TopicSettings_TakeEffectAtOnce) {
    start_with_topic();
    EXPECT_EQ(change(orders_, {{"cleanup.policy", kSet, "compact,delete"}}), 0);
    EXPECT_TRUE(topic().log_config.is_compacted && topic().log_config.is_deleted);
    EXPECT_EQ(change(orders_, {{"cleanup.policy", kErase, std::nullopt}}), 0);
    EXPECT_FALSE(topic().log_config.is_compacted);
}

TEST_F(ConfigsTest, ValidateOnly_ChangesNothing) {
    start_with_topic();
    EXPECT_EQ(change(orders_, {{"retention.ms", kSet, "5"}}, true), 0);
    EXPECT_TRUE(topic().config.empty());
    EXPECT_EQ(change(orders_, {{"retention.ms", kSet, "x"}}, true),
              number_of(KafkaError::invalid_config));
}

TEST_F(ConfigsTest, ListSettings_GrowAndShrink) {
    start_with_topic();
    EXPECT_EQ(change(orders_, {{"cleanup.policy", kAppend, "compact"}}), 0);
    EXPECT_EQ(topic().config.at("cleanup.policy"), "delete,compact");
    EXPECT_EQ(change(orders_, {{"cleanup.policy", kAppend, "compact"}}), 0);
    EXPECT_EQ(topic().config.at("cleanup.policy"), "delete,compact");
    EXPECT_EQ(change(orders_, {{"cleanup.policy", kSubtract, "delete"}}), 0);
    EXPECT_EQ(topic().config.at("cleanup.policy"), "compact");
    EXPECT_EQ(change(orders_, {{"retention.ms", kAppend, "1"}}),
              number_of(KafkaError::invalid_config));
}

TEST_F(ConfigsTest, Values_AreCheckedByTypeAndRange) {
    start_with_topic();
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"retention.ms", "-2"},
        {"retention.ms", "soon"},
        {"segment.bytes", "2147483648"},
        {"segment.bytes", "1048575"},
        {"min.insync.replicas", "0"},
        {"min.cleanable.dirty.ratio", "1.5"},
        {"preallocate", "yes"},
        {"cleanup.policy", "compact,keep"},
        {"compression.type", "brotli"},
        {"compression.gzip.level", "10"},
        {"message.timestamp.type", "createtime"},
        {"nonsense", "1"},
        {"message.downconversion.enable", "true"},
    };
    for (const auto& [name, value] : wrong) {
        EXPECT_EQ(change(orders_, {{name, kSet, value}}), number_of(KafkaError::invalid_config))
            << name << "=" << value;
    }
    EXPECT_TRUE(topic().config.empty());
    EXPECT_EQ(change(orders_,
                     {{"min.compaction.lag.ms", kSet, "9"}, {"max.compaction.lag.ms", kSet, "8"}}),
              number_of(KafkaError::invalid_config));
    EXPECT_EQ(change(orders_, {{"preallocate", kSet, "TRUE"}, {"retention.ms", kSet, "-1"}}), 0);
}

TEST_F(ConfigsTest, Request_MustMakeSense) {
    start_with_topic();
    const int16_t invalid = number_of(KafkaError::invalid_request);
    EXPECT_EQ(change(orders_, {{"retention.ms", kSet, std::nullopt}}), invalid);
    EXPECT_EQ(change(orders_, {{"retention.ms", kSet, "1"}, {"retention.ms", kSet, "2"}}), invalid);
    EXPECT_EQ(change(orders_, {{"retention.ms", 4, "1"}}), invalid);
    EXPECT_EQ(change({16, "x"}, {}), invalid);
    EXPECT_EQ(change({kTopic, "nowhere"}, {}), number_of(KafkaError::unknown_topic_or_partition));
    IncrementalAlterConfigsRequest twice;
    for (int i = 0; i < 2; ++i) {
        auto& asked = twice.resources.emplace_back();
        asked.resource_type = kTopic;
        asked.resource_name = "orders";
    }
    const auto answer = ask(twice, 1);
    EXPECT_EQ(answer.responses.at(0).error_code, invalid);
    EXPECT_EQ(answer.responses.at(1).error_code, invalid);
}

TEST_F(ConfigsTest, AlterConfigs_ReplacesAllThatWasSet) {
    start_with_topic();
    EXPECT_EQ(change(orders_, {{"retention.ms", kSet, "5"}}), 0);
    AlterConfigsRequest request;
    auto& asked = request.resources.emplace_back();
    asked.resource_type = kTopic;
    asked.resource_name = "orders";
    asked.configs.emplace_back().name = "max.message.bytes";
    asked.configs.back().value = "77";
    EXPECT_EQ(ask(request, 2).responses.at(0).error_code, 0);
    EXPECT_EQ(topic().config, (ConfigValues{{"max.message.bytes", "77"}}));
    EXPECT_EQ(topic().log_config.max_message_bytes, 77);
}

TEST_F(ConfigsTest, Brokers_ChangeOnlyWhatMayChangeWhileTheyRun) {
    start_with_topic();
    const int16_t invalid = number_of(KafkaError::invalid_request);
    EXPECT_EQ(change(broker_one_, {{"num.partitions", kSet, "4"}}), invalid);
    EXPECT_EQ(change(all_brokers_, {{"advertised.listeners", kSet, "x"}}), invalid);
    EXPECT_EQ(change(all_brokers_, {{"message.max.bytes", kSet, "x"}}), invalid);
    EXPECT_EQ(change({kBroker, "2"}, {{"message.max.bytes", kSet, "5"}}), invalid);
    EXPECT_EQ(change(broker_one_, {{"some.plugin.setting", kSet, "x"}}), 0);
}

TEST_F(ConfigsTest, Brokers_TellNoSecretsAndWhatIsReadOnly) {
    start_with_topic();
    EXPECT_EQ(change(broker_one_, {{"ssl.key.password", kSet, "secret"},
                                   {"some.plugin.setting", kSet, "secret"}}),
              0);
    for (const char* name : {"ssl.key.password", "some.plugin.setting"}) {
        const auto told = one(broker_one_, name);
        EXPECT_TRUE(told.is_sensitive);
        EXPECT_FALSE(told.value.has_value());
        EXPECT_FALSE(told.synonyms.at(0).value.has_value());
        EXPECT_EQ(told.config_source, 2);
    }
    EXPECT_TRUE(one(broker_one_, "num.partitions").read_only);
    EXPECT_FALSE(one(broker_one_, "message.max.bytes").read_only);
    EXPECT_EQ(one(broker_one_, "broker.id").value, "1");
    EXPECT_FALSE(one(broker_one_, "log.retention.ms").value.has_value());
}

TEST_F(ConfigsTest, AllBrokers_HaveOnlyWhatWasSaidToThemAll) {
    start_with_topic();
    EXPECT_TRUE(describe(all_brokers_).configs.empty());
    EXPECT_EQ(change(all_brokers_, {{"message.max.bytes", kSet, "5000"}}), 0);
    const auto result = describe(all_brokers_);
    ASSERT_EQ(result.configs.size(), 1U);
    EXPECT_EQ(result.configs[0].value, "5000");
    EXPECT_EQ(result.configs[0].config_source, 3);
    EXPECT_EQ(one(broker_one_, "message.max.bytes").value, "5000");
}

TEST_F(ConfigsTest, Describe_RefusesWhatIsNotThere) {
    start_with_topic();
    EXPECT_EQ(describe({kTopic, "nowhere"}).error_code,
              number_of(KafkaError::unknown_topic_or_partition));
    EXPECT_EQ(describe({kTopic, "a b"}).error_code, number_of(KafkaError::invalid_topic_exception));
    EXPECT_EQ(describe({kBroker, "2"}).error_code, number_of(KafkaError::invalid_request));
    EXPECT_EQ(describe({77, "x"}).error_code, number_of(KafkaError::invalid_request));
}

TEST_F(ConfigsTest, Versions_HaveTheirOwnSettings) {
    start_with_topic(KafkaVersion::v2_8);
    EXPECT_EQ(describe(orders_, {{"message.timestamp.after.max.ms"}}).configs.size(), 0U);
    EXPECT_EQ(describe(orders_, {{"message.timestamp.difference.max.ms"}}).configs.size(), 1U);
    EXPECT_EQ(change(orders_, {{"message.timestamp.difference.max.ms", kSet, "10"}}), 0);
    EXPECT_EQ(topic().log_config.timestamp_after_max_ms, 10);
    EXPECT_EQ(topic().log_config.timestamp_before_max_ms, 10);
    EXPECT_EQ(change(orders_, {{"segment.bytes", kSet, "14"}}), 0);
    EXPECT_EQ(one(orders_, "message.format.version").value, "2.8-IV1");
    EXPECT_EQ(change(orders_, {{"retention.ms", kAppend, "1"}}),
              number_of(KafkaError::invalid_request));
}

TEST_F(ConfigsTest, TimestampWindow_IsAnHourOnlyFromVersionFourOn) {
    start_with_topic();
    EXPECT_EQ(topic().log_config.timestamp_after_max_ms, 3'600'000);
    start_with_topic(KafkaVersion::v3_9);
    EXPECT_EQ(topic().log_config.timestamp_after_max_ms, std::numeric_limits<int64_t>::max());
    EXPECT_EQ(change(orders_, {{"message.timestamp.difference.max.ms", kSet, "10"},
                               {"message.timestamp.before.max.ms", kSet, "20"}}),
              0);
    EXPECT_EQ(topic().log_config.timestamp_after_max_ms, 10);
    EXPECT_EQ(topic().log_config.timestamp_before_max_ms, 20);
}

TEST_F(ConfigsTest, Rights_AreAskedFor) {
    start_guarded().create_topic("orders", 1, 1);
    EXPECT_EQ(describe(orders_).error_code, number_of(KafkaError::topic_authorization_failed));
    EXPECT_EQ(describe(broker_one_).error_code,
              number_of(KafkaError::cluster_authorization_failed));
    EXPECT_EQ(change(orders_, {}), number_of(KafkaError::topic_authorization_failed));
    EXPECT_EQ(change(broker_one_, {}), number_of(KafkaError::cluster_authorization_failed));
    allow(ResourceType::topic, "orders", AclOperation::alter_configs);
    EXPECT_EQ(describe(orders_).error_code, 0);
    EXPECT_EQ(change(orders_, {}), 0);
}

TEST_F(ConfigsTest, ListResources_NamesThoseOfTheTypes) {
    start_with_topic();
    protocol::ListConfigResourcesRequest request;
    EXPECT_TRUE(ask(request, 0).config_resources.empty());
    EXPECT_EQ(ask(request, 1).config_resources.size(), 1U + 2U + 2U);
    request.resource_types = {kTopic};
    const auto answer = ask(request, 1);
    ASSERT_EQ(answer.config_resources.size(), 1U);
    EXPECT_EQ(answer.config_resources[0].resource_name, "orders");
    request.resource_types = {99};
    EXPECT_EQ(ask(request, 1).error_code, number_of(KafkaError::unsupported_version));
}

}  // namespace lockstep::sandbox
