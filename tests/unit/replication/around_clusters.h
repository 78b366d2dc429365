#pragma once

#include "base/log.h"
#include "protocol/kafka_error.h"
#include "protocol/messages/incremental_alter_configs.h"
#include "replication/metadata_sync.h"
#include "tests/unit/replication/two_clusters.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace lockstep::replication {

constexpr int8_t kSetByTopic = 1;
constexpr int8_t kRemoveConfig = 1;

inline void offer(test::FakeBroker& broker, protocol::ApiKey key, int16_t highest) {
    auto& api = broker.versions.api_keys.emplace_back();
    api.api_key = static_cast<int16_t>(key);
    api.max_version = highest;
}

/// The configs that "orders" sets itself on one of the clusters, and what is changed of them.
struct TopicConfigs {
    explicit TopicConfigs(test::FakeBroker& broker) {
        using enum protocol::ApiKey;
        for (const protocol::ApiKey key :
             {incremental_alter_configs, describe_acls, create_acls, delete_acls}) {
            offer(broker, key, 1);
        }
        broker.on(protocol::ApiKey::describe_configs,
                  [this](const test::ReceivedRequest& r) { describe(r); });
        broker.on(protocol::ApiKey::incremental_alter_configs,
                  [this](const test::ReceivedRequest& r) { alter(r); });
    }

    void describe(const test::ReceivedRequest& request) const {
        protocol::DescribeConfigsResponse response;
        for (const auto& asked : request.as<protocol::DescribeConfigsRequest>().resources) {
            if (!is_readable) {
                break;
            }
            auto& result = response.results.emplace_back();
            result.resource_type = asked.resource_type;
            result.resource_name = asked.resource_name;
            for (const auto& [name, value] : asked.resource_name == "orders" ? set : Settings{}) {
                auto& config = result.configs.emplace_back();
                config.name = name;
                config.value = value;
                config.config_source = kSetByTopic;
            }
        }
        request.answer(response);
    }

    void alter(const test::ReceivedRequest& request) {
        protocol::IncrementalAlterConfigsResponse response;
        const auto asked = request.as<protocol::IncrementalAlterConfigsRequest>();
        auto& result = response.responses.emplace_back();
        for (const auto& config : asked.resources.at(0).configs) {
            if (config.name == refused) {
                result.error_code = static_cast<int16_t>(protocol::KafkaError::invalid_config);
                result.error_message = "Unknown topic config name: " + config.name;
            }
        }
        for (const auto& config : asked.resources.at(0).configs) {
            if (result.error_code != 0) {
                break;
            }
            changes.push_back(config.config_operation == kRemoveConfig
                                  ? config.name + " removed"
                                  : config.name + "=" + config.value.value_or(""));
            if (config.config_operation == kRemoveConfig) {
                set.erase(config.name);
            } else {
                set[config.name] = *config.value;
            }
        }
        request.answer(response);
    }

    Settings set;
    std::string refused;
    bool is_readable = true;
    std::vector<std::string> changes;
};

/// A MetadataSync between two clusters in memory whose topic "orders" has configs.
class AroundTest : public TwoClustersTest {
protected:
    AroundTest() {
        log::set_level(log::Level::off);
        // The topic that it remembers in is there from the start.
        target_.metadata = test::metadata_of(
            "dst", 1, {{"orders", id_of(2), {1}, 0}, {FollowedStore::kTopic, id_of(3), {1}, 0}});
        source_.on(protocol::ApiKey::metadata,
                   [this](const test::ReceivedRequest& r) { answer_metadata(r); });
        for (client::Cluster* cluster : {&from_, &to_}) {
            EXPECT_TRUE(test::run(loop_, cluster->refresh_metadata(nullptr, {})).has_value());
        }
    }

    ~AroundTest() override {
        end();
        test::run(loop_, from_.close());
        test::run(loop_, to_.close());
        log::set_level(log::Level::info);
    }

    /// Of the source: as a broker that is asked for topics by name, which are not there or hidden.
    void answer_metadata(const test::ReceivedRequest& request) const {
        protocol::MetadataResponse response = source_.metadata;
        const auto asked = request.as<protocol::MetadataRequest>();
        for (const auto& each : asked.topics.value_or(decltype(asked.topics)::value_type())) {
            const bool is_there = std::ranges::any_of(
                response.topics, [&](const auto& topic) { return topic.name == each.name; });
            if (!is_there) {
                auto& topic = response.topics.emplace_back();
                topic.name = each.name;
                topic.error_code = static_cast<int16_t>(absent_topics_are_);
            }
        }
        request.answer(response);
    }

    void begin() {
        tasks_.emplace(loop_);
        sync_ = std::make_unique<MetadataSync>(from_, to_, spec_, [this] { return topics_; });
        tasks_->spawn("around", sync_->run(tasks_->stop_token()));
        loop_.advance(std::chrono::seconds(4));
    }

    void end() {
        if (tasks_) {
            tasks_->request_stop();
            loop_.settle();
            test::run(loop_, tasks_->join());
            tasks_.reset();
        }
    }

    FollowStatus configs() const { return sync_->status().configs; }
    FollowStatus acls() const { return sync_->status().acls; }

    protocol::KafkaError absent_topics_are_ = protocol::KafkaError::unknown_topic_or_partition;
    TopicConfigs at_source_{source_};
    TopicConfigs at_target_{target_};
    test::FakeLog memory_{loop_, target_, {FollowedStore::kTopic, id_of(3), {1}, 0}};
    client::Cluster from_{runtime_, cluster_specs()[0], {}};
    client::Cluster to_{runtime_, cluster_specs()[1], {}};
    LinkSpec spec_ = link_spec();
    std::set<std::string> topics_{"orders"};
    std::unique_ptr<MetadataSync> sync_;
    std::optional<runtime::TaskGroup> tasks_;
};

}  // namespace lockstep::replication
