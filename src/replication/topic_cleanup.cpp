#include "replication/topic_cleanup.h"

#include "client/admin.h"
#include "protocol/kafka_error.h"

#include <algorithm>
#include <charconv>

namespace lockstep::replication {

using runtime::Task;

namespace {

bool is_compacted(const std::vector<client::ConfigEntry>& configs) {
    return std::ranges::any_of(configs, [](const client::ConfigEntry& entry) {
        return entry.name == "cleanup.policy" && entry.value.find("compact") != std::string::npos;
    });
}

}  // namespace

Task<Result<std::map<std::string, Cleanup>>> read_cleanups(
    client::Cluster& source, client::Cluster& target, std::map<std::string, std::string> topics,
    std::stop_token stop) {
    std::vector<std::string> source_names;
    std::vector<std::string> target_names;
    for (const auto& [topic, there] : topics) {
        source_names.push_back(topic);
        target_names.push_back(there);
    }
    auto described_source = co_await client::describe_topics(source, std::move(source_names), stop);
    LS_CO_TRY(at_source, std::move(described_source));
    auto described_target = co_await client::describe_topics(target, std::move(target_names), stop);
    LS_CO_TRY(at_target, std::move(described_target));
    std::map<std::string, Cleanup> cleanups;
    for (const auto& [topic, there] : topics) {
        const bool is_either = is_compacted(at_source[topic]) || is_compacted(at_target[there]);
        cleanups[topic] = is_either ? Cleanup::compacted : Cleanup::deleted;
    }
    co_return cleanups;
}

Task<std::optional<int64_t>> max_message_bytes(client::Cluster& cluster, std::string topic,
                                               std::stop_token stop) {
    std::vector<std::string> topics{topic};
    const auto described = co_await client::describe_topics(cluster, std::move(topics), stop);
    if (described.has_error() || !described->contains(topic)) {
        co_return std::nullopt;
    }
    for (const client::ConfigEntry& entry : described->at(topic)) {
        int64_t bytes = 0;
        const char* end = entry.value.data() + entry.value.size();
        if (entry.name == "max.message.bytes" &&
            std::from_chars(entry.value.data(), end, bytes).ptr == end && bytes > 0) {
            co_return bytes;
        }
    }
    co_return std::nullopt;
}

Task<Result<bool>> is_compacted(client::Cluster& cluster, std::string topic, std::stop_token stop) {
    std::vector<std::string> topics{topic};
    auto described = co_await client::describe_topics(cluster, std::move(topics), stop);
    LS_CO_TRY(configs, std::move(described));
    const auto found = configs.find(topic);
    if (found == configs.end()) {
        co_return Error(make_error_code(protocol::KafkaError::topic_authorization_failed),
                        "the cleanup.policy of " + topic + " on " + cluster.name());
    }
    co_return is_compacted(found->second);
}

}  // namespace lockstep::replication
