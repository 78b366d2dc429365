#include "client/topic_presence.h"

#include "protocol/kafka_error.h"

#include <fmt/core.h>

namespace lockstep::client {

using protocol::KafkaError;
using protocol::MetadataResponse;
using runtime::Task;

namespace {

using Topic = MetadataResponse::MetadataResponseTopic;

/// Version 13 (KIP-1102) has another kind of answer.
constexpr int16_t kLastVersion = 12;

Task<Result<std::vector<Topic>>> ask(Cluster& cluster, BrokerId broker,
                                     protocol::MetadataRequest request, std::stop_token stop) {
    auto connected = co_await cluster.broker(broker, Purpose::control, stop);
    LS_CO_TRY(connection, std::move(connected));
    LS_CO_TRY(version, connection->version_of<protocol::MetadataRequest>(kLastVersion));
    auto called = co_await connection->call(request, version);
    LS_CO_TRY(answer, std::move(called));
    if (answer.message.cluster_id.value_or("") != cluster.metadata().cluster_id()) {
        co_return Error(Errc::invalid_argument,
                        fmt::format("broker {} of {} belongs to another cluster now",
                                    broker.value(), cluster.name()));
    }
    co_return std::move(answer.message.topics);
}

/// What one broker says.
TopicPresence presence_of(const Topic& topic, const std::string& broker) {
    const auto code = static_cast<KafkaError>(topic.error_code);
    if (topic.error_code == 0 || code == KafkaError::leader_not_available) {
        return {TopicPresence::Kind::there, topic.topic_id, ""};
    }
    if (code == KafkaError::unknown_topic_or_partition) {
        return {TopicPresence::Kind::gone, {}, ""};
    }
    return {TopicPresence::Kind::unknown,
            {},
            fmt::format("{} does not tell: {}", broker, make_error_code(code).message())};
}

/// What both say: a broker that knows the topic is right.
void add(TopicPresence& all, TopicPresence one) {
    using Kind = TopicPresence::Kind;
    const bool is_decisive =
        one.kind == Kind::there || (one.kind == Kind::unknown && all.kind == Kind::gone);
    if (all.kind != Kind::there && is_decisive) {
        all = std::move(one);
    }
}

}  // namespace

Task<std::map<std::string, TopicPresence>> ask_for_topics(Cluster& cluster,
                                                          std::vector<std::string> topics,
                                                          std::stop_token stop) {
    protocol::MetadataRequest request;
    request.allow_auto_topic_creation = false;
    std::map<std::string, TopicPresence> all;
    const bool has_brokers = !cluster.metadata().brokers().empty();
    for (const std::string& topic : topics) {
        request.topics->emplace_back().name = topic;
        all[topic].kind = has_brokers ? TopicPresence::Kind::gone : TopicPresence::Kind::unknown;
        all[topic].problem = has_brokers ? "" : "no broker of " + cluster.name() + " is known";
    }
    std::vector<BrokerId> brokers;
    for (const auto& [id, endpoint] : cluster.metadata().brokers()) {
        brokers.push_back(id);
    }
    for (const BrokerId broker : brokers) {
        const std::string name = fmt::format("broker {} of {}", broker.value(), cluster.name());
        std::map<std::string, TopicPresence> told;
        for (const std::string& topic : topics) {
            told[topic].problem = name + " does not answer";
        }
        auto asked = co_await ask(cluster, broker, request, stop);
        if (asked.has_error()) {
            for (auto& [topic, presence] : told) {
                presence.problem = asked.error().message();
            }
        } else {
            for (const Topic& topic : *asked) {
                told[topic.name.value_or("")] = presence_of(topic, name);
            }
        }
        for (auto& [topic, presence] : all) {
            add(presence, std::move(told[topic]));
        }
    }
    co_return all;
}

}  // namespace lockstep::client
