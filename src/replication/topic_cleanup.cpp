#include "replication/topic_cleanup.h"

#include "base/whole_number.h"
#include "client/admin.h"
#include "protocol/kafka_error.h"

#include <algorithm>

namespace lockstep::replication {

using runtime::Task;

namespace {

constexpr const char* kCleanupPolicy = "cleanup.policy";
constexpr const char* kMaxMessageBytes = "max.message.bytes";

bool is_compacted(const std::vector<client::ConfigEntry>& configs) {
    return std::ranges::any_of(configs, [](const client::ConfigEntry& entry) {
        return entry.name == kCleanupPolicy && entry.value.find("compact") != std::string::npos;
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
    auto asked_source = co_await read_compacted(source, std::move(source_names), stop);
    LS_CO_TRY(at_source, std::move(asked_source));
    auto asked_target = co_await read_compacted(target, std::move(target_names), stop);
    LS_CO_TRY(at_target, std::move(asked_target));
    std::map<std::string, Cleanup> cleanups;
    for (const auto& [topic, there] : topics) {
        const bool is_either = at_source[topic] || at_target[there];
        cleanups[topic] = is_either ? Cleanup::compacted : Cleanup::deleted;
    }
    co_return cleanups;
}

Task<std::optional<int64_t>> max_message_bytes(client::Cluster& cluster, std::string topic,
                                               std::stop_token stop) {
    std::vector<std::string> topics{topic};
    std::vector<std::string> keys{kMaxMessageBytes};
    const auto described =
        co_await client::describe_topics(cluster, std::move(topics), stop, std::move(keys));
    if (described.has_error() || !described->contains(topic)) {
        co_return std::nullopt;
    }
    for (const client::ConfigEntry& entry : described->at(topic)) {
        const auto bytes =
            entry.name == kMaxMessageBytes ? parse_whole_number(entry.value) : std::nullopt;
        if (bytes && *bytes > 0) {
            co_return bytes;
        }
    }
    co_return std::nullopt;
}

Task<Result<std::map<std::string, bool>>> read_compacted(client::Cluster& cluster,
                                                         std::vector<std::string> topics,
                                                         std::stop_token stop) {
    std::vector<std::string> keys{kCleanupPolicy};
    auto described =
        co_await client::describe_topics(cluster, std::move(topics), stop, std::move(keys));
    LS_CO_TRY(configs, std::move(described));
    std::map<std::string, bool> compacted;
    for (const auto& [topic, entries] : configs) {
        compacted[topic] = is_compacted(entries);
    }
    co_return compacted;
}

Task<Result<bool>> is_compacted(client::Cluster& cluster, std::string topic, std::stop_token stop) {
    std::vector<std::string> topics{topic};
    auto asked = co_await read_compacted(cluster, std::move(topics), stop);
    LS_CO_TRY(answers, std::move(asked));
    const auto found = answers.find(topic);
    if (found == answers.end()) {
        co_return Error(make_error_code(protocol::KafkaError::topic_authorization_failed),
                        "the cleanup.policy of " + topic + " on " + cluster.name());
    }
    co_return found->second;
}

}  // namespace lockstep::replication
